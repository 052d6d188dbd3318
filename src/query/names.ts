import type { V4Range } from '../attribution/addresses.js';
import type { CopyState } from '../attribution/copy-states.js';
import type { Holders } from '../attribution/holders.js';
import type { Inventory } from '../attribution/inventory.js';
import { type Owners, resolveOwner } from '../attribution/owners.js';
import { type RemoteTables, resolveRemote } from '../attribution/ranges.js';
import { ipv4Text } from '../flows/addresses.js';
import { quoteLiteral } from '../rollups/duckdb.js';
import { legRelation, type Snapshot, type Stretch } from '../rollups/relations.js';
import type { Store, StoredValue } from '../rollups/store.js';
import { ownerTags, placeFinder } from './client-places.js';
import { labelColumn } from './dimensions.js';
import { fillDomainTable } from './domain-names.js';
import { findHandovers, type Handovers } from './handovers.js';
import {
  aroundWhole,
  basisOf,
  EVERYBODY,
  type NamedPart,
  type NamedParts,
  type NamedTables,
  takeOver,
  without,
} from './named-parts.js';

/** What gives ids their names when reading: nothing of it is stored, so a corrected owner needs no new ingest. */
export interface Naming {
  readonly owners: Owners;
  readonly remotes: RemoteTables;
  /** Other systems whose copies owners and ranges come from, and how old these are. */
  readonly copies?: readonly CopyState[];
  /** Who had an address when, where inventories tell. */
  readonly holders?: Holders;
}

/** Tables of names over one snapshot, filled as questions need them. */
export interface Names {
  readonly clients: string;
  readonly remotes: string;
  readonly gateways: string;
  readonly ipv6: string;
  readonly ipv6Of: ReadonlyMap<bigint, string>;
  /** Labels that some owner has, in lower case. */
  readonly labels: ReadonlySet<string>;
  readonly priceRegions: readonly string[];
  /** False where some source's Region is not known: its bytes have no price. */
  readonly everyRegionPriced: boolean;
  /** Addresses that changed hands; their clients have a row per period. */
  readonly handovers: Handovers;
  /** The table of domains, filled when first needed; whether any Resolver query log tells one. */
  readonly domains: string;
  nameDomains(): Promise<boolean>;
  /** What a statement over the clients alone gives, asked again only when there are more of them. */
  ofClients(sql: string, signal?: AbortSignal): Promise<readonly (readonly unknown[])[]>;
  /**
   * Names the clients or the remotes that stand in the legs of a stretch and have no name yet; where a question is about
   * addresses in these ranges alone, no others.
   */
  nameClients(stretch: Stretch, within?: readonly V4Range[]): Promise<void>;
  /** `clients`: the remotes of these alone. */
  nameRemotes(stretch: Stretch, clients?: readonly bigint[]): Promise<void>;
}

const literal = (text: string | null | undefined): string =>
  text === null || text === undefined ? 'null' : quoteLiteral(text);

/** Names with what they were made from. */
interface NamesOf {
  readonly naming: Naming;
  readonly inventory: Inventory;
  readonly snapshot: Snapshot;
  readonly names: Promise<Names & NamedTables>;
}

/**
 * The tables of names for a snapshot and one set of owners and ranges; made once and kept with the snapshot. What an
 * earlier snapshot has named is taken over where nothing has changed that names depend on: then only the hours of new
 * segments are looked through.
 */
export function openNames(store: Store, snapshot: Snapshot, naming: Naming): Promise<Names> {
  const { inventory } = store;
  const isSame = (one: NamesOf): boolean =>
    one.naming.owners === naming.owners &&
    one.naming.remotes === naming.remotes &&
    one.naming.holders === naming.holders &&
    one.inventory === inventory;
  const known = snapshot.derived.get(NAMES) as NamesOf | undefined;
  if (known?.snapshot === snapshot && isSame(known)) return known.names;
  const before = known && known.snapshot !== snapshot && isSame(known) ? known : undefined;
  const names = createNames(store, snapshot, naming, before);
  snapshot.derived.set(NAMES, { naming, inventory, snapshot, names });
  names.catch(() => snapshot.derived.delete(NAMES));
  return names;
}

