import { isNatInterfaceType } from './legs.js';
import type { InterfaceProfile, SourceContext } from './parsed-object.js';
import { containment, createSketch, mergeSketch } from './sketch.js';

/** A NAT gateway as an inventory (DescribeNatGateways) tells it. */
export interface NatGatewayFact {
  readonly natGatewayId: string;
  readonly vpcId: string;
  readonly azId: string;
  readonly region: string;
  readonly accountId: string;
  readonly interfaceIds: readonly string[];
  /** All private addresses, primary and secondary. */
  readonly addresses: readonly string[];
  /** Deleted, or never there: that it has no logs is nothing to say. */
  readonly isGone?: boolean;
}

/** The name of what wrote a row; "" where the row does not tell. A regional gateway without resource-id has its VPC's. */
export function nameOfSource(context: SourceContext): string {
  const name = context.interfaceId || context.resourceId;
  return name !== '' || !isNatInterfaceType(context.interfaceType) ? name : `regional ${context.vpcId}`;
}

/** A NAT gateway whose bytes are counted. */
export interface Gateway {
  /** nat-… where known, else the interface's id. */
  readonly id: string;
  readonly vpcId: string;
  readonly azId: string;
  readonly region: string;
  /** Account of the gateway: the row's own account-id. */
  readonly accountId: string;
  /** Its own private addresses: what is exchanged with them is an outside leg. */
  readonly ownAddresses: ReadonlySet<string>;
  /** True where an inventory named all its addresses; else secondary ones have to be found from the rows. */
  readonly hasAllAddresses: boolean;
  /** How it is known to be one. */
  readonly knownBy: 'inventory' | 'interface-type' | 'resource-id' | 'next-hop' | 'rows';
}

/** A source of rows whose legs count, and what it competes with where logs overlap (choice.ts). */
interface CountedSource {
  readonly context: bigint;
  readonly source: SourceContext;
  /** Index into `gateways`. */
  readonly gateway: number;
  /** True for a workload's own rows towards the gateway. */
  readonly isNextHop: boolean;
}

export interface Gateways {
  readonly gateways: readonly Gateway[];
  readonly sources: readonly CountedSource[];
  /** Gateways of the inventory for which no log has rows. */
  readonly withoutLogs: readonly string[];
}

/**
 * At least half of the addresses that stand behind an interface's rewritten rows must also be its partners in rows
 * without rewriting. At a NAT gateway they are the same remotes, once inside and once outside; pods, transit-gateway
 * attachments and firewalls have (nearly) none in common. Half, because scans of a public address add partners only on
 * the other side, and the estimate comes from a sample.
 */
const GATEWAY_OVERLAP = 0.5;
/** The same bytes must leave that came in; a tenth is allowed for rows at the edges of the logs. */
const RAW_BALANCE = 0.1;

/**
 * Which of the interfaces in the logs are NAT gateways, and which addresses are their own. In this order: an inventory
 * names them; a row's interface-type or resource-id does (versions 9 and 11); a workload's row names its next hop; or
 * the rows themselves show it, now or at an earlier time (`remembered`: interface to its own addresses), when there were
 * fine rows to see it from. `otherInterfaces` are of something else, as an inventory says. One gateway under several names (interface in one log, nat-… in another) is one.
 */
