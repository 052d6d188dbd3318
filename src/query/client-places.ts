import { joinPlaces, type PlaceFacts } from '../attribution/inventory.js';
import type { Owners } from '../attribution/owners.js';
import type { Gateway } from '../flows/gateways.js';
import type { AddressFact, SourceContext } from '../flows/parsed-object.js';
import type { Snapshot } from '../rollups/relations.js';
import type { Store } from '../rollups/store.js';
import type { Holding } from './handovers.js';

/** Who had an address in one of its periods. */
export interface PeriodHolding {
  readonly holdingIn: (vpcId: string | undefined) => Holding | undefined;
  /** The period that lasts: what is known of the address now goes before it. */
  readonly isLasting: boolean;
}

export interface ClientPlace extends PlaceFacts {
  /** True where account or VPC are the gateway's, because nothing tells the client's. */
  readonly isStandIn: boolean;
  /** Tag values of rows, whose keys the rows do not tell (version 11). */
  readonly tagValues: readonly string[];
}

/**
 * Where a client is: its own row, the inventory, other rows; else the gateway's account and VPC stand in. `then` gives who
 * had the address in the period that is meant.
 */
export function placeFinder(
  store: Store,
  snapshot: Snapshot,
  told: readonly AddressFact[],
): (address: string, context: bigint, then?: PeriodHolding) => ClientPlace {
  const { inventory } = store;
  const facts = new Map<string, AddressFact[]>();
  for (const fact of told) facts.set(fact.address, [...(facts.get(fact.address) ?? []), fact]);
  const sources = new Map(snapshot.knowledge.gateways.sources.map((s) => [s.context, s]));
  /** Of clients that nothing is known of, by context: most are, where there is no inventory. */
  const unknown = new Map<bigint, ClientPlace>();
  return (address, context, then) => {
    const counted = sources.get(context);
    const gateway = counted && snapshot.knowledge.gateways.gateways[counted.gateway];
    const own: SourceContext | undefined = counted?.isNextHop ? counted.source : undefined;
    const now = inventory.placeOf(address, own?.vpcId || gateway?.vpcId || '');
    if (now === undefined && own === undefined && then === undefined && !facts.has(address)) {
      const place = unknown.get(context) ?? standIn(gateway);
      unknown.set(context, place);
      return place;
    }
    const nowFact = pickFact(facts.get(address), own?.vpcId || now?.vpcId || gateway?.vpcId || '');
    // Rows of the client's own interface tell whose they are; an earlier holder of an address is known by its time.
    const isKnown = then?.isLasting && Boolean(now?.workload || nowFact?.workload);
    const holding = own || isKnown ? undefined : then?.holdingIn(now?.vpcId || nowFact?.vpcId);
    const known = holding ? joinPlaces(inventory.networkOf(address, holding.place.vpcId ?? ''), holding.place) : now;
    const fact = holding ? undefined : nowFact;
    const vpcId = own?.vpcId || known?.vpcId || fact?.vpcId;
    const accountId = own?.accountId || known?.accountId || fact?.accountId;
    const azId = own?.azId || known?.azId || fact?.azId;
    const workload = own?.ecsService || own?.instanceId || known?.workload || fact?.workload;
    return {
      ...standIn(gateway),
      ...(vpcId ? { vpcId } : {}),
      ...(accountId ? { accountId } : {}),
      ...(azId ? { azId } : {}),
      ...(workload ? { workload } : {}),
      ...(known?.tags ? { tags: known.tags } : {}),
      tagValues: own?.tags ?? holding?.tagValues ?? fact?.tags ?? [],
      isStandIn: !vpcId || !accountId,
    };
  };
}

/** Account and VPC of the gateway, for a client of which nothing tells its own. */
function standIn(gateway: Gateway | undefined): ClientPlace {
  return {
    ...(gateway?.vpcId ? { vpcId: gateway.vpcId } : {}),
    ...(gateway?.accountId ? { accountId: gateway.accountId } : {}),
    tagValues: [],
    isStandIn: true,
  };
}

function pickFact(facts: readonly AddressFact[] | undefined, vpcId: string): AddressFact | undefined {
  if (!facts) return undefined;
  return facts.find((fact) => fact.vpcId === vpcId) ?? (facts.length === 1 ? facts[0] : undefined);
}

/** Tags with their keys, and tag values of rows under each key that owners.yaml asks for. */
export function ownerTags(owners: Owners, place: ClientPlace): ReadonlyMap<string, string> | undefined {
  if (place.tagValues.length === 0) return place.tags;
  const tags = new Map(place.tags);
  const values = new Set(place.tagValues.map((value) => value.toLowerCase()));
  for (const entry of owners.entries) {
    for (const [key, value] of entry.tags) if (!tags.has(key) && values.has(value.toLowerCase())) tags.set(key, value);
  }
  return tags;
}
