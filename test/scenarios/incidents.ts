import {
  HOUR,
  idOf,
  instanceOf,
  type MadeEvent,
  type MadeFlow,
  type MadeInterface,
  natOf,
  REMOTES,
  random,
  tableOf,
  type World,
} from './incident-world.js';

const MINUTE = 60_000;

/** What a test expects of an incident. */
export interface Expected {
  readonly cause: string;
  readonly also?: readonly string[];
  readonly fix: string;
  readonly trigger?: string;
  readonly isSecurity?: boolean;
  /** Whether the cause is one of bytes, so that its share is nearly all. */
  readonly hasShare: boolean;
}

/** What a test may turn: the ids and addresses' last parts, the moment, the size. */
export interface Turns {
  readonly seed?: number;
  readonly shiftMs?: number;
  readonly scale?: number;
}

const ONSET = Date.UTC(2026, 10, 18, 10, 20);
const USERS: readonly MadeInterface[] = [
  { address: '10.7.33.11', workload: 'orders-api', kind: 'ecs', zone: 'a' },
  { address: '10.7.35.12', workload: 'search-web', kind: 'instance', zone: 'a' },
  { address: '10.7.65.13', workload: 'orders-worker', kind: 'ecs', zone: 'b' },
  { address: '10.7.67.14', workload: 'search-index', kind: 'eks', zone: 'b' },
];

function base(turns: Turns): World {
  const seed = turns.seed ?? 1;
  const onsetMs = ONSET + (turns.shiftMs ?? 0);
  return {
    seed,
    region: 'us-east-1',
    onsetMs,
    endMs: onsetMs + 30 * HOUR,
    gateways: 2,
    interfaces: USERS,
    flows: [],
    events: [deploy(onsetMs - 40 * MINUTE, 'search', 'search-unrelated')],
    endpoints: [],
    images: [
      { repository: 'orders/batch', bytes: Math.round(412e6 * (turns.scale ?? 1)) },
      { repository: 'search/tools', bytes: 97e6 },
    ],
    alertUsageType: 'NatGateway-Bytes',
    scale: turns.scale ?? 1,
  };
}

export function deploy(atMs: number, team: string, service: string): MadeEvent {
  return {
    atMs,
    source: 'ecs.amazonaws.com',
    name: 'UpdateService',
    principal: `arn:aws:sts::111122223333:assumed-role/${team}-deploy/ci`,
    request: { cluster: 'main', service, taskDefinition: `${service}:12` },
    resources: [service],
  };
}

function path(atMs: number, name: string, request: unknown, resources: readonly string[]): MadeEvent {
  return {
    atMs,
    source: 'ec2.amazonaws.com',
    name,
    principal: 'arn:aws:sts::111122223333:assumed-role/terraform/run',
    request,
    resources,
  };
}

interface Load {
  readonly clients: readonly string[];
  readonly remote: string;
  /** Bytes of each flow, down and up; one flow per client and ten minutes with this chance. */
  readonly down: (next: () => number) => number;
  readonly up: (next: () => number) => number;
  readonly chance?: number;
  readonly port?: number;
  readonly nat?: number;
  readonly packetBytes?: number;
  readonly when?: (atMs: number) => boolean;
}

function load(world: World, one: Load): MadeFlow[] {
  const next = random(world.seed + 31);
  const flows: MadeFlow[] = [];
  for (let atMs = Math.ceil(world.onsetMs / (10 * MINUTE)) * 10 * MINUTE; atMs < world.endMs; atMs += 10 * MINUTE) {
    for (const client of one.clients) {
      const hit = next() < (one.chance ?? 0.7);
      const down = one.down(next) * (world.scale ?? 1);
      const up = one.up(next) * (world.scale ?? 1);
      const remote = `${one.remote}${1 + Math.floor(next() * 9)}`;
      if (!hit || one.when?.(atMs) === false) continue;
      flows.push({
        atMs,
        nat: one.nat ?? 0,
        client,
        remote,
        port: one.port ?? 443,
        up,
        down,
        ...(one.packetBytes ? { packetBytes: one.packetBytes } : {}),
      });
    }
  }
  return flows;
}

