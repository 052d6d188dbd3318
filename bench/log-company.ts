import { hexOf, type Random, randomFor } from '../src/demo/random.js';

/** A company that does not exist, large enough for bulk logs: its teams, their clients, and who they talk to. */
export interface LogCompany {
  readonly teams: readonly string[];
  readonly subnets: readonly Subnet[];
  /** Cumulated weights of the subnets, ending at 1. */
  readonly subnetShares: readonly number[];
  readonly remotes: readonly RemoteFamily[];
  readonly remoteShares: readonly number[];
  readonly gateways: readonly Gateway[];
}

interface Subnet {
  /** `10.20.30.` */
  readonly stem: string;
  readonly team: number;
  readonly hosts: number;
  readonly gateway: number;
}

/** Addresses of one service or vendor, the busiest first. */
interface RemoteFamily {
  readonly addresses: readonly string[];
  /** Cumulated weights of the addresses, ending at 1. */
  readonly shares: readonly number[];
  /** As pkt-*-aws-service has it. */
  readonly service: string;
  readonly port: number;
  readonly protocol: 6 | 17;
  /** Median bytes of a connection's answer. */
  readonly medianDown: number;
  /** Its addresses change with every look-up, so that a client meets new ones all the time. */
  readonly hasMovingAddresses: boolean;
}

interface Gateway {
  readonly interfaceId: string;
  readonly address: string;
  readonly subnetId: string;
  readonly azId: string;
}

/** `payments` and `checkout` are asked about by name; the rest are numbered, as nothing depends on what they are called. */
const TEAMS = [
  'payments',
  'checkout',
  'search',
  'data-platform',
  ...Array.from({ length: 36 }, (_, i) => `team-${i + 5}`),
];
const SUBNETS_OF_A_TEAM = 10;

type FamilyRow = readonly [
  prefix: string,
  count: number,
  service: string,
  port: number,
  weight: number,
  medianDown: number,
  isMoving: boolean,
];

/** Published ranges, so that the bundled tables name them; weights and sizes are invented. */
const FAMILIES: readonly FamilyRow[] = [
  ['52.216.0.0/15', 2400, 'S3', 443, 18, 36_000, true],
  ['3.5.0.0/19', 1600, 'S3', 443, 9, 48_000, true],
  ['54.231.0.0/16', 1000, 'S3', 443, 6, 30_000, true],
  ['52.94.0.0/22', 220, 'DYNAMODB', 443, 10, 4_400, false],
  ['3.208.0.0/12', 2200, 'EC2', 443, 8, 6_600, false],
  ['44.192.0.0/11', 2200, 'EC2', 443, 7, 7_300, false],
  ['34.192.0.0/12', 1600, 'EC2', 8443, 4, 5_400, false],
  ['52.46.128.0/19', 400, 'AMAZON', 443, 4, 3_000, false],
  ['13.32.0.0/15', 1400, 'CLOUDFRONT', 443, 5, 18_000, true],
  ['140.82.112.0/20', 160, '-', 443, 4, 12_000, false],
  ['3.233.144.0/20', 300, 'EC2', 443, 5, 9_000, false],
  ['142.250.0.0/15', 1600, '-', 443, 3, 5_400, false],
  ['104.16.0.0/13', 1800, '-', 443, 5, 6_600, true],
  ['151.101.0.0/16', 900, '-', 443, 4, 15_000, true],
  ['20.33.0.0/16', 900, '-', 443, 2, 7_300, false],
  ['18.204.0.0/14', 60, 'EC2', 9092, 1, 16_000, false],
  ['149.72.0.0/16', 120, '-', 587, 0.6, 6_600, false],
  ['169.229.128.0/22', 16, '-', 123, 0.5, 90, false],
  ['8.8.0.0/16', 8, '-', 53, 0.6, 180, false],
  ['23.0.0.0/8', 2400, '-', 443, 3.3, 3_000, false],
];

/** The company of a seed; the same on every machine and in every thread. */
export function makeLogCompany(seed: number): LogCompany {
  const random = randomFor('log-company', seed);
  const stems = shuffle(
    Array.from({ length: 60 * 256 }, (_, i) => `10.${20 + (i >> 8)}.${i & 255}.`),
    random,
  );
  const subnets = Array.from({ length: TEAMS.length * SUBNETS_OF_A_TEAM }, (_, i) => ({
    stem: stems[i]!,
    // Each team has one; of the others the first teams have more.
    team: i < TEAMS.length ? i : Math.floor(TEAMS.length * random.next() ** 1.3),
    hosts: random.between(2, 17),
    gateway: random.between(0, 2),
  }));
  return {
    teams: TEAMS,
    subnets,
    subnetShares: cumulate(subnets.map((_, i) => (i + 1) ** -0.8)),
    remotes: FAMILIES.map(([prefix, count, service, port, , medianDown, hasMovingAddresses]) => ({
      addresses: addressesIn(prefix, count, random),
      // Few addresses take most of it, as names that many ask for do (Zipf's law).
      shares: cumulate(Array.from({ length: count }, (_, i) => (i + 1) ** -1.05)),
      service,
      port,
      protocol: port === 53 || port === 123 ? (17 as const) : (6 as const),
      medianDown,
      hasMovingAddresses,
    })),
    remoteShares: cumulate(FAMILIES.map(([, , , , weight]) => weight)),
    gateways: [1, 2, 3].map((zone) => ({
      interfaceId: `eni-${hexOf(17, 'interface', seed, zone)}`,
      address: `10.0.${zone * 16}.${random.between(4, 250)}`,
      subnetId: `subnet-${hexOf(17, 'subnet', seed, zone)}`,
      azId: `use1-az${zone}`,
    })),
  };
}

/** The owners.yaml of the company. */
export function ownersYaml({ teams, subnets }: LogCompany): string {
  const entries = teams.map((team, i) => {
    const prefixes = subnets.filter((subnet) => subnet.team === i).map(({ stem }) => `${stem}0/24`);
    return `  - { team: ${team}, prefixes: [${prefixes.join(', ')}] }`;
  });
  return `owners:\n${entries.join('\n')}\n`;
}

/** The index whose share holds a number of [0, 1). */
export function pickShare(shares: readonly number[], part: number): number {
  let low = 0;
  let high = shares.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shares[middle]! < part) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In place. */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    const item = items[last]!;
    items[last] = items[other]!;
    items[other] = item;
  }
  return items;
}

function cumulate(weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum / all;
  });
}

function addressesIn(prefix: string, count: number, random: Random): string[] {
  const [base, length] = prefix.split('/') as [string, string];
  const first = base.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(length));
  return Array.from({ length: count }, () => {
    const value = first + random.between(1, size - 2);
    return [24, 16, 8, 0].map((bits) => (value >>> bits) & 255).join('.');
  });
}
