import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One flow of a made-up incident, both directions in one. Times in ms, lasting one ten-minute window. */
export interface MadeFlow {
  readonly atMs: number;
  readonly nat: number;
  readonly client: string;
  readonly remote: string;
  readonly port: number;
  readonly up: number;
  readonly down: number;
  readonly packetBytes?: number;
}

export interface MadeInterface {
  readonly address: string;
  readonly workload: string;
  readonly kind: 'instance' | 'lambda' | 'ecs' | 'agent' | 'codebuild' | 'eks';
  readonly zone: 'a' | 'b';
}

/** A world in which an incident happens. Everything that a test may want to change is a field. */
export interface World {
  readonly seed: number;
  readonly region: string;
  readonly onsetMs: number;
  readonly endMs: number;
  readonly gateways: number;
  readonly interfaces: readonly MadeInterface[];
  readonly flows: readonly MadeFlow[];
  readonly events: readonly MadeEvent[];
  readonly endpoints: readonly {
    readonly service: string;
    readonly tables: readonly string[];
    readonly type?: string;
  }[];
  readonly images: readonly { readonly repository: string; readonly bytes: number }[];
  readonly alertUsageType: string;
  readonly remotes?: string;
  /** Extra connection attempts an hour after the onset, of which one in twenty-five is established. */
  readonly failedAttempts?: number;
  readonly newConnections?: number;
  /** Gateway of a zone's subnets after the onset; before it, `a` goes through the first and `b` through the last. */
  readonly zoneGateway?: Readonly<Record<'a' | 'b', number>>;
  readonly natZone?: readonly ('a' | 'b')[];
  readonly createdAtMs?: Readonly<Record<number, number>>;
  readonly idle?: readonly number[];
  readonly growth?: number;
  readonly scale?: number;
  readonly chain?: boolean;
  readonly regionalUsd?: readonly [before: number, after: number];
}

export interface MadeEvent {
  readonly atMs: number;
  readonly source: string;
  readonly name: string;
  readonly principal: string;
  readonly type?: string;
  readonly request: unknown;
  readonly resources: readonly string[];
}

export const HOUR = 3_600_000;
const MINUTE = 60_000;
const ACCOUNT = '111122223333';

/** Addresses with their owner, as the tables of a bundle name them. */
export const REMOTES = {
  s3: { address: '52.216.10.', service: 'S3', region: 'us-east-1', prefix: '52.216.0.0/15' },
  s3Far: { address: '52.218.10.', service: 'S3', region: 'eu-west-1', prefix: '52.218.0.0/17' },
  dynamodb: { address: '52.94.0.', service: 'DYNAMODB', region: 'us-east-1', prefix: '52.94.0.0/22' },
  api: { address: '52.46.130.', service: 'AMAZON', region: 'us-east-1', prefix: '52.46.128.0/19' },
} as const;
const SYSTEMS = [
  ['198.18.1.0', '198.18.1.255', 64501, 'New Relic, Inc.'],
  ['198.18.2.0', '198.18.2.255', 64502, 'Fastly, Inc.'],
  ['198.18.3.0', '198.18.3.255', 64503, 'GitHub, Inc.'],
  ['198.18.4.0', '198.18.4.255', 64504, 'Backblaze Inc'],
  ['198.18.5.0', '198.18.5.255', 64505, 'Cheap Hosting Ltd'],
  ['198.18.6.0', '198.18.6.255', 64506, 'Partner Bank plc'],
  ['198.18.7.0', '198.18.7.255', 64507, 'Video Delivery Network'],
] as const;

export function random(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An id as AWS makes them, from the world's seed. */
export function idOf(world: Pick<World, 'seed'>, kind: string, name: string | number): string {
  const next = random(
    world.seed * 7919 + [...`${kind}${name}`].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7),
  );
  return `${kind}-0${Array.from({ length: 16 }, () => Math.floor(next() * 16).toString(16)).join('')}`;
}

const vpcOf = (world: Pick<World, 'seed'>) => idOf(world, 'vpc', 'main');
export const natOf = (world: Pick<World, 'seed'>, index: number) => idOf(world, 'nat', index);
export const tableOf = (world: Pick<World, 'seed'>, zone: string) => idOf(world, 'rtb', zone);

const level = (atMs: number) => 1 + 0.6 * Math.sin(((atMs / HOUR - 8) / 24) * 2 * Math.PI);