const spread = (bytes: number) => (next: () => number) => bytes * (0.3 + 1.4 * next());
const exactly = (bytes: number) => () => bytes;

const newHosts = (workload: string, kind: MadeInterface['kind'], count = 3): MadeInterface[] =>
  Array.from({ length: count }, (_, index) => ({
    address: `10.7.33.${100 + index * 3}`,
    workload,
    kind,
    zone: 'a' as const,
  }));
const addresses = (hosts: readonly MadeInterface[]) => hosts.map((host) => host.address);

/** Incidents, each made from nothing but its mechanism. */
export const INCIDENTS: Readonly<
  Record<string, (turns: Turns) => { readonly world: World; readonly expected: Expected }>
> = {
  'a service reads a bucket of its Region': (turns) => {
    const world = base(turns);
    const hosts = newHosts('new-reader', 'ecs');
    return {
      world: {
        ...world,
        interfaces: [...USERS, ...hosts],
        flows: load(world, {
          clients: addresses(hosts),
          remote: REMOTES.s3.address,
          down: spread(9e8),
          up: spread(2e7),
        }),
        events: [...world.events, deploy(world.onsetMs - 8 * MINUTE, 'orders', 'new-reader')],
      },
      expected: { cause: 's3-same-region', fix: 's3-gateway-endpoint', trigger: 'UpdateService', hasShare: true },
    };
  },
  'tasks crash and pull their image again': (turns) => {
    const world = base(turns);
    const hosts = newHosts('new-batch', 'ecs', 5);
    return {
      world: {
        ...world,
        interfaces: [...USERS, ...hosts],
        flows: load(world, {
          clients: addresses(hosts),
          remote: REMOTES.s3.address,
          down: exactly(412e6 * 1.013),
          up: exactly(6e6),
          chance: 0.35,
        }),
      },
      expected: { cause: 'image-pull-loop', fix: 's3-gateway-endpoint', hasShare: true },
    };
  },
  'a service reads a bucket of another Region': (turns) => {
    const world = base(turns);
    const hosts = newHosts('new-sync', 'ecs');
    return {
      world: {
        ...world,
        endpoints: [{ service: 's3', tables: ['a', 'b'] }],
        interfaces: [...USERS, ...hosts],
        flows: load(world, {
          clients: addresses(hosts),
          remote: REMOTES.s3Far.address,
          down: spread(9e8),
          up: spread(2e7),
        }),
        events: [...world.events, deploy(world.onsetMs - 8 * MINUTE, 'orders', 'new-sync')],
      },
      expected: { cause: 's3-cross-region', fix: 'move-bucket-or-reader', trigger: 'UpdateService', hasShare: true },
    };
  },
  'functions talk to a table': (turns) => {
    const world = base(turns);
    const hosts = newHosts('new-sessions', 'lambda');
    return {
      world: {
        ...world,
        interfaces: [...USERS, ...hosts],
        flows: load(world, {
          clients: addresses(hosts),
          remote: REMOTES.dynamodb.address,
          down: spread(5e8),
          up: spread(4e8),
          packetBytes: 400,
        }),
        events: [
          ...world.events,
          {
            atMs: world.onsetMs - 6 * MINUTE,
            source: 'lambda.amazonaws.com',
            name: 'UpdateFunctionConfiguration20150331v2',
            principal: 'arn:aws:sts::111122223333:assumed-role/orders-deploy/ci',
            request: { functionName: 'new-sessions' },
            resources: ['new-sessions'],
          },
        ],
      },
      expected: {
        cause: 'dynamodb',
        fix: 'dynamodb-gateway-endpoint',
        trigger: 'UpdateFunctionConfiguration20150331v2',
        hasShare: true,
      },
    };
  },
  'nodes write to an AWS API': (turns) => {
    const world = base(turns);
    const hosts = newHosts('new-cluster', 'eks');
    return {
      world: {
        ...world,
        interfaces: [...USERS, ...hosts],
        flows: load(world, {
          clients: addresses(hosts),
          remote: REMOTES.api.address,
          down: spread(3e7),
          up: spread(8e8),
        }),
        events: [
          ...world.events,
          {
            atMs: world.onsetMs - 6 * MINUTE,
            source: 'eks.amazonaws.com',
            name: 'UpdateAddon',
            principal: 'arn:aws:sts::111122223333:assumed-role/terraform/run',
            request: { name: 'new-cluster', addonName: 'amazon-cloudwatch-observability' },
            resources: ['new-cluster'],
          },
        ],
      },
      expected: { cause: 'aws-api', fix: 'interface-endpoint', trigger: 'UpdateAddon', hasShare: true },
    };
  },
  'a route to the S3 endpoint is taken away': (turns) => {
    const world = base(turns);
    const vpce = idOf(world, 'vpce', 's3');
    const table = tableOf(world, 'a');
    return {
      world: {
        ...world,
        endpoints: [{ service: 's3', tables: ['b'] }],
        flows: load(world, {
          clients: ['10.7.33.11', '10.7.35.12'],
          remote: REMOTES.s3.address,
          down: spread(9e8),
          up: spread(2e7),
        }),
        events: [
          ...world.events,
          path(
            world.onsetMs - 3 * MINUTE,
            'ModifyVpcEndpoint',
            { ModifyVpcEndpointRequest: { VpcEndpointId: vpce, RemoveRouteTableId: [{ content: table }] } },
            [vpce],
          ),
        ],
      },
      expected: { cause: 'endpoint-removed', fix: 'restore-endpoint', trigger: 'ModifyVpcEndpoint', hasShare: true },
    };
  },
  'a subnet never got the route of the S3 endpoint': (turns) => {
    const world = base(turns);
    const hosts = newHosts('new-scaled', 'instance');
    return {
      world: {
        ...world,
        endpoints: [{ service: 's3', tables: ['b'] }],
        interfaces: [...USERS, ...hosts],
        flows: load(world, {
          clients: addresses(hosts),
          remote: REMOTES.s3.address,
          down: spread(9e8),
          up: spread(2e7),
        }),
        events: [
          ...world.events,
          {
            atMs: world.onsetMs - 9 * MINUTE,
            source: 'autoscaling.amazonaws.com',
            name: 'SetDesiredCapacity',
            principal: 'arn:aws:sts::111122223333:assumed-role/ops/someone',
            request: { autoScalingGroupName: 'new-scaled' },
            resources: [],
          },
        ],
      },
      expected: {
        cause: 'endpoint-not-associated',
        fix: 'associate-route-table',
        trigger: 'SetDesiredCapacity',
        hasShare: true,
      },
    };
  },
  'a log level goes up': (turns) => {
    const world = base(turns);
    return {
      world: {
        ...world,
        flows: load(world, {
          clients: ['10.7.33.11', '10.7.65.13'],
          remote: '198.18.1.',
          down: spread(2e7),
          up: spread(7e8),
          nat: 0,
        }),
        events: [...world.events, deploy(world.onsetMs - 11 * MINUTE, 'orders', 'orders-api')],
      },
      expected: { cause: 'log-shipping', fix: 'reduce-log-volume', trigger: 'UpdateService', hasShare: true },
    };
  },
  'builds fetch their packages anew': (turns) => {
    const world = base(turns);
    const hosts = newHosts('new-ci', 'codebuild', 4);
    const at = (remote: string, seed: number) =>
      load(
        { ...world, seed: world.seed + seed },
        { clients: addresses(hosts), remote, down: spread(6e8), up: spread(1e7), chance: 0.5 },
      );
    return {
      world: {
        ...world,
        interfaces: [...USERS, ...hosts],
        flows: [...at('198.18.2.', 1), ...at('198.18.3.', 2)],
        events: [
          ...world.events,
          {
            atMs: world.onsetMs - 15 * MINUTE,
            source: 'codebuild.amazonaws.com',
            name: 'UpdateProject',
            principal: 'arn:aws:sts::111122223333:assumed-role/ops/someone',
            request: { name: 'new-ci' },
            resources: ['new-ci'],
          },
        ],
      },
      expected: { cause: 'package-mirror', fix: 'pull-through-cache', trigger: 'UpdateProject', hasShare: true },
    };
  },
  'a nightly copy to storage': (turns) => {
    const world = base(turns);
    const hosts = newHosts('new-vault', 'instance', 1);
    const firstHour = Math.floor(world.onsetMs / HOUR) % 24;
    const isNight = (atMs: number) =>
      (Math.floor(atMs / HOUR) % 24) - firstHour >= 0 && (Math.floor(atMs / HOUR) % 24) - firstHour < 3;
    return {
      world: {
        ...world,
        endMs: world.onsetMs + 56 * HOUR,
        interfaces: [...USERS, ...hosts],
        flows: load(
          { ...world, endMs: world.onsetMs + 56 * HOUR },
          {
            clients: addresses(hosts),
            remote: '198.18.4.',
            down: spread(4e7),
            up: spread(9e9),
            chance: 1,
            when: isNight,
          },
        ),
        events: [
          ...world.events,
          {
            atMs: world.onsetMs - 2 * MINUTE,
            source: 'datasync.amazonaws.com',
            name: 'StartTaskExecution',
            principal: 'arn:aws:sts::111122223333:assumed-role/scheduler/nightly',
            request: { taskArn: 'arn:aws:datasync:us-east-1:1:task/task-1' },
            resources: [],
          },
        ],
      },
      expected: { cause: 'backup-job', fix: 'mark-planned', trigger: 'StartTaskExecution', hasShare: true },
    };
  },
  'a host uploads to where nobody named': (turns) => {
    const world = base(turns);
    const client = '10.7.35.12';
    const user = 'arn:aws:iam::111122223333:user/legacy';
    return {
      world: {
        ...world,
        flows: load(world, {
          clients: [client],
          remote: '198.18.5.',
          down: spread(2e7),
          up: spread(3e9),
          chance: 1,
          port: 22,
        }),
        events: [
          ...world.events,
          {
            atMs: world.onsetMs - 50 * MINUTE,
            source: 'iam.amazonaws.com',
            name: 'CreateAccessKey',
            principal: user,
            type: 'IAMUser',
            request: { userName: 'legacy' },
            resources: ['legacy'],
          },
          {
            atMs: world.onsetMs - 45 * MINUTE,
            source: 'ssm.amazonaws.com',
            name: 'StartSession',
            principal: user,
            type: 'IAMUser',
            request: { target: instanceOf(world, client) },
            resources: [],
          },
        ],
      },
      expected: {
        cause: 'exfiltration',
        fix: 'isolate-host',
        trigger: 'CreateAccessKey',
        isSecurity: true,
        hasShare: true,
      },
    };
  },
  'a fleet mines': (turns) => {
    const world = base(turns);
    const hosts = newHosts('srv', 'instance', 8).map((host, index) => ({ ...host, address: `10.7.61.${20 + index}` }));
    return {
      world: {
        ...world,
        newConnections: 60,
        interfaces: [...USERS, ...hosts],
        flows: load(world, {
          clients: addresses(hosts),
          remote: '198.18.5.',
          down: spread(4e4),
          up: spread(3e4),
          port: 3333,
          packetBytes: 90,
          chance: 1,
        }),
        events: [
          ...world.events,
          {
            atMs: world.onsetMs - 12 * MINUTE,
            source: 'ec2.amazonaws.com',
            name: 'RunInstances',
            principal: 'arn:aws:iam::111122223333:user/ci',
            type: 'IAMUser',
            request: { instanceType: 'g6.12xlarge' },
            resources: hosts.map((host) => instanceOf(world, host.address)),
          },
        ],
      },
      expected: { cause: 'mining', fix: 'isolate-host', trigger: 'RunInstances', isSecurity: true, hasShare: false },
    };
  },
  'a client retries without a pause': (turns) => {
    const world = base(turns);
    return {
      world: {
        ...world,
        failedAttempts: 90_000,
        flows: load(world, {
          clients: ['10.7.65.13'],
          remote: '198.18.6.',
          down: spread(8e6),
          up: spread(1e7),
          nat: 1,
          packetBytes: 60,
          chance: 1,
        }),
        events: [...world.events, deploy(world.onsetMs - 8 * MINUTE, 'orders', 'orders-worker')],
      },
      expected: { cause: 'retry-storm', fix: 'backoff', trigger: 'UpdateService', hasShare: false },
    };
  },
  'a zone loses its gateway': (turns) => {
    const world = base(turns);
    return {
      world: {
        ...world,
        alertUsageType: 'DataTransfer-Regional-Bytes',
        regionalUsd: [0.4, 1.6],
        zoneGateway: { a: 0, b: 0 },
        events: [
          ...world.events,
          path(
            world.onsetMs - 2 * MINUTE,
            'ReplaceRoute',
            { routeTableId: tableOf(world, 'b'), natGatewayId: natOf(world, 0) },
            [tableOf(world, 'b')],
          ),
        ],
      },
      expected: { cause: 'cross-az-nat', fix: 'nat-per-az', trigger: 'ReplaceRoute', hasShare: false },
    };
  },
  'traffic moves to a new gateway of the same zone': (turns) => {
    const world = base(turns);
    return {
      world: {
        ...world,
        gateways: 3,
        natZone: ['a', 'b', 'b'],
        createdAtMs: { 2: world.onsetMs - 70 * MINUTE },
        zoneGateway: { a: 0, b: 2 },
        events: [
          ...world.events,
          path(
            world.onsetMs - 2 * MINUTE,
            'ReplaceRoute',
            { routeTableId: tableOf(world, 'b'), natGatewayId: natOf(world, 2) },
            [tableOf(world, 'b')],
          ),
        ],
      },
      expected: { cause: 'traffic-moved', fix: 'delete-idle-nat', trigger: 'ReplaceRoute', hasShare: false },
    };
  },
  'spare gateways are made': (turns) => {
    const world = base(turns);
    const made = [2, 3].map((index) =>
      path(world.onsetMs, 'CreateNatGateway', { CreateNatGatewayRequest: { SubnetId: 'subnet-1' } }, [
        natOf(world, index),
      ]),
    );
    return {
      world: {
        ...world,
        alertUsageType: 'NatGateway-Hours',
        gateways: 4,
        idle: [2, 3],
        natZone: ['a', 'b', 'a', 'b'],
        zoneGateway: { a: 0, b: 1 },
        createdAtMs: { 2: world.onsetMs, 3: world.onsetMs },
        events: [...world.events, ...made],
      },
      expected: { cause: 'idle-nat', fix: 'delete-idle-nat', trigger: 'CreateNatGateway', hasShare: false },
    };
  },
  'everybody grows together': (turns) => {
    const world = base(turns);
    return {
      world: { ...world, growth: 2 },
      expected: { cause: 'benign-growth', fix: 'mark-planned', hasShare: true },
    };
  },
  'the bill of something else': (turns) => ({
    world: { ...base(turns), alertUsageType: 'EBS:VolumeUsage.gp3' },
    expected: { cause: 'not-nat', fix: 'none', hasShare: false },
  }),
};
