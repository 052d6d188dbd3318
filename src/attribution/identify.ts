import { formatAddress, parseAddress, parsePrefix } from './addresses.js';
import type { AutonomousSystem } from './asn.js';
import { type Holder, holderAt, placeOfHolder, startOf } from './holders.js';
import { joinPlaces, type PlaceFacts } from './inventory.js';
import { type Owner, type Owners, resolveOwner } from './owners.js';
import { buildPrefixTable, type PrefixTable } from './prefixes.js';
import { type Remote, type RemoteTables, resolveRemote } from './ranges.js';

/** All that is known of one address, from whichever side it is seen. */
export interface Identity {
  /** Canonical text. */
  readonly address: string;
  /** Private, loopback, link-local, shared or unique local: no one on the internet. */
  readonly isInside: boolean;
  readonly owner: Owner | undefined;
  /** What the inventory knows of it: VPC, account, zone, workload. */
  readonly place: PlaceFacts | undefined;
  /** Since when what is told has held, and until when; undefined where nothing tells. */
  readonly tenure: Tenure | undefined;
  readonly remote: Remote;
  /** Who announces it on the internet. */
  readonly system: AutonomousSystem | undefined;
  /** How it is known, in words for a person. */
  readonly known: string;
}

/** How long somebody had an address. Times are UTC ms. */
interface Tenure {
  readonly sinceMs: number;
  /** True where AWS told the moment; false where it was there when we first looked. */
  readonly isExact: boolean;
  /** When the next one got it; undefined for the last. */
  readonly untilMs: number | undefined;
}

/** What names are read from. */
export interface Names {
  readonly owners: Owners;
  readonly tables: RemoteTables;
  readonly placeOf: (address: string) => PlaceFacts | undefined;
  /** Its subnet and VPC alone. */
  readonly networkOf?: (address: string, vpcId: string) => PlaceFacts | undefined;
  /** Who had it, the oldest first. */
  readonly holdersOf?: (address: string) => readonly Holder[];
}

/**
 * Who is behind an address at a moment: its owner, else what is published about it. Without a moment, now. Undefined for
 * no address.
 */
export function identifyAddress(names: Names, text: string, atMs?: number): Identity | undefined {
  const parsed = parseAddress(text);
  if (!parsed) return undefined;
  const { owners, tables } = names;
  const address = formatAddress(parsed);
  const { place, tenure } = placeAt(names, address, atMs);
  const owner = resolveOwner(owners, { address, ...place });
  const remote = resolveRemote(tables, address, null);
  const isInside = INSIDE.lookup(address) ?? false;
  const system = isInside ? undefined : tables.systems?.lookup(address);
  return {
    address,
    isInside,
    owner,
    place,
    tenure,
    remote,
    system,
    known: wordsOf(owner, remote, tables, isInside, system),
  };
}

function placeAt(
  { placeOf, networkOf, holdersOf }: Names,
  address: string,
  atMs = Number.POSITIVE_INFINITY,
): { readonly place: PlaceFacts | undefined; readonly tenure: Tenure | undefined } {
  const holders = holdersOf?.(address) ?? [];
  const holder = holderAt(holders, atMs);
  if (!holder) {
    // Somebody whose begin AWS tells had it later: who had it at that moment is not known.
    const place = holders.length > 0 && atMs < startOf(holders[0]!) ? networkOf?.(address, '') : placeOf(address);
    return { place, tenure: undefined };
  }
  const next = holders.find((one) => one.vpcId === holder.vpcId && startOf(one) > startOf(holder));
  return {
    place: joinPlaces(networkOf?.(address, holder.vpcId), placeOfHolder(holder)),
    tenure: {
      sinceMs: startOf(holder),
      isExact: holder.fromMs !== undefined,
      untilMs: next && startOf(next),
    },
  };
}

/** RFC 1918, 6598, 3927, 4193, 4291: addresses that mean something only inside. */
const INSIDE = insideTable();

function insideTable(): PrefixTable<true> {
  const prefixes = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', '127.0.0.0/8'];
  return buildPrefixTable(
    [...prefixes, 'fc00::/7', 'fe80::/10', '::1/128'].map((text) => ({ range: parsePrefix(text)!, value: true })),
  );
}

function wordsOf(
  owner: Owner | undefined,
  remote: Remote,
  tables: RemoteTables,
  isInside: boolean,
  system: AutonomousSystem | undefined,
): string {
  if (owner) return `${owner.via} ${owner.matched} of ${owner.source}`;
  switch (remote.via) {
    case 'named':
      return 'named in the owners file';
    case 'flow-log':
      return 'the flow log';
    case 'aws-ranges':
      return tables.awsSource;
    case 'provider-ranges':
      return `ranges that ${remote.provider} publishes`;
    case 'as-table':
      return system ? `AS${system.asn} ${system.organisation}`.trim() : 'the AS table';
    case null:
      return isInside ? 'a private address that no entry of the owners file covers' : 'in none of the tables';
  }
}
