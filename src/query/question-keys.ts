import { distance } from 'fastest-levenshtein';
import { FILTER_KEYS, type FilterKey, GROUP_ONLY_KEYS, type GroupKey } from './query.js';

/** One word that a question knows: the parser's messages, the help and the modal all read this table. */
export interface QuestionKey {
  readonly key: string;
  /** What may stand after `=`, in a few words. */
  readonly allowed: string;
  /** What it asks for, one line, no full stop. */
  readonly says: string;
  readonly example: string;
  /** Whether rows can be kept or left out by it, and grouped by it. */
  readonly filters: boolean;
  readonly groups: boolean;
}

const NAMES = 'names, several with commas, !name for all but that one';
const both = { filters: true, groups: true } as const;
const groupOnly = { filters: false, groups: true } as const;
const neither = { filters: false, groups: false } as const;

/** Everything that a question can hold, in the order in which a person should learn it. */
export const QUESTION_KEYS: readonly QuestionKey[] = [
  {
    key: 'team',
    allowed: NAMES,
    says: 'who owns the client; unattributed is what nobody owns',
    example: 'team=payments',
    ...both,
  },
  { key: 'env', allowed: NAMES, says: 'the environment of its owner', example: 'env=prod,staging', ...both },
  {
    key: 'label.NAME',
    allowed: NAMES,
    says: 'a label of its owner, as in owners.yaml',
    example: 'label.department=sales',
    ...both,
  },
  { key: 'account', allowed: NAMES, says: 'the AWS account of the client', example: 'account=111122223333', ...both },
  { key: 'vpc', allowed: NAMES, says: 'the VPC of the client', example: 'vpc=vpc-0a1b2c3d', ...both },
  { key: 'az', allowed: NAMES, says: 'the availability zone of the client', example: 'az=use1-az1', ...both },
  {
    key: 'workload',
    allowed: NAMES,
    says: 'the instance, ECS service, function or pod that holds the address',
    example: 'workload=checkout',
    ...both,
  },
  {
    key: 'client',
    allowed: 'IP addresses and CIDR ranges',
    says: 'the address inside',
    example: 'client=10.20.0.0/20',
    ...both,
  },
  {
    key: 'remote',
    allowed: 'IP addresses and CIDR ranges',
    says: 'the address outside',
    example: 'remote=198.51.100.7',
    ...both,
  },
  {
    key: 'service',
    allowed: NAMES,
    says: 'the AWS service of the remote, or its name in owners.yaml',
    example: 'service=S3,DYNAMODB',
    ...both,
  },
  {
    key: 'provider',
    allowed: NAMES,
    says: 'who owns the remote: aws, gcp, azure, github, cloudflare, …',
    example: 'provider=!aws',
    ...both,
  },
  {
    key: 'domain',
    allowed: 'names of hosts, those below them included',
    says: 'what the client called the remote, where Resolver query logs tell',
    example: 'domain=amazonaws.com',
    ...both,
  },
  { key: 'region', allowed: NAMES, says: 'the AWS Region of the remote', example: 'region=us-east-1', ...both },
  {
    key: 'port',
    allowed: 'whole numbers from 0 to 65535',
    says: 'the port of the remote',
    example: 'port=443',
    ...both,
  },
  {
    key: 'protocol',
    allowed: 'tcp, udp, icmp, … or a number from 0 to 255',
    says: 'the protocol',
    example: 'protocol=udp',
    ...both,
  },
  {
    key: 'direction',
    allowed: 'up or down',
    says: 'up leaves the VPC, down comes in',
    example: 'direction=up',
    ...both,
  },
  { key: 'nat', allowed: NAMES, says: 'the NAT gateway', example: 'nat=nat-0a1b2c3d', ...both },
  { key: 'nataz', allowed: NAMES, says: 'the zone of the gateway', example: 'nataz=use1-az1', ...both },
  {
    key: 'crossaz',
    allowed: 'yes or no',
    says: 'whether client and gateway are in different zones',
    example: 'crossaz=yes',
    ...both,
  },
  { key: 'pair', allowed: 'by=pair', says: 'client and remote together', example: 'by=pair', ...groupOnly },
  { key: 'hour', allowed: 'by=hour', says: 'hour by hour, in UTC', example: 'by=hour', ...groupOnly },
  { key: 'day', allowed: 'by=day', says: 'day by day, in UTC', example: 'by=day', ...groupOnly },
  {
    key: 'charge',
    allowed: 'by=charge',
    says: 'data processing, transfer, cross-AZ and hours of the gateways; alone, without compare',
    example: 'by=charge',
    ...groupOnly,
  },
  {
    key: 'since',
    allowed: '90m, 24h, 7d, 4w, today, yesterday, week, month, lastmonth, 2026-11-01 or 2026-11-01..2026-11-08',
    says: 'the window, in UTC; 24h where absent',
    example: 'since=7d',
    ...neither,
  },
  {
    key: 'by',
    allowed: 'one or two of the words above',
    says: 'one row for each; one total where absent',
    example: 'by=team,service',
    ...neither,
  },
  { key: 'top', allowed: '1 to 1000', says: 'how many rows; 10 where absent', example: 'top=25', ...neither },
  {
    key: 'compare',
    allowed: 'previous or lastweek',
    says: 'the window before this one, or the same one seven days earlier',
    example: 'compare=previous',
    ...neither,
  },
];

export const DEFAULT_SINCE = '24h';
export const DEFAULT_TOP = 10;
export const MAX_TOP = 1000;
export const COMPARE_KINDS = ['previous', 'lastweek'] as const;

const FILTERS: ReadonlySet<string> = new Set(FILTER_KEYS);
const GROUPS: ReadonlySet<string> = new Set([...FILTER_KEYS, ...GROUP_ONLY_KEYS]);

/** The filter key that a word stands for, whatever its case; undefined where it is none. A label keeps its case. */
export function filterKeyOf(word: string): FilterKey | undefined {
  const key = word.toLowerCase();
  if (FILTERS.has(key)) return key as FilterKey;
  return labelKeyOf(word);
}

/** The same for `by`, which also knows pair, hour and day. */
export function groupKeyOf(word: string): GroupKey | undefined {
  const key = word.toLowerCase();
  if (GROUPS.has(key)) return key as GroupKey;
  return labelKeyOf(word);
}

/** The nearest of the known words, for "did you mean"; undefined where none is near enough to be a slip. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  if (lower.length > 40) return undefined;
  let best: string | undefined;
  let bestSlips = Math.max(1, Math.floor(lower.length / 2.5)) + 1;
  for (const candidate of known) {
    const slips = countSlips(lower, candidate);
    if (slips < bestSlips) {
      best = candidate;
      bestSlips = slips;
    }
  }
  return best;
}

/** Edits between two words; letters in another order, or a word cut short, are one slip. */
function countSlips(word: string, candidate: string): number {
  if (word.length > 2 && candidate.startsWith(word)) return 1;
  const isReordered = word.length === candidate.length && [...word].sort().join('') === [...candidate].sort().join('');
  return isReordered ? Math.min(1, distance(word, candidate)) : distance(word, candidate);
}

function labelKeyOf(word: string): `label.${string}` | undefined {
  const name = /^label\.([^\s=,!"']{1,128})$/i.exec(word)?.[1];
  return name === undefined ? undefined : `label.${name}`;
}
