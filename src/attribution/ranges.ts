import { type Address, parseAddress } from './addresses.js';
import type { AsnTable } from './asn.js';
import { type AwsPlace, type AwsRangesCopy, loadAwsRanges } from './aws-ranges.js';
import type { RemoteEntry } from './owners-file.js';
import { buildPrefixTable, type PrefixTable } from './prefixes.js';
import { loadProviderTable, type ProviderFile } from './provider-ranges.js';

/** All that is known of addresses outside, ready for lookups. */
export interface RemoteTables {
  /** `remotes:` of owners.yaml. */
  readonly named: PrefixTable<RemoteEntry>;
  readonly aws: PrefixTable<AwsPlace>;
  readonly providers: PrefixTable<string>;
  readonly systems: AsnTable | undefined;
  /** Where the AWS ranges come from, with their date. */
  readonly awsSource: string;
}

/** What a remote is. Null is "not known"; outside AWS there is no region. */
export interface Remote {
  readonly service: string | null;
  readonly provider: string | null;
  readonly region: string | null;
  /** What told the service, or the provider where there is no service. */
  readonly via: 'named' | 'flow-log' | 'aws-ranges' | 'provider-ranges' | 'as-table' | null;
  /** The category of a named remote, such as `log-intake`. */
  readonly category: string | null;
}

/** Networks that are announced by a provider under one of the names above, so that both sources give one name. */
const PROVIDER_OF_AS: ReadonlyMap<number, string> = new Map([
  [16509, 'aws'],
  [14618, 'aws'],
  [8987, 'aws'],
  [7224, 'aws'],
  [38895, 'aws'],
  [396982, 'gcp'],
  [8075, 'azure'],
  [36459, 'github'],
  [54113, 'fastly'],
  [13335, 'cloudflare'],
  [209242, 'cloudflare'],
]);

/**
 * Loads what tells remotes apart. Without `ipRanges` the bundled AWS ranges are used; without `asn` an address of no
 * known provider has none.
 * @throws NetcostError 'input' where a given file cannot be read.
 */
export async function loadRemoteTables(sources: {
  readonly remotes?: readonly RemoteEntry[];
  readonly ipRanges?: string | undefined;
  readonly asn?: string | undefined;
  readonly providerFiles?: readonly ProviderFile[];
  /** What was fetched of them; a file goes before it. */
  readonly awsCopy?: AwsRangesCopy | undefined;
  readonly providerCopies?: readonly { readonly provider: string; readonly prefixes: readonly string[] }[];
}): Promise<RemoteTables> {
  const [aws, providers, systems] = await Promise.all([
    loadAwsRanges(sources.ipRanges, sources.awsCopy),
    loadProviderTable(sources.providerFiles, sources.providerCopies),
    // Its reader is only loaded where there is such a file: a question in a new process waits for each module.
    sources.asn === undefined ? undefined : loadSystems(sources.asn),
  ]);
  return { named: indexRemotes(sources.remotes ?? []), aws: aws.table, providers, systems, awsSource: aws.source };
}

async function loadSystems(path: string): Promise<AsnTable> {
  if (path.toLowerCase().endsWith('.mmdb')) return (await import('./asn-mmdb.js')).loadAsnDatabase(path);
  return (await import('./asn.js')).loadAsnTable(path);
}

/** Named remotes by their longest prefix; of equal ones the first in the file. */
export function indexRemotes(remotes: readonly RemoteEntry[]): PrefixTable<RemoteEntry> {
  return buildPrefixTable(remotes.flatMap((remote) => remote.prefixes.map((range) => ({ range, value: remote }))));
}

/**
 * What a remote is, by the contract's rule for the one service of a remote: its name in owners.yaml; else the flow
 * log's own service where it says more than AMAZON; else what is published around the address.
 * `remote` is text or a uint32; `rowService` is the row's pkt-*-aws-service for that end, null where it has none.
 */
export function resolveRemote(tables: RemoteTables, remote: string | number, rowService: string | null): Remote {
  const address = addressOf(remote);
  const told = rowService === null || rowService === '' || rowService === '-' ? null : rowService;
  const precise = told === 'AMAZON' ? null : told;
  const place = address && find(tables.aws, address);
  const isAws = place !== undefined || told !== null;
  const owner = isAws ? { provider: 'aws', via: null } : address ? ownerOf(tables, address) : NOBODY;
  const region = place ? (told !== null && place.regionOf.get(told)) || place.region : null;
  const named = address && find(tables.named, address);
  const rest = { provider: owner.provider, region };
  if (named) return { service: named.name, ...rest, via: 'named', category: named.category ?? null };
  if (precise !== null) return { service: precise, ...rest, via: 'flow-log', category: null };
  if (place) return { service: place.service, ...rest, via: 'aws-ranges', category: null };
  return { service: told, ...rest, via: told === null ? owner.via : 'flow-log', category: null };
}

interface Holder {
  readonly provider: string | null;
  readonly via: Remote['via'];
}

const NOBODY: Holder = { provider: null, via: null };

function ownerOf(tables: RemoteTables, address: Address): Holder {
  const provider = find(tables.providers, address);
  if (provider !== undefined) return { provider, via: 'provider-ranges' };
  const system = tables.systems && find(tables.systems, address);
  if (!system) return NOBODY;
  const name = PROVIDER_OF_AS.get(system.asn) ?? (system.organisation || `AS${system.asn}`);
  return { provider: name, via: 'as-table' };
}

function addressOf(remote: string | number): Address | undefined {
  return typeof remote === 'number' ? { family: 4, value: remote } : parseAddress(remote);
}

function find<Value>(table: PrefixTable<Value>, address: Address): Value | undefined {
  return address.family === 4 ? table.lookupV4(address.value) : table.lookupV6(address.value);
}