/** Everyday traffic of a gateway: bytes an hour, by a rhythm that never changes. */
function everyday(world: World, nat: number, atMs: number): number {
  if (world.idle?.includes(nat)) return 0;
  const noise = random(world.seed + nat * 17 + Math.floor(atMs / HOUR))();
  return 2e9 * level(atMs) * (0.9 + 0.2 * noise) * (world.scale ?? 1);
}

/** Which gateway a zone's everyday traffic takes at a moment. */
function gatewayOf(world: World, zone: 'a' | 'b', atMs: number): number {
  const after = world.zoneGateway?.[zone];
  if (after !== undefined && atMs >= world.onsetMs) return after;
  return zone === 'a' ? 0 : world.natZone ? world.natZone.indexOf('b') : Math.min(1, world.gateways - 1);
}

/** Writes a world as an evidence bundle. */
export function writeWorld(world: World, dir: string): void {
  const put = (path: string, value: unknown) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value));
  };
  const flows = [...everydayFlows(world), ...world.flows];
  put('account.json', { accountId: ACCOUNT, region: world.region, now: new Date(world.endMs).toISOString() });
  put('alert.json', {
    anomalyId: `anomaly-${world.seed}`,
    accountId: ACCOUNT,
    anomalyStartDate: new Date(world.onsetMs).toISOString(),
    impact: { totalImpact: 12.5 },
    rootCauses: [{ service: 'EC2 - Other', region: world.region, usageType: world.alertUsageType }],
  });
  put(
    'owners.yaml',
    `owners:\n  - { team: orders, prefixes: [10.7.33.0/24, 10.7.65.0/24] }\n  - { team: search, prefixes: [10.7.35.0/24, 10.7.67.0/24] }\nremotes: ${world.remotes ?? '[]'}\n`,
  );
  put(
    'asn.csv',
    `start,end,asn,organisation\n${SYSTEMS.map(([from, to, asn, name]) => `${from},${to},${asn},"${name}"`).join('\n')}\n`,
  );
  put('ip-ranges.json', {
    createDate: new Date(world.endMs - 48 * HOUR).toISOString().slice(0, 19).replace(/[T:]/g, '-'),
    prefixes: Object.values(REMOTES).map((one) => ({
      ip_prefix: one.prefix,
      region: one.region,
      service: one.service,
    })),
  });
  put('cloudwatch/metrics.json', metricsOf(world, flows));
  put('cloudtrail/events.json', { Events: [...world.events].sort((a, b) => b.atMs - a.atMs).map(eventOf) });
  for (const [name, value] of Object.entries(inventoryOf(world))) put(`ec2/${name}.json`, value);
  put('ecr/images.json', {
    imageDetails: world.images.map((image) => ({
      repositoryName: image.repository,
      imageTags: ['latest'],
      imageSizeInBytes: image.bytes,
    })),
  });
  put('cost-explorer/usage.json', usageOf(world));
  for (const [name, text] of objectsOf(world, flows))
    put(`flow-logs/AWSLogs/${ACCOUNT}/vpcflowlogs/${world.region}/${name}`, gzipSync(text));
}

/** A day before the onset and everything after it, in ten-minute windows: each client has some everyday remotes. */
function everydayFlows(world: World): MadeFlow[] {
  const next = random(world.seed + 5);
  const flows: MadeFlow[] = [];
  const remotes = ['198.18.1.', '198.18.2.', '198.18.3.', '198.18.7.', REMOTES.api.address];
  const clients = world.interfaces.filter(
    (one) => /^10\.7\.(33|35|65|67)\./.test(one.address) && !one.workload.startsWith('new-'),
  );
  for (let atMs = world.onsetMs - 26 * HOUR; atMs < world.endMs; atMs += 10 * MINUTE) {
    for (const zone of ['a', 'b'] as const) {
      const nat = gatewayOf(world, zone, atMs);
      const own = clients.filter((one) => one.zone === zone);
      const growth = atMs >= world.onsetMs ? (world.growth ?? 1) : 1;
      const total = (everyday(world, zone === 'a' ? 0 : 1, atMs) / 6) * growth;
      for (const client of own) {
        for (const remote of remotes) {
          const part = (total / own.length / remotes.length) * (0.7 + 0.6 * next());
          const isUp = remote === '198.18.1.';
          flows.push({
            atMs,
            nat,
            client: client.address,
            remote: `${remote}${1 + Math.floor(next() * 9)}`,
            port: 443,
            up: part * (isUp ? 0.95 : 0.05),
            down: part * (isUp ? 0.05 : 0.95),
          });
        }
      }
    }
  }
  return world.chain
    ? flows.flatMap((flow) => (flow.atMs >= world.onsetMs ? [flow, { ...flow, nat: 1, client: '10.7.0.10' }] : [flow]))
    : flows;
}

