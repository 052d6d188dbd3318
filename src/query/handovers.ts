import type { Holders } from '../attribution/holders.js';
import { placeOfHolder, startOf } from '../attribution/holders.js';
import type { PlaceFacts } from '../attribution/inventory.js';
import { addressId } from '../flows/addresses.js';
import type { AddressFact } from '../flows/parsed-object.js';
import { type LegNeeds, legRelation, type Snapshot, type Stretch } from '../rollups/relations.js';
import { MINUTE_MS } from '../units.js';

/** Who had an address from a minute on, until the next one. */
export interface Holding {
  readonly fromMinute: number;
  readonly place: PlaceFacts;
  /** Tag values of rows, whose keys the rows do not tell. */
  readonly tagValues: readonly string[];
}

/**
 * Addresses that changed hands, each cut into periods at every change; period 0 is the one that lasts, which is named
 * as any other address is, 1 the one before it, and so on.
 */
export interface Handovers {
  /** Periods of an address by its id, the earliest first: [1 … n, 0]. */
  readonly periods: ReadonlyMap<bigint, readonly Period[]>;
  /** Who had it in a period, by VPC; undefined in a VPC where it did not change hands. */
  readonly placeIn: (near: bigint, period: number) => (vpcId: string | undefined) => Holding | undefined;
  /** Changes when any period or holder does. */
  readonly digest: string;
}

interface Period {
  readonly period: number;
  readonly fromMinute: number;
  readonly toMinute: number;
}

/**
 * Puts together what the rows of clients' own interfaces told (`told`) and what inventories saw; of one address the
 * inventory counts, since it knows when. Holders whose times overlap share the address (two services on one host), and
 * that is no change.
 */
export function findHandovers(told: readonly (readonly AddressFact[])[], seen: Holders | undefined): Handovers {
  const byAddress = new Map<string, Map<string, readonly Holding[]>>();
  const add = (address: string, vpcId: string, holdings: readonly Holding[]): void => {
    const known = byAddress.get(address) ?? new Map<string, readonly Holding[]>();
    byAddress.set(address, known);
    known.set(vpcId.toLowerCase(), holdings);
  };
  for (const facts of told) {
    const isShared = facts.some((fact, i) => i > 0 && fact.firstMinute <= facts[i - 1]!.lastMinute);
    if (isShared) continue;
    add(facts[0]!.address, facts[0]!.vpcId, facts.map(holdingOfFact));
  }
  for (const holders of seen?.handovers ?? []) {
    const holdings = holders.map((holder) => ({
      fromMinute: Math.ceil(startOf(holder) / MINUTE_MS),
      place: placeOfHolder(holder),
      tagValues: [],
    }));
    add(holders[0]!.address, holders[0]!.vpcId, holdings);
  }
  const periods = new Map<bigint, readonly Period[]>();
  const holdingsOf = new Map<bigint, ReadonlyMap<string, readonly Holding[]>>();
  for (const [address, byVpc] of byAddress) {
    const near = addressId(address);
    if (near === undefined) continue;
    // The first known holder had it before too: nothing tells another.
    const cuts = [...new Set([...byVpc.values()].flatMap((list) => list.slice(1).map((one) => one.fromMinute)))].sort(
      (a, b) => a - b,
    );
    if (cuts.length === 0) continue;
    periods.set(
      near,
      [Number.NEGATIVE_INFINITY, ...cuts].map((fromMinute, i) => ({
        period: cuts.length - i,
        fromMinute,
        toMinute: cuts[i] ?? Number.POSITIVE_INFINITY,
      })),
    );
    holdingsOf.set(near, byVpc);
  }
  return {
    periods,
    placeIn: (near, period) => (vpcId) => {
      const byVpc = holdingsOf.get(near);
      const only = byVpc?.size === 1 && vpcId === undefined ? [...byVpc.values()][0] : undefined;
      const holdings = byVpc?.get(vpcId?.toLowerCase() ?? '') ?? byVpc?.get('') ?? only;
      const at = periods.get(near)?.find((one) => one.period === period);
      if (!holdings || !at) return undefined;
      return holdings.findLast((one) => one.fromMinute <= at.fromMinute) ?? holdings[0];
    },
    digest:
      periods.size === 0
        ? ''
        : JSON.stringify(
            [...byAddress].map(([address, byVpc]) => [
              address,
              [...byVpc].map(([vpcId, list]) => [
                vpcId,
                list.map(({ place, ...rest }) => [rest, { ...place, tags: [...(place.tags ?? [])] }]),
              ]),
            ]),
          ),
  };
}

function holdingOfFact({ vpcId, accountId, azId, workload, tags, firstMinute }: AddressFact): Holding {
  return {
    fromMinute: firstMinute,
    place: {
      ...(vpcId ? { vpcId } : {}),
      ...(accountId ? { accountId } : {}),
      ...(azId ? { azId } : {}),
      ...(workload ? { workload } : {}),
    },
    tagValues: tags,
  };
}

/** Whether any address was in another period than the lasting one in one of these stretches. */
export function isDated({ periods }: Handovers, stretches: readonly Stretch[]): boolean {
  return stretches.some((stretch) =>
    [...periods.values()].some((list) => list.some((one) => one.period > 0 && overlaps(one, stretch))),
  );
}

/**
 * The legs of a stretch with the period of each client in a column more. Addresses that changed hands in the stretch are
 * read as finely as the store can; all others as is needed, so that dates cost what changed hands and no more.
 */
export function datedLegs(
  { periods }: Handovers,
  root: string,
  snapshot: Snapshot,
  stretch: Stretch,
  needs: LegNeeds,
): string {
  const asked = needs.clients && new Set(needs.clients);
  const single: string[] = [];
  const several: { near: bigint; rows: string[] }[] = [];
  for (const [near, list] of periods) {
    if (asked && !asked.has(near)) continue;
    const within = list.filter((one) => overlaps(one, stretch));
    if (within.length === 1) {
      if (within[0]!.period > 0) single.push(`(${near}, ${within[0]!.period})`);
    } else {
      const rows = within.map(
        ({ period, fromMinute, toMinute }) =>
          `(${near}, ${period}, ${Math.max(fromMinute, stretch.fromMinute)}, ${Math.min(toMinute, stretch.toMinute)})`,
      );
      several.push({ near, rows });
    }
  }
  const plain = legRelation(root, snapshot, stretch, needs);
  const cut = several.map(({ near }) => near);
  const wide = `select l.*, ${single.length > 0 ? 'coalesce(p.period, 0)' : '0'} as period from ${plain} l
    ${single.length > 0 ? `left join (values ${single.join(', ')}) p(near, period) on p.near = l.near` : ''}
    ${cut.length > 0 ? `where l.near not in (${cut.join(', ')})` : ''}`;
  if (cut.length === 0) return `(${wide})`;
  const fine = legRelation(root, snapshot, stretch, { ...needs, grain: 'minute', clients: cut });
  return `(${wide} union all
    select l.*, d.period from ${fine} l
    join (values ${several.flatMap(({ rows }) => rows).join(', ')}) d(near, period, from_minute, to_minute)
      on d.near = l.near and l.t >= d.from_minute and l.t < d.to_minute)`;
}

function overlaps(one: Period, { fromMinute, toMinute }: Stretch): boolean {
  return one.fromMinute < toMinute && one.toMinute > fromMinute;
}
