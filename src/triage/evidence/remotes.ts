import { type Remote, resolveRemote } from '../../attribution/ranges.js';
import { DAY_MS } from '../../units.js';
import type { RemoteLookup } from '../sources.js';

/** What a remote end is, as far as a diagnosis cares. */
type RemoteKind =
  | 's3'
  | 'dynamodb'
  /** Another AWS service with an API: it has, or may have, an interface endpoint. */
  | 'aws-service'
  /** Addresses of AWS's customers and of its CDN: whoever rents them, not AWS. */
  | 'aws-hosted'
  | 'named'
  | 'provider'
  /** Inside: peered, on premises, another gateway. */
  | 'private'
  | 'nobody';

export interface RemoteEnd {
  /** Groups remotes of one owner: the unit of a talker analysis. */
  readonly key: string;
  readonly kind: RemoteKind;
  /** For a sentence: "S3 in eu-west-1", "Datadog", "New Relic, Inc.". */
  readonly label: string;
  readonly service: string | null;
  readonly region: string | null;
  readonly provider: string | null;
  readonly category: string | null;
  /** AWS's table knows the address as AMAZON only: S3 and others may hide behind it. */
  readonly isVague: boolean;
}

/** Services whose addresses belong to whoever rents them: a packet to them says nothing of an AWS API. */
const HOSTED = new Set([
  'EC2',
  'CLOUDFRONT',
  'CLOUDFRONT_ORIGIN_FACING',
  'GLOBALACCELERATOR',
  'WORKSPACES_GATEWAYS',
  'AMAZON_APPFLOW',
]);

const PRIVATE =
  /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.|f[cd])/i;

/** Names remote ends, once per address. */
export function nameRemotes(lookup: RemoteLookup): (address: string | null, awsService: string | null) => RemoteEnd {
  const memory = new Map<string, RemoteEnd>();
  return (address, awsService) => {
    const key = `${address}|${awsService}`;
    const known = memory.get(key);
    if (known) return known;
    const end = address === null ? NOBODY : nameOne(lookup, address, awsService);
    memory.set(key, end);
    return end;
  };
}

const NOBODY: RemoteEnd = {
  key: 'unknown',
  kind: 'nobody',
  label: 'unknown addresses',
  service: null,
  region: null,
  provider: null,
  category: null,
  isVague: false,
};

function nameOne(lookup: RemoteLookup, address: string, awsService: string | null): RemoteEnd {
  const remote = newest(lookup, address, awsService);
  const { region, provider, category, service } = remote;
  const base = { service, region, provider, category, isVague: false };
  if (remote.via === 'named')
    return { ...base, key: `named:${service}`, kind: 'named', label: service ?? 'a named remote' };
  if (service === 'S3')
    return { ...base, key: `S3|${region}`, kind: 's3', label: `S3 in ${region ?? 'an unknown Region'}` };
  if (service === 'DYNAMODB') {
    return {
      ...base,
      key: `DYNAMODB|${region}`,
      kind: 'dynamodb',
      label: `DynamoDB in ${region ?? 'an unknown Region'}`,
    };
  }
  if (service !== null && HOSTED.has(service)) {
    return {
      ...base,
      key: `${service}|${region}`,
      kind: 'aws-hosted',
      label: `${service} addresses in ${region ?? 'AWS'}`,
    };
  }
  if (service !== null || provider === 'aws') {
    const isVague = service === null || service === 'AMAZON';
    const name = isVague ? 'an AWS service' : service;
    return {
      ...base,
      key: `${service ?? 'AMAZON'}|${region}`,
      kind: 'aws-service',
      label: `${name} in ${region ?? 'an unknown Region'}`,
      isVague,
    };
  }
  if (provider !== null) return { ...base, key: `provider:${provider}`, kind: 'provider', label: provider };
  // Carrier-grade and private ranges may carry a published prefix (AWS uses 100.64/10); only unowned ones are inside.
  if (PRIVATE.test(address))
    return { ...base, key: `private:${address}`, kind: 'private', label: `the private address ${address}` };
  return { ...base, key: `address:${address}`, kind: 'nobody', label: `${address}, which no table names` };
}

/** The given table; a newer one where the given one knows nothing better than AMAZON. */
function newest(lookup: RemoteLookup, address: string, awsService: string | null): Remote {
  const own = resolveRemote(lookup.tables, address, awsService);
  const isWeak = own.service === null || own.service === 'AMAZON' || (own.service === 'S3' && own.region === null);
  if (!isWeak || own.via === 'named' || !lookup.newer) return own;
  const other = resolveRemote(lookup.newer, address, awsService);
  const isBetter = other.service !== null && other.service !== 'AMAZON';
  return isBetter ? { ...other, category: own.category } : own;
}

/** AWS adds prefixes several times a week; after a month new ones are likely to be missing. */
const STALE_DAYS = 30;

/** Whether a table of ranges is too old to say "not S3". */
export function isStale(lookup: RemoteLookup, nowMs: number): boolean {
  return lookup.rangesMadeAtMs !== undefined && nowMs - lookup.rangesMadeAtMs > STALE_DAYS * DAY_MS;
}