function metricsOf(world: World, flows: readonly MadeFlow[]): unknown[] {
  const fromMs = Math.floor((world.endMs - 28 * 24 * HOUR) / HOUR) * HOUR;
  const flowsFrom = Math.ceil((world.onsetMs - 26 * HOUR) / HOUR) * HOUR;
  const series: unknown[] = [];
  for (let nat = 0; nat < world.gateways; nat += 1) {
    const created = world.createdAtMs?.[nat] ?? 0;
    const own = flows.filter((flow) => flow.nat === nat);
    for (const period of [HOUR, 5 * MINUTE]) {
      const start = Math.max(
        period === HOUR ? fromMs : Math.floor((world.endMs - 72 * HOUR) / period) * period,
        Math.floor(created / period) * period,
      );
      const times: number[] = [];
      for (let atMs = start; atMs + period <= world.endMs; atMs += period) times.push(atMs);
      const sums = { up: new Map<number, number>(), down: new Map<number, number>() };
      for (const flow of own) {
        for (let i = 0; i < (period === HOUR ? 1 : 2); i += 1) {
          const key = Math.floor((flow.atMs + i * 5 * MINUTE) / period) * period;
          const part = period === HOUR ? 1 : 0.5;
          sums.up.set(key, (sums.up.get(key) ?? 0) + flow.up * part);
          sums.down.set(key, (sums.down.get(key) ?? 0) + flow.down * part);
        }
      }
      const before = (atMs: number, share: number) =>
        nat < 2 && !(world.gateways > 1 && world.chain && nat === 1)
          ? (everyday(world, nat, atMs) + (world.gateways === 1 ? everyday(world, 1, atMs) : 0)) *
            share *
            (period / HOUR)
          : 0;
      const bytes = (atMs: number, side: 'up' | 'down') =>
        Math.round(atMs < flowsFrom ? before(atMs, side === 'up' ? 0.23 : 0.77) : (sums[side].get(atMs) ?? 0));
      const after = (atMs: number) => (atMs >= world.onsetMs - period ? period / HOUR : 0);
      const idle = world.idle?.includes(nat) === true;
      const add = (metric: string, stat: string, value: (atMs: number) => number) =>
        series.push({
          Namespace: 'AWS/NATGateway',
          MetricName: metric,
          Dimensions: [{ Name: 'NatGatewayId', Value: natOf(world, nat) }],
          Period: period / 1000,
          Stat: stat,
          Timestamps: times.map((ms) => new Date(ms).toISOString()),
          Values: times.map(value),
        });
      add('BytesOutToDestination', 'Sum', (ms) => bytes(ms, 'up'));
      add('BytesOutToSource', 'Sum', (ms) => bytes(ms, 'down'));
      add('PacketsOutToSource', 'Sum', (ms) => Math.round(bytes(ms, 'down') / 1300));
      add('ConnectionAttemptCount', 'Sum', (ms) =>
        idle ? 0 : Math.round(120 * (period / HOUR) + (world.failedAttempts ?? 0) * after(ms)),
      );
      add('ConnectionEstablishedCount', 'Sum', (ms) =>
        idle ? 0 : Math.round(120 * (period / HOUR) + ((world.failedAttempts ?? 0) / 25) * after(ms)),
      );
      add('ActiveConnectionCount', 'Maximum', (ms) =>
        idle ? 0 : 10 + (after(ms) > 0 ? (world.newConnections ?? 0) : 0),
      );
    }
  }
  return series;
}

function eventOf(event: MadeEvent): unknown {
  return {
    EventId: `${event.atMs}-${event.name}`,
    EventName: event.name,
    EventTime: new Date(event.atMs).toISOString(),
    EventSource: event.source,
    Username: event.principal,
    Resources: event.resources.map((name) => ({ ResourceName: name })),
    CloudTrailEvent: JSON.stringify({
      userIdentity: { type: event.type ?? 'AssumedRole', arn: event.principal, accessKeyId: 'ASIAEXAMPLEEXAMPLE12' },
      userAgent: 'terraform',
      sourceIPAddress: '203.0.113.9',
      requestParameters: event.request,
    }),
  };
}

