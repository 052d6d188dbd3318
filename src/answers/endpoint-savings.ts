import { Decimal } from 'decimal.js';
import { HOURS_PER_MONTH, INTERFACE_ENDPOINT } from '../pricing/endpoint-rates.js';
import { natProcessingUsd } from '../pricing/nat-processing.js';
import { BYTES_PER_BILLED_GB } from '../units.js';

/** What stands in the network, as EC2 tells it. A list that is undefined was not read: nothing may be said of it. */
export interface EndpointNetwork {
  readonly vpcs: readonly {
    readonly id: string;
    readonly name?: string | undefined;
    readonly region: string | undefined;
  }[];
  readonly subnets: readonly { readonly id: string; readonly vpcId: string; readonly az: string | undefined }[];
  readonly routeTables: readonly EndpointRouteTable[] | undefined;
  readonly endpoints: readonly ExistingEndpoint[] | undefined;
}

interface EndpointRouteTable {
  readonly id: string;
  readonly vpcId: string;
  readonly isMain: boolean;
  readonly subnetIds: readonly string[];
  readonly routes: readonly { readonly destination: string; readonly target: string; readonly isBlackhole: boolean }[];
}

interface ExistingEndpoint {
  readonly id: string;
  readonly vpcId: string;
  readonly type: string;
  readonly serviceName: string;
  readonly state: string;
  readonly routeTableIds: readonly string[];
  readonly privateDns: boolean;
}

/** What the clients of one VPC sent to one service of their own Region, in a month of 730 hours. */
export interface VpcUsage {
  readonly vpcId: string;
  readonly region: string;
  /** As in ip-ranges.json: `S3`, `DYNAMODB`, `AMAZON`. */
  readonly service: string;
  readonly bytesPerMonth: bigint;
  /** Zones in which the clients are; 0 where none is known. */
  readonly zones: number;
}

export interface EndpointFinding {
  readonly vpcId: string;
  readonly region: string;
  readonly kind: 'missing-gateway-endpoint' | 'missing-route' | 'interface-endpoint';
  readonly service: string;
  /** `com.amazonaws.us-east-1.s3`; null where the logs do not tell which service it is. */
  readonly serviceName: string | null;
  readonly bytesPerMonth: bigint;
  /** NAT data processing of these bytes, what the endpoint would cost, and the difference; null without a price. */
  readonly usdNow: string | null;
  readonly usdThen: string;
  readonly usdSaved: string | null;
  /** Whether it is worth making: free ones always are. */
  readonly pays: boolean;
  /** Route tables that lack the route (gateway endpoints). */
  readonly routeTableIds: readonly string[];
  readonly vpcEndpointId: string | null;
  readonly zones: number;
  readonly subnetIds: readonly string[];
  /** From so many bytes a zone and month on an interface endpoint costs less than NAT; null for gateway endpoints. */
  readonly breakEvenBytesPerZone: bigint | null;
}

const GATEWAY_SERVICES = [
  { service: 'S3', endpoint: 's3' },
  { service: 'DYNAMODB', endpoint: 'dynamodb' },
] as const;

/** Services of ip-ranges.json that have an interface endpoint, by its name (AWS, "Services that integrate with PrivateLink"). */
const INTERFACE_SERVICES: Readonly<Record<string, string | null>> = {
  API_GATEWAY: 'execute-api',
  KINESIS_VIDEO_STREAMS: 'kinesisvideo',
  EBS: 'ebs',
  CODEBUILD: 'codebuild',
  EFS: 'elasticfilesystem',
  // All other APIs of AWS: the ranges do not say which.
  AMAZON: null,
};

/**
 * What each VPC sends through NAT that an endpoint would carry for less: the most saved first, and those that cost and
 * save nothing (free, and they prevent the next bill) after it. VPCs without a way out through NAT or a transit gateway
 * have nothing to save and are passed over.
 */
export function findEndpointSavings(network: EndpointNetwork, usage: readonly VpcUsage[]): EndpointFinding[] {
  const known = new Map(network.vpcs.map((vpc) => [vpc.id, vpc]));
  const vpcIds = new Set([...usage.map(({ vpcId }) => vpcId), ...network.vpcs.map(({ id }) => id)]);
  const found = [...vpcIds].flatMap((vpcId) => {
    const own = usage.filter((one) => one.vpcId === vpcId);
    const region = own[0]?.region ?? known.get(vpcId)?.region;
    if (region === undefined) return [];
    return [
      ...GATEWAY_SERVICES.flatMap((kind) => gatewayFinding(network, vpcId, region, kind, own)),
      ...own.flatMap((one) => interfaceFinding(network, one)),
    ];
  });
  const saved = ({ usdSaved, bytesPerMonth }: EndpointFinding) => Number(usdSaved ?? 0) + Number(bytesPerMonth) / 1e18;
  return found.sort((a, b) => Number(b.pays) - Number(a.pays) || saved(b) - saved(a) || (a.vpcId < b.vpcId ? -1 : 1));
}