const NAMES = 'names';

/** The periods of an address that never changed hands. */
const LASTING = [{ period: 0 }];

/** Of how many statements over clients the answer is kept: people ask for their teams again and again. */
const KEPT_STATEMENTS = 200;

/** More ranges than this in a statement cost more to read than they save. */
const MOST_RANGES = 500;

const isWithin = (ranges: readonly V4Range[]): string =>
  `(${ranges.map(({ first, last }) => `near between ${first} and ${last}`).join(' or ') || 'false'})`;

let generation = 0;

async function createNames(
  store: Store,
  snapshot: Snapshot,
  naming: Naming,
  before: NamesOf | undefined,
): Promise<Names & NamedTables> {
  const { schema, gateways } = snapshot.knowledge;
  generation += 1;
  const [clients, remotes, sources, ipv6] = ['client_name', 'remote_name', 'source_name', 'ipv6'].map(
    (table) => `${schema}.${table}_${generation}`,
  ) as [string, string, string, string];
  const domains = `${schema}.domain_name_${generation}`;
  let filled: Promise<boolean> | undefined;
  const labels = naming.owners.labelNames;
  const ipv6Of = store.catalog.ipv6();
  const services = store.catalog.services();
  const facts = store.catalog.facts();
  const placeOf = placeFinder(store, snapshot, facts);
  const handovers = findHandovers(store.catalog.handovers(), naming.holders);
  const basis = basisOf(snapshot, facts) + handovers.digest;
  const old = await before?.names.catch(() => undefined);
  const taken =
    before && old?.basis === basis
      ? await takeOver(store, snapshot, old, before.snapshot.segments, clients, remotes)
      : undefined;
  const named: NamedParts = taken ?? { clients: [], remotes: [] };

  if (!taken) {
    await store.query(`create table ${clients} (near bigint, context bigint, team varchar, env varchar, account varchar, vpc varchar,
      az varchar, workload varchar, is_stand_in boolean, period integer${labels.map((label) => `, ${labelColumn(label)} varchar`).join('')})`);
    await store.query(
      `create table ${remotes} (far bigint, row_service integer, service varchar, provider varchar, region varchar)`,
    );
  }
  await store.query(
    `create table ${sources} (context bigint, nat varchar, nataz varchar, price_region varchar, nat_names varchar[])`,
  );
  await store.query(`create table ${ipv6} (id bigint, address varchar)`);
  const insert = async (table: string, rows: readonly string[]): Promise<void> => {
    for (let i = 0; i < rows.length; i += 2000)
      await store.query(`insert into ${table} values ${rows.slice(i, i + 2000).join(', ')}`);
  };
  await insert(
    sources,
    gateways.sources.map(({ context, gateway, source, isNextHop }) => {
      const nat = gateways.gateways[gateway]!;
      // A regional gateway is in several zones: the row's own zone is then the zone of the bytes.
      const zone = (isNextHop ? source.nextHopAzId : source.azId) || nat.azId || null;
      const names = [
        ...new Set([nat.id, source.nextHopInterfaceId, source.resourceId, isNextHop ? '' : source.interfaceId]),
      ]
        .filter((name) => name !== '')
        .map((name) => literal(name.toLowerCase()));
      return `(${context}, ${literal(nat.id)}, ${literal(zone)}, ${literal(nat.region || source.region || null)}, [${names.join(', ')}])`;
    }),
  );
  await insert(
    ipv6,
    [...ipv6Of].map(([id, address]) => `(${id}, ${literal(address)})`),
  );

  const textOf = (id: bigint): string | undefined =>
    id < 0n ? undefined : id < 4294967296n ? ipv4Text(Number(id)) : ipv6Of.get(id);
  const clientRow = (near: bigint, context: bigint, period: number): StoredValue[] => {
    const address = textOf(near) ?? '';
    const then = handovers.periods.has(near)
      ? { holdingIn: handovers.placeIn(near, period), isLasting: period === 0 }
      : undefined;
    const place = placeOf(address, context, then);
    const owner = resolveOwner(naming.owners, {
      address,
      vpcId: place.vpcId,
      accountId: place.accountId,
      tags: ownerTags(naming.owners, place),
    });
    const own =
      labels.length === 0
        ? undefined
        : new Map([...(owner?.labels ?? [])].map(([key, value]) => [key.toLowerCase(), value]));
    return [
      near,
      context,
      owner?.team,
      owner?.env,
      place.accountId,
      place.vpcId,
      place.azId,
      place.workload,
      place.isStandIn,
      period,
      ...labels.map((name) => own?.get(name)),
    ];
  };
  function* clientRows(rows: readonly (readonly [bigint, bigint])[]): Generator<StoredValue[]> {
    for (const [near, context] of rows)
      for (const { period } of handovers.periods.get(near) ?? LASTING) yield clientRow(near, context, period);
  }
  const remoteRow = (far: bigint, service: number): StoredValue[] => {
    const address = textOf(far);
    const rowService = service === 0 ? null : (services.get(service) ?? null);
    if (address === undefined) return [far, service, rowService, null, null];
    const remote = resolveRemote(naming.remotes, far < 4294967296n ? Number(far) : address, rowService);
    return [far, service, remote.service, remote.provider, remote.region];
  };

  function* remoteRows(rows: readonly (readonly [bigint, number])[]): Generator<StoredValue[]> {
    for (const [far, service] of rows) yield remoteRow(far, Number(service));
  }

  // Each day or hour is looked through once: a window that has moved on by a minute costs nothing most of the time.
  const nameOnce = (parts: NamedPart[], byRemote: boolean, name: (legs: string) => Promise<void>) => {
    let last: Promise<unknown> = Promise.resolve();
    return (stretch: Stretch, clientIds?: readonly bigint[], where?: string): Promise<void> => {
      const of = where ?? clientIds?.join(' ') ?? EVERYBODY;
      const next = last.then(async () => {
        const done = parts.filter((part) => part.of === of || part.of === EVERYBODY).map((part) => part.stretch);
        for (const part of without(aroundWhole(snapshot, stretch), done)) {
          const needs = { grain: 'day', clients: clientIds, byDirection: false, byRemote } as const;
          const legs = legRelation(store.catalog.dir, snapshot, part, needs);
          await name(where === undefined ? legs : `(select * from ${legs} where ${where})`);
          parts.push({ of, stretch: part });
        }
      });
      last = next.catch(() => undefined);
      return next;
    };
  };
  let known = new Map<string, readonly (readonly unknown[])[]>();
  const nameClients = nameOnce(named.clients, false, async (legs) => {
    const rows = await store.query(
      `select distinct near, context from ${legs} l where not exists (select 1 from ${clients} c where c.near = l.near and c.context = l.context)`,
    );
    if (rows.length === 0) return;
    await store.append(clients, clientRows(rows as unknown as readonly (readonly [bigint, bigint])[]));
    known = new Map();
  });
  return {
    named,
    basis,
    clients,
    ofClients: async (sql, signal) => {
      const before = known;
      const found = before.get(sql) ?? (await store.query(sql, signal));
      if (before.size < KEPT_STATEMENTS) before.set(sql, found);
      return found;
    },
    remotes,
    gateways: sources,
    ipv6,
    ipv6Of,
    handovers,
    domains,
    nameDomains: () => {
      filled ??= fillDomainTable(store, domains);
      return filled;
    },
    labels: new Set(labels),
    priceRegions: [
      ...new Set(gateways.gateways.map((g) => g.region).concat(gateways.sources.map((s) => s.source.region))),
    ]
      .filter((r) => r !== '')
      .sort(),
    everyRegionPriced: gateways.sources.every(
      ({ gateway, source }) => (gateways.gateways[gateway]!.region || source.region) !== '',
    ),
    nameClients: (stretch, within) =>
      nameClients(stretch, undefined, within && within.length <= MOST_RANGES ? isWithin(within) : undefined),
    nameRemotes: nameOnce(named.remotes, true, async (legs) => {
      const rows = await store.query(
        `select distinct far, service from ${legs} l where not exists (select 1 from ${remotes} r where r.far = l.far and r.row_service = l.service)`,
      );
      await store.append(remotes, remoteRows(rows as unknown as readonly (readonly [bigint, number])[]));
    }),
  };
}