export function findGateways(
  contexts: ReadonlyMap<bigint, SourceContext>,
  profiles: readonly InterfaceProfile[],
  inventory: readonly NatGatewayFact[],
  rawOwn: ReadonlyMap<string, RawShare>,
  remembered: ReadonlyMap<string, readonly string[]> = new Map(),
  otherInterfaces: ReadonlySet<string> = new Set(),
): Gateways {
  const profileOf = new Map(profiles.map((profile) => [profile.interfaceId, profile]));
  const factOfName = new Map<string, NatGatewayFact>();
  for (const fact of inventory)
    for (const name of [fact.natGatewayId, ...fact.interfaceIds]) factOfName.set(name, fact);
  const natOfInterface = new Map<string, string>();
  for (const context of contexts.values()) {
    if (context.interfaceId && context.resourceId.startsWith('nat-'))
      natOfInterface.set(context.interfaceId, context.resourceId);
  }

  const found = new Map<string, { gateway: Mutable<Gateway>; own: Set<string> }>();
  const sources: { context: bigint; source: SourceContext; id: string; isNextHop: boolean }[] = [];
  const enter = (id: string, context: SourceContext, knownBy: Gateway['knownBy'], isNextHop: boolean): void => {
    const fact = factOfName.get(id);
    let entry = found.get(id);
    if (!entry) {
      const own = new Set(fact?.addresses ?? []);
      const gateway = {
        id,
        vpcId: fact?.vpcId ?? '',
        azId: fact?.azId ?? '',
        region: fact?.region ?? '',
        accountId: fact?.accountId ?? '',
        ownAddresses: own,
        hasAllAddresses: fact !== undefined && fact.addresses.length > 0,
        knownBy: fact ? ('inventory' as const) : knownBy,
      };
      entry = { gateway, own };
      found.set(id, entry);
    }
    const { gateway, own } = entry;
    gateway.region ||= context.region;
    gateway.accountId ||= context.accountId;
    gateway.azId ||= isNextHop ? context.nextHopAzId : context.azId;
    if (isNextHop) return;
    gateway.vpcId ||= context.vpcId;
    const name = nameOfSource(context);
    const profile = profileOf.get(name);
    if (profile) for (const address of primaryAddresses(profile, context.interfaceId === '')) own.add(address);
    const raw = rawOwn.get(name);
    if (raw) own.add(raw.address);
    for (const address of remembered.get(name) ?? []) own.add(address);
  };

  const regionalOfVpc = regionalGateways(contexts, inventory);
  for (const [id, source] of contexts) {
    const isNamedNat = isNatInterfaceType(source.interfaceType) || source.resourceId.startsWith('nat-');
    // A row counts once: a workload's towards its next hop, a gateway's own (in a chain too) as its own.
    if (source.nextHopInterfaceId && !isNamedNat) {
      const nat =
        regionalOfVpc.get(source.nextHopInterfaceId) ??
        natOfInterface.get(source.nextHopInterfaceId) ??
        factOfName.get(source.nextHopInterfaceId)?.natGatewayId;
      const name = nat ?? source.nextHopInterfaceId;
      enter(name, source, 'next-hop', true);
      sources.push({ context: id, source, id: name, isNextHop: true });
      continue;
    }
    const name = nameOfSource(source);
    const fact = factOfName.get(source.interfaceId) ?? factOfName.get(source.resourceId);
    const resource = source.resourceId.startsWith('nat-') ? source.resourceId : natOfInterface.get(source.interfaceId);
    const profile = profileOf.get(name);
    // Metadata are best effort (AWS): what one row cannot tell, others of the interface do.
    const type = source.interfaceType || profile?.interfaceType || '';
    const isTyped = isNatInterfaceType(type);
    const isOther = (type !== '' && !isTyped) || otherInterfaces.has(name);
    if (fact) enter(fact.natGatewayId, source, 'inventory', false);
    else if (resource) enter(resource, source, 'resource-id', false);
    else if (isTyped) enter(name, source, 'interface-type', false);
    else if (!isOther && (remembered.has(name) || (profile && looksLikeGateway(profile, rawOwn.get(name))))) {
      enter(name, source, 'rows', false);
    } else continue;
    sources.push({ context: id, source, id: fact?.natGatewayId ?? resource ?? name, isNextHop: false });
  }

  const sameAs = mergeByOwnAddress(found);
  const ids = [...new Set([...found.keys()].map((id) => sameAs.get(id) ?? id))].sort();
  const index = new Map(ids.map((id, i) => [id, i]));
  const seen = new Set(ids);
  return {
    gateways: ids.map((id) => found.get(id)!.gateway),
    sources: sources.map(({ context, source, id, isNextHop }) => ({
      context,
      source,
      gateway: index.get(sameAs.get(id) ?? id)!,
      isNextHop,
    })),
    withoutLogs: inventory
      .filter((fact) => fact.isGone !== true)
      .map((fact) => fact.natGatewayId)
      .filter((id) => !seen.has(id))
      .sort(),
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What rows alone have shown, to be remembered for when the rows are gone: interface to its own addresses. */
export function toRemember(found: Gateways): [string, string[]][] {
  return found.sources
    .filter(({ gateway, isNextHop }) => !isNextHop && found.gateways[gateway]!.knownBy === 'rows')
    .map(({ source, gateway }): [string, string[]] => [
      nameOfSource(source),
      [...found.gateways[gateway]!.ownAddresses].sort(),
    ]);
}

/**
 * What "via VPC" stands for: workloads' rows towards a regional gateway tell its VPC alone. Where a VPC has several, the
 * first.
 */
function regionalGateways(
  contexts: ReadonlyMap<bigint, SourceContext>,
  inventory: readonly NatGatewayFact[],
): ReadonlyMap<string, string> {
  const found = [
    ...inventory.filter((fact) => fact.interfaceIds.length === 0).map((fact) => [fact.vpcId, fact.natGatewayId]),
    ...[...contexts.values()]
      .filter((c) => c.interfaceId === '' && (c.resourceId.startsWith('nat-') || isNatInterfaceType(c.interfaceType)))
      .map((c) => [c.vpcId, nameOfSource(c)]),
  ].filter(([vpcId]) => vpcId !== '') as [string, string][];
  return new Map(found.sort(([, a], [, b]) => (a < b ? 1 : -1)).map(([vpcId, id]) => [`via ${vpcId}`, id]));
}

/**
 * Addresses that stand on the interface's own side of rewritten rows. An interface has one, and a stray row (damage) is
 * no address of it; a regional gateway has up to 32 in each zone, some hardly used.
 */
function primaryAddresses(profile: InterfaceProfile, isRegional: boolean): string[] {
  const total = [...profile.primaries.values()].reduce((sum, count) => sum + count, 0);
  return [...profile.primaries].filter(([, count]) => isRegional || count * 20 >= total).map(([address]) => address);
}

/** What the rows between private addresses of an interface without pkt-* fields add up to, about its likeliest own address. */
export interface RawShare {
  readonly address: string;
  /** The part of the rows in which that address stands, 0 to 1. */
  readonly share: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

function looksLikeGateway(profile: InterfaceProfile, raw: RawShare | undefined): boolean {
  if (profile.instanceRows > 0) return false;
  const overlap = containment(profile.inner, profile.outer);
  if (overlap !== undefined) {
    if (overlap >= GATEWAY_OVERLAP) return true;
    // Outside legs over secondary addresses look rewritten too: there the remotes are the partners. A firewall's rows
    // are all of that kind, with both ends on both sides; a gateway has some without rewriting, over its primary address.
    const all = createSketch();
    mergeSketch(all, profile.outer);
    mergeSketch(all, profile.partners);
    return overlap > 0 && (containment(profile.inner, all) ?? 0) >= GATEWAY_OVERLAP;
  }
  // Without packet addresses: all that comes in from clients goes out to the internet, and back.
  if (!raw || raw.share < 0.99) return false;
  const balanced = (inside: number, outside: number): boolean =>
    inside > 0 && outside > 0 && Math.abs(inside - outside) <= RAW_BALANCE * Math.max(inside, outside);
  return balanced(raw.bytesUp, profile.publicUp) && balanced(raw.bytesDown, profile.publicDown);
}

/**
 * The same gateway under its interface's id in one log and as nat-… in another, without an inventory to say so: they
 * share a primary address in the same VPC. nat-… wins as the name.
 */
function mergeByOwnAddress(found: Map<string, { gateway: Mutable<Gateway>; own: Set<string> }>): Map<string, string> {
  const same = new Map<string, string>();
  const byAddress = new Map<string, string>();
  for (const id of [...found.keys()].sort((a, b) => Number(b.startsWith('nat-')) - Number(a.startsWith('nat-')))) {
    const { gateway, own } = found.get(id)!;
    for (const address of own) {
      const key = `${gateway.vpcId}|${address}`;
      const first = byAddress.get(key);
      if (first === undefined) byAddress.set(key, id);
      else if (first !== id && first.startsWith('nat-') !== id.startsWith('nat-')) {
        same.set(id, first);
        for (const other of own) found.get(first)!.own.add(other);
      }
    }
  }
  return same;
}
