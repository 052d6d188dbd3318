import { formatAddress, parseAddress } from '../../attribution/addresses.js';
import type { Inventory } from '../../attribution/inventory.js';
import { type Owners, resolveOwner } from '../../attribution/owners.js';
import { ipv4Text } from '../../flows/addresses.js';
import type { AddressFact, SourceContext } from '../../flows/parsed-object.js';
import { type AddressValues, type Piece, piecesOf } from './address-values.js';
import type { AthenaKnowledge, Counted } from './knowledge.js';

/** The keys of clients that a statement needs, in the order of the columns of a value. */
export type ClientColumn = 'team' | 'env' | 'account' | 'vpc' | 'az' | 'workload' | `label.${string}`;

/** Names of clients as pieces of the address space, by the point of view of a source. */
export interface ClientNames {
  /** Number of the point of view of each counted source. */
  readonly viewOf: readonly number[];
  readonly values: AddressValues;
}

/** What a client's place depends on beside its address. */
interface View {
  readonly own: SourceContext | undefined;
  readonly vpcId: string;
  readonly accountId: string;
}

/**
 * Who clients are, for every address there is: at each border of a prefix, of a subnet, and at each address that is
 * known by itself, the owner is looked up once; what stands between two borders is the same. Points of view that see
 * the same are one. The last column of a value tells whether account or VPC are the gateway's own, for want of better.
 */
export function nameClients(
  knowledge: AthenaKnowledge,
  owners: Owners,
  inventory: Pick<Inventory, 'placeOf'>,
  inventoryBorders: readonly number[],
  columns: readonly ClientColumn[],
): ClientNames {
  const facts = groupFacts(knowledge.surveyed.facts);
  const borders = bordersOf(owners, inventoryBorders, facts);
  const ipv6 = knowledge.surveyed.ipv6;
  const views = new Map<string, number>();
  const seen: { pieces: readonly Piece[]; ipv6: readonly (readonly [string, readonly (string | null)[]])[] }[] = [];
  const bySight = new Map<string, number>();
  const viewOf = knowledge.counted.map((counted) => {
    const view = viewOfSource(counted, knowledge);
    const key = JSON.stringify(view);
    const known = views.get(key);
    if (known !== undefined) return known;
    const namesAt = (address: string): readonly (string | null)[] =>
      valuesOf(address, placeOf(address, view, inventory, facts), owners, columns);
    const sight = {
      pieces: piecesOf(borders, (number) => namesAt(ipv4Text(number))),
      ipv6: ipv6.map((address) => [address, namesAt(address)] as const),
    };
    const text = JSON.stringify(sight);
    const number = bySight.get(text) ?? seen.push(sight) - 1;
    bySight.set(text, number);
    views.set(key, number);
    return number;
  });
  return { viewOf, values: { views: seen, width: columns.length + 1 } };
}

function viewOfSource({ surveyed, gateway, isNextHop }: Counted, { gateways }: AthenaKnowledge): View {
  const { vpcId, accountId } = gateways.gateways[gateway]!;
  return { own: isNextHop ? surveyed.context : undefined, vpcId, accountId };
}

interface Place {
  readonly vpcId: string | undefined;
  readonly accountId: string | undefined;
  readonly azId: string | undefined;
  readonly workload: string | undefined;
  readonly tags: ReadonlyMap<string, string> | undefined;
  readonly tagValues: readonly string[];
  readonly isStandIn: boolean;
}

/** Its own row, the inventory, other rows; else the gateway's account and VPC stand in. */
function placeOf(
  address: string,
  { own, vpcId, accountId }: View,
  inventory: Pick<Inventory, 'placeOf'>,
  facts: ReadonlyMap<string, readonly AddressFact[]>,
): Place {
  const known = inventory.placeOf(address, own?.vpcId || vpcId);
  const told = facts.get(address);
  const near = own?.vpcId || known?.vpcId || vpcId;
  const fact = told?.find((one) => one.vpcId === near) ?? (told?.length === 1 ? told[0] : undefined);
  const first = (...texts: readonly (string | undefined)[]): string | undefined => texts.find(Boolean);
  const [ownVpc, ownAccount] = [
    first(own?.vpcId, known?.vpcId, fact?.vpcId),
    first(own?.accountId, known?.accountId, fact?.accountId),
  ];
  return {
    vpcId: first(ownVpc, vpcId),
    accountId: first(ownAccount, accountId),
    azId: first(own?.azId, known?.azId, fact?.azId),
    workload: first(own?.ecsService, own?.instanceId, known?.workload, fact?.workload),
    tags: known?.tags,
    tagValues: own?.tags ?? fact?.tags ?? [],
    isStandIn: !ownVpc || !ownAccount,
  };
}

function valuesOf(
  address: string,
  place: Place,
  owners: Owners,
  columns: readonly ClientColumn[],
): readonly (string | null)[] {
  const asksOwner = columns.some((column) => column === 'team' || column === 'env' || column.startsWith('label.'));
  const { vpcId, accountId } = place;
  const owner = asksOwner
    ? resolveOwner(owners, { address, vpcId, accountId, tags: tagsFor(owners, place) })
    : undefined;
  const label = (name: string): string | undefined =>
    [...(owner?.labels ?? [])].find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  const values = columns.map((column): string | null => {
    switch (column) {
      case 'team':
        return owner?.team ?? null;
      case 'env':
        return owner?.env ?? null;
      case 'account':
        return place.accountId ?? null;
      case 'vpc':
        return place.vpcId ?? null;
      case 'az':
        return place.azId ?? null;
      case 'workload':
        return place.workload ?? null;
      default:
        return label(column.slice('label.'.length)) ?? null;
    }
  });
  const asksPlace = columns.includes('account') || columns.includes('vpc');
  return [...values, asksPlace && place.isStandIn ? '1' : null];
}

/** Rows of version 11 tell a tag's value without its key: it stands for each key that owners.yaml asks for. */
function tagsFor(owners: Owners, { tags, tagValues }: Place): ReadonlyMap<string, string> | undefined {
  if (tagValues.length === 0) return tags;
  const values = new Set(tagValues.map((value) => value.toLowerCase()));
  const asked = owners.entries
    .flatMap((entry) => [...entry.tags])
    .filter(([, value]) => values.has(value.toLowerCase()));
  const result = new Map(tags);
  for (const [key, value] of asked) if (!result.has(key)) result.set(key, value);
  return result;
}

function groupFacts(facts: readonly AddressFact[]): ReadonlyMap<string, readonly AddressFact[]> {
  const byAddress = new Map<string, AddressFact[]>();
  for (const fact of facts) {
    const list = byAddress.get(fact.address);
    if (list) list.push(fact);
    else byAddress.set(fact.address, [fact]);
  }
  return byAddress;
}

/** Where something may change along the IPv4 addresses, ascending. */
function bordersOf(
  owners: Owners,
  inventoryBorders: readonly number[],
  facts: ReadonlyMap<string, readonly AddressFact[]>,
): readonly number[] {
  const borders = new Set<number>([0, ...inventoryBorders]);
  for (const { from, to } of owners.prefixes.rangesV4()) borders.add(from).add(to + 1);
  for (const text of facts.keys()) {
    const address = parseAddress(text);
    if (address?.family === 4 && formatAddress(address) === text) borders.add(address.value).add(address.value + 1);
  }
  return [...borders].filter((border) => border < 2 ** 32).sort((a, b) => a - b);
}
