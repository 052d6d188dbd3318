import { formatAddress, parseAddress, parsePrefix } from './addresses.js';
import type { PlaceFacts } from './inventory.js';
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
  readonly remote: Remote;
  /** How it is known, in words for a person. */
  readonly known: string;
}

/** What names are read from. */
export interface Names {
  readonly owners: Owners;
  readonly tables: RemoteTables;
  readonly placeOf: (address: string) => PlaceFacts | undefined;
}

/** Who is behind an address: its owner in owners.yaml, else what is published about it. Undefined for no address. */
export function identifyAddress({ owners, tables, placeOf }: Names, text: string): Identity | undefined {
  const parsed = parseAddress(text);
  if (!parsed) return undefined;
  const address = formatAddress(parsed);
  const place = placeOf(address);
  const owner = resolveOwner(owners, { address, ...place });
  const remote = resolveRemote(tables, address, null);
  const isInside = INSIDE.lookup(address) ?? false;
  return { address, isInside, owner, place, remote, known: wordsOf(owner, remote, tables, address, isInside) };
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
  address: string,
  isInside: boolean,
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
    case 'as-table': {
      const system = tables.systems?.lookup(address);
      return system ? `AS${system.asn} ${system.organisation}`.trim() : 'the AS table';
    }
    case null:
      return isInside ? 'a private address that no entry of the owners file covers' : 'in none of the tables';
  }
}