function gatewayFinding(
  network: EndpointNetwork,
  vpcId: string,
  region: string,
  { service, endpoint }: (typeof GATEWAY_SERVICES)[number],
  usage: readonly VpcUsage[],
): EndpointFinding[] {
  const bytesPerMonth = usage.find((one) => one.service === service)?.bytesPerMonth ?? 0n;
  const leading = network.routeTables?.filter((table) => table.vpcId === vpcId && leadsToNat(table)) ?? [];
  // Without bytes and without a way out there is nothing that an endpoint would change.
  if (bytesPerMonth === 0n && (leading.length === 0 || network.endpoints === undefined)) return [];
  const serviceName = `com.amazonaws.${region}.${endpoint}`;
  const existing = network.endpoints?.find(
    (one) => one.vpcId === vpcId && one.type === 'Gateway' && one.serviceName === serviceName && isAlive(one),
  );
  const lacking = existing ? leading.filter((table) => !hasRoute(table, existing)) : leading;
  // It is there and every table leads to it: what still goes through NAT is not of its making.
  if (existing && lacking.length === 0) return [];
  const usdNow = natProcessingUsd(bytesPerMonth, region)?.toFixed(2) ?? null;
  return [
    {
      vpcId,
      region,
      kind: existing ? 'missing-route' : 'missing-gateway-endpoint',
      service,
      serviceName,
      bytesPerMonth,
      usdNow,
      usdThen: '0.00',
      usdSaved: usdNow,
      pays: true,
      routeTableIds: lacking.map(({ id }) => id).sort(),
      vpcEndpointId: existing?.id ?? null,
      zones: 0,
      subnetIds: [],
      breakEvenBytesPerZone: null,
    },
  ];
}

function interfaceFinding(network: EndpointNetwork, usage: VpcUsage): EndpointFinding[] {
  const { vpcId, region, service, bytesPerMonth } = usage;
  const endpoint = INTERFACE_SERVICES[service];
  if (endpoint === undefined || bytesPerMonth === 0n) return [];
  const serviceName = endpoint === null ? null : `com.amazonaws.${region}.${endpoint}`;
  const isThere = network.endpoints?.some(
    (one) => one.vpcId === vpcId && one.serviceName === serviceName && one.privateDns && isAlive(one),
  );
  if (isThere) return [];
  const subnets = oneSubnetPerZone(network, vpcId);
  // Where no client's zone is known every zone with a private subnet is paid for: the dearer assumption.
  const zones = Math.max(1, usage.zones === 0 ? subnets.length : usage.zones);
  const gigabytes = new Decimal(bytesPerMonth.toString()).div(BYTES_PER_BILLED_GB);
  const hours = new Decimal(INTERFACE_ENDPOINT.usdPerZoneHour).times(HOURS_PER_MONTH);
  const then = hours.times(zones).plus(gigabytes.times(INTERFACE_ENDPOINT.usdPerGb));
  const now = natProcessingUsd(bytesPerMonth, region);
  const saved = now?.minus(then);
  const perGb = natProcessingUsd(BigInt(BYTES_PER_BILLED_GB), region)?.minus(INTERFACE_ENDPOINT.usdPerGb);
  return [
    {
      vpcId,
      region,
      kind: 'interface-endpoint',
      service,
      serviceName,
      bytesPerMonth,
      usdNow: now?.toFixed(2) ?? null,
      usdThen: then.toFixed(2),
      usdSaved: saved?.toFixed(2) ?? null,
      pays: saved?.gt(0) ?? false,
      routeTableIds: [],
      vpcEndpointId: null,
      zones,
      subnetIds: subnets.slice(0, zones),
      breakEvenBytesPerZone: perGb?.gt(0)
        ? BigInt(hours.div(perGb).times(BYTES_PER_BILLED_GB).toFixed(0, Decimal.ROUND_UP))
        : null,
    },
  ];
}

/** A default route to a NAT gateway, or to a transit gateway behind which one may be; not one to the internet itself. */
function leadsToNat({ routes }: EndpointRouteTable): boolean {
  return routes.some(
    ({ destination, target }) =>
      (destination === '0.0.0.0/0' || destination === '::/0' || destination === '64:ff9b::/96') &&
      /^(?:nat|tgw|pcx|eni|vpce)-/.test(target),
  );
}

function hasRoute(table: EndpointRouteTable, endpoint: ExistingEndpoint): boolean {
  return (
    endpoint.routeTableIds.includes(table.id) ||
    table.routes.some((route) => route.target === endpoint.id && !route.isBlackhole)
  );
}

function isAlive({ state }: ExistingEndpoint): boolean {
  return !/delet|reject|fail|expire/i.test(state);
}

/** A private subnet of each zone, by its name: where an interface endpoint would stand. */
function oneSubnetPerZone({ subnets, routeTables }: EndpointNetwork, vpcId: string): string[] {
  const byZone = new Map<string, string>();
  const tables = (routeTables ?? []).filter((table) => table.vpcId === vpcId);
  for (const subnet of [...subnets].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    if (subnet.vpcId !== vpcId || subnet.az === undefined || byZone.has(subnet.az)) continue;
    const table = tables.find((one) => one.subnetIds.includes(subnet.id)) ?? tables.find((one) => one.isMain);
    if (table !== undefined && !leadsToNat(table)) continue;
    byZone.set(subnet.az, subnet.id);
  }
  return [...byZone].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id);
}