function inventoryOf(world: World): Record<string, unknown> {
  const vpc = vpcOf(world);
  const subnet = (zone: string) => idOf(world, 'subnet', zone);
  const zoneName = (zone: string) => `${world.region}${zone}`;
  const nat = (zone: 'a' | 'b') => gatewayOf(world, zone, world.endMs);
  const endpointId = (service: string) => idOf(world, 'vpce', service);
  const routes = (zone: 'a' | 'b') => [
    { DestinationCidrBlock: '10.7.0.0/16', GatewayId: 'local' },
    { DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: natOf(world, nat(zone)) },
    ...world.endpoints
      .filter((one) => one.tables.includes(zone))
      .map((one) => ({ DestinationPrefixListId: 'pl-63a5400a', GatewayId: endpointId(one.service) })),
  ];
  const publicRoute = world.chain
    ? { DestinationCidrBlock: '0.0.0.0/0', TransitGatewayId: 'tgw-0aa' }
    : { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-0aa' };
  return {
    vpcs: { Vpcs: [{ VpcId: vpc, CidrBlock: '10.7.0.0/16' }] },
    subnets: {
      Subnets: [
        ...(['a', 'b'] as const).map((zone) => ({
          SubnetId: subnet(zone),
          VpcId: vpc,
          CidrBlock: zone === 'a' ? '10.7.32.0/19' : '10.7.64.0/19',
          AvailabilityZone: zoneName(zone),
        })),
        ...(['a', 'b'] as const).map((zone) => ({
          SubnetId: subnet(`public-${zone}`),
          VpcId: vpc,
          CidrBlock: zone === 'a' ? '10.7.0.0/24' : '10.7.4.0/24',
          AvailabilityZone: zoneName(zone),
        })),
      ],
    },
    'route-tables': {
      RouteTables: [
        ...(['a', 'b'] as const).map((zone) => ({
          RouteTableId: tableOf(world, zone),
          VpcId: vpc,
          Associations: [{ Main: false, SubnetId: subnet(zone) }],
          Routes: routes(zone),
        })),
        {
          RouteTableId: tableOf(world, 'public'),
          VpcId: vpc,
          Associations: [{ Main: true }, { SubnetId: subnet('public-a') }, { SubnetId: subnet('public-b') }],
          Routes: [publicRoute],
        },
      ],
    },
    'nat-gateways': {
      NatGateways: Array.from({ length: world.gateways }, (_, index) => ({
        NatGatewayId: natOf(world, index),
        VpcId: vpc,
        SubnetId: subnet(`public-${world.natZone?.[index] ?? (index === 0 ? 'a' : 'b')}`),
        State: 'available',
        ConnectivityType: 'public',
        CreateTime: new Date(world.createdAtMs?.[index] ?? world.endMs - 300 * 24 * HOUR).toISOString(),
        NatGatewayAddresses: [
          {
            PrivateIp: natAddress(index),
            PublicIp: `203.0.113.${10 + index}`,
            NetworkInterfaceId: idOf(world, 'eni', `nat${index}`),
          },
        ],
      })),
    },
    'vpc-endpoints': {
      VpcEndpoints: world.endpoints.map((one) => ({
        VpcEndpointId: endpointId(one.service),
        VpcEndpointType: one.type ?? 'Gateway',
        VpcId: vpc,
        ServiceName: `com.amazonaws.${world.region}.${one.service}`,
        State: 'available',
        RouteTableIds: one.tables.map((zone) => tableOf(world, zone)),
      })),
    },
    'network-interfaces': {
      NetworkInterfaces: world.interfaces.map((one) =>
        interfaceOf(world, one, subnet(one.zone), vpc, zoneName(one.zone)),
      ),
    },
  };
}

const natAddress = (index: number) => `10.7.${index === 0 ? 0 : 4}.${10 + index}`;

export const instanceOf = (world: Pick<World, 'seed'>, address: string) => idOf(world, 'i', address);

function interfaceOf(world: World, one: MadeInterface, subnetId: string, vpcId: string, zone: string): unknown {
  const base = {
    NetworkInterfaceId: idOf(world, 'eni', one.address),
    InterfaceType: 'interface',
    Description: 'Primary network interface',
    PrivateIpAddress: one.address,
    SubnetId: subnetId,
    VpcId: vpcId,
    AvailabilityZone: zone,
    Groups: [{ GroupName: one.workload }],
    TagSet: [] as unknown[],
  };
  if (one.kind === 'lambda')
    return {
      ...base,
      InterfaceType: 'lambda',
      Description: `AWS Lambda VPC ENI-${one.workload}-12345678-1234-1234-1234-123456789abc`,
    };
  if (one.kind === 'agent')
    return { ...base, InterfaceType: 'agentic_ai', Description: `BedrockAgentCore ${one.workload}` };
  if (one.kind === 'ecs')
    return {
      ...base,
      Description: 'arn:aws:ecs:us-east-1:1:attachment/x',
      TagSet: [{ Key: 'aws:ecs:serviceName', Value: one.workload }],
    };
  if (one.kind === 'codebuild') return { ...base, Description: 'CodeBuild network interface' };
  const attachment = { InstanceId: instanceOf(world, one.address) };
  if (one.kind === 'eks')
    return {
      ...base,
      Attachment: attachment,
      Description: `aws-K8S-${attachment.InstanceId}`,
      TagSet: [{ Key: 'cluster.k8s.amazonaws.com/name', Value: one.workload }],
    };
  return { ...base, Attachment: attachment, TagSet: [{ Key: 'Name', Value: `${one.workload}-1` }] };
}

function usageOf(world: World): unknown {
  const days: unknown[] = [];
  for (
    let day = Math.floor((world.endMs - 27 * 24 * HOUR) / (24 * HOUR)) * 24 * HOUR;
    day < world.endMs;
    day += 24 * HOUR
  ) {
    const isAfter = day + 24 * HOUR > world.onsetMs;
    const group = (key: string, usd: number) => ({
      Keys: [key],
      Metrics: { UnblendedCost: { Amount: usd.toFixed(4) }, UsageQuantity: { Amount: '1' } },
    });
    const hours = Array.from(
      { length: world.gateways },
      (_, index) => (world.createdAtMs?.[index] ?? 0) < day + 24 * HOUR,
    ).filter(Boolean).length;
    days.push({
      TimePeriod: { Start: new Date(day).toISOString().slice(0, 10) },
      Groups: [
        group('NatGateway-Bytes', isAfter ? 9 : 4),
        group('NatGateway-Hours', 1.08 * hours),
        group('DataTransfer-Regional-Bytes', world.regionalUsd?.[isAfter ? 1 : 0] ?? 0.4),
      ],
    });
  }
  return { ResultsByTime: days };
}

const FIELDS =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr';

/** Flow-log objects of four hours each, every flow with its four legs. */
function objectsOf(world: World, flows: readonly MadeFlow[]): Map<string, string> {
  const lines = new Map<string, string[]>();
  let port = 1024;
  for (const flow of flows) {
    const slot = new Date(Math.floor(flow.atMs / (4 * HOUR)) * 4 * HOUR + 4 * HOUR).toISOString();
    const name = `${slot.slice(0, 4)}/${slot.slice(5, 7)}/${slot.slice(8, 10)}/${ACCOUNT}_vpcflowlogs_${world.region}_fl-0123456789abcdef0_${slot.slice(0, 16).replace(/[-:]/g, '')}Z_0000aaaa.log.gz`;
    const list = lines.get(name) ?? [];
    lines.set(name, list);
    port = 1024 + ((port + 7) % 60000);
    const own = natAddress(flow.nat);
    const start = Math.floor(flow.atMs / 1000) + 3;
    const row = (source: string, target: string, sp: number, dp: number, bytes: number, ps: string, pd: string) =>
      list.push(
        `5 ${ACCOUNT} ${idOf(world, 'eni', `nat${flow.nat}`)} ${source} ${target} ${sp} ${dp} 6 ${Math.max(1, Math.round(bytes / (flow.packetBytes ?? 1200)))} ${Math.max(40, Math.round(bytes))} ${start} ${start + 560} ACCEPT OK ${ps} ${pd}`,
      );
    row(flow.client, own, port, flow.port, flow.up, flow.client, flow.remote);
    row(own, flow.remote, port, flow.port, flow.up, own, flow.remote);
    row(flow.remote, own, flow.port, port, flow.down, flow.remote, own);
    row(own, flow.client, flow.port, port, flow.down, flow.remote, flow.client);
  }
  return new Map([...lines].map(([name, list]) => [name, `${FIELDS}\n${list.join('\n')}\n`]));
}
