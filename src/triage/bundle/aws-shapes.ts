import { type Loose, listOf, objectOf, textOf, timeOf } from '../alerts/fields.js';
import type {
  ContainerImage,
  Inventory,
  MetricSeries,
  NatGateway,
  NetworkInterface,
  Route,
  RouteTable,
  Subnet,
  Trail,
  TrailEvent,
  UsageLine,
  VpcEndpoint,
} from '../sources.js';

/** Entries of a list under one of the names; a bare array is taken as the list itself. */
function entries(document: unknown, name: string): readonly Loose[] {
  const list = Array.isArray(document) ? document : listOf(objectOf(document)[name]);
  return list.map(objectOf);
}

function texts(value: unknown): string[] {
  return listOf(value).filter((one): one is string => typeof one === 'string');
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Tags of either casing (`Tags`, `TagSet`) as a map. */
function tagsOf(source: Loose): Map<string, string> {
  const pairs = [...listOf(source.Tags), ...listOf(source.TagSet)].map(objectOf);
  return new Map(
    pairs.flatMap((pair) => {
      const key = textOf(pair, 'Key');
      return key === undefined ? [] : [[key, textOf(pair, 'Value') ?? ''] as const];
    }),
  );
}

/** `cloudwatch/metrics.json`, or GetMetricData's results with their dimensions. Series without points are dropped. */
export function readMetrics(document: unknown): MetricSeries[] {
  return entries(document, 'MetricDataResults').flatMap((one) => {
    const metric = textOf(one, 'MetricName');
    const period = numberOf(one.Period);
    if (metric === undefined || period === undefined || period <= 0) return [];
    const dimensions: Record<string, string> = Object.create(null);
    for (const pair of listOf(one.Dimensions).map(objectOf)) {
      const name = textOf(pair, 'Name');
      if (name !== undefined) dimensions[name] = textOf(pair, 'Value') ?? '';
    }
    const values = listOf(one.Values);
    const points = listOf(one.Timestamps)
      .map((time, index) => ({ atMs: timeOf(time), value: numberOf(values[index]) }))
      .filter(
        (point): point is { atMs: number; value: number } => point.atMs !== undefined && point.value !== undefined,
      )
      .sort((a, b) => a.atMs - b.atMs);
    return [
      {
        namespace: textOf(one, 'Namespace') ?? '',
        metric,
        dimensions,
        periodMs: period * 1000,
        stat: textOf(one, 'Stat') ?? '',
        timesMs: points.map((point) => point.atMs),
        values: points.map((point) => point.value),
      },
    ];
  });
}

/** LookupEvents: newest first, each with its record as JSON text. Events that cannot be read are dropped. */
export function readTrail(document: unknown): Trail {
  const events = entries(document, 'Events')
    .flatMap((one) => readTrailEvent(one) ?? [])
    .sort((a, b) => a.atMs - b.atMs);
  return {
    events,
    fromMs: events[0]?.atMs ?? 0,
    toMs: events.at(-1)?.atMs ?? 0,
    truncated: textOf(objectOf(document), 'NextToken') !== undefined,
  };
}

function readTrailEvent(one: Loose): TrailEvent | null {
  const atMs = timeOf(one.EventTime);
  const name = textOf(one, 'EventName');
  if (atMs === undefined || name === undefined) return null;
  let record: Loose = {};
  try {
    record =
      typeof one.CloudTrailEvent === 'string'
        ? objectOf(JSON.parse(one.CloudTrailEvent))
        : objectOf(one.CloudTrailEvent);
  } catch {
    // The outer fields still tell who did what and when.
  }
  const identity = objectOf(record.userIdentity);
  const resources = listOf(one.Resources)
    .map(objectOf)
    .map((resource) => textOf(resource, 'ResourceName'));
  return {
    atMs,
    name,
    source: textOf(one, 'EventSource') ?? '',
    principal: textOf(identity, 'arn') ?? textOf(identity, 'invokedBy') ?? textOf(one, 'Username') ?? 'unknown',
    userAgent: textOf(record, 'userAgent') ?? '',
    sourceAddress: textOf(record, 'sourceIPAddress'),
    errorCode: textOf(record, 'errorCode'),
    identityType: textOf(identity, 'type') ?? '',
    names: [
      ...new Set([
        ...resources.filter((text): text is string => text !== undefined),
        ...textsWithin(record.requestParameters, 0),
      ]),
    ],
    request: record.requestParameters,
  };
}

const MAX_NAMES = 200;

function textsWithin(value: unknown, depth: number): string[] {
  if (depth > 8) return [];
  if (typeof value === 'string') return value.length > 0 && value.length <= 500 ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value)
    .flatMap((inner) => textsWithin(inner, depth + 1))
    .slice(0, MAX_NAMES);
}

/** The six Describe… responses; one that is undefined is missing, not empty. */
export function readInventory(documents: Readonly<Record<string, unknown>>): Inventory {
  const of = (file: string, list: string) => (documents[file] === undefined ? [] : entries(documents[file], list));
  return {
    vpcs: of('vpcs', 'Vpcs').flatMap((one) => {
      const id = textOf(one, 'VpcId');
      const cidrs = listOf(one.CidrBlockAssociationSet)
        .map(objectOf)
        .map((set) => textOf(set, 'CidrBlock'));
      const all = [textOf(one, 'CidrBlock'), ...cidrs].filter((text): text is string => text !== undefined);
      return id === undefined ? [] : [{ id, cidrs: [...new Set(all)], name: tagsOf(one).get('Name') }];
    }),
    subnets: of('subnets', 'Subnets').flatMap(readSubnet),
    routeTables: of('route-tables', 'RouteTables').flatMap(readRouteTable),
    natGateways: of('nat-gateways', 'NatGateways').flatMap(readNatGateway),
    endpoints: of('vpc-endpoints', 'VpcEndpoints').flatMap(readEndpoint),
    interfaces: of('network-interfaces', 'NetworkInterfaces').flatMap(readInterface),
    missing: INVENTORY_FILES.filter((file) => documents[file] === undefined),
  };
}

export const INVENTORY_FILES = [
  'vpcs',
  'subnets',
  'route-tables',
  'nat-gateways',
  'vpc-endpoints',
  'network-interfaces',
] as const;

function readSubnet(one: Loose): Subnet[] {
  const id = textOf(one, 'SubnetId');
  if (id === undefined) return [];
  const six = listOf(one.Ipv6CidrBlockAssociationSet)
    .map(objectOf)
    .map((set) => textOf(set, 'Ipv6CidrBlock'));
  return [
    {
      id,
      vpcId: textOf(one, 'VpcId') ?? '',
      az: textOf(one, 'AvailabilityZone') ?? textOf(one, 'AvailabilityZoneId'),
      cidrs: [textOf(one, 'CidrBlock'), ...six].filter((text): text is string => text !== undefined),
    },
  ];
}

const TARGETS = [
  'NatGatewayId',
  'TransitGatewayId',
  'VpcPeeringConnectionId',
  'NetworkInterfaceId',
  'EgressOnlyInternetGatewayId',
  'LocalGatewayId',
  'CarrierGatewayId',
  'CoreNetworkArn',
  'VpcEndpointId',
  'GatewayId',
  'InstanceId',
] as const;

function readRouteTable(one: Loose): RouteTable[] {
  const id = textOf(one, 'RouteTableId');
  if (id === undefined) return [];
  const associations = listOf(one.Associations).map(objectOf);
  const routes: Route[] = listOf(one.Routes)
    .map(objectOf)
    .flatMap((route) => {
      const destination = textOf(route, 'DestinationCidrBlock', 'DestinationPrefixListId', 'DestinationIpv6CidrBlock');
      if (destination === undefined) return [];
      const target = TARGETS.map((name) => textOf(route, name)).find((text) => text !== undefined) ?? '';
      return [{ destination, target, isBlackhole: textOf(route, 'State') === 'blackhole' }];
    });
  return [
    {
      id,
      vpcId: textOf(one, 'VpcId') ?? '',
      isMain: associations.some((association) => association.Main === true),
      subnetIds: associations.flatMap((association) => textOf(association, 'SubnetId') ?? []),
      routes,
    },
  ];
}

function readNatGateway(one: Loose): NatGateway[] {
  const id = textOf(one, 'NatGatewayId');
  if (id === undefined) return [];
  const addresses = listOf(one.NatGatewayAddresses).map(objectOf);
  return [
    {
      id,
      vpcId: textOf(one, 'VpcId'),
      subnetId: textOf(one, 'SubnetId'),
      state: textOf(one, 'State') ?? 'unknown',
      isPrivate: textOf(one, 'ConnectivityType') === 'private',
      isRegional: textOf(one, 'AvailabilityMode') === 'regional',
      createdAtMs: timeOf(one.CreateTime),
      deletedAtMs: timeOf(one.DeleteTime),
      addresses: addresses.flatMap((address) =>
        [textOf(address, 'PrivateIp') ?? [], textOf(address, 'PublicIp') ?? []].flat(),
      ),
      interfaceIds: addresses.flatMap((address) => textOf(address, 'NetworkInterfaceId') ?? []),
      name: tagsOf(one).get('Name'),
    },
  ];
}

function readEndpoint(one: Loose): VpcEndpoint[] {
  const id = textOf(one, 'VpcEndpointId');
  if (id === undefined) return [];
  const type = textOf(one, 'VpcEndpointType') ?? 'Gateway';
  return [
    {
      id,
      vpcId: textOf(one, 'VpcId') ?? '',
      type: type === 'Gateway' || type === 'Interface' ? type : 'other',
      serviceName: textOf(one, 'ServiceName') ?? '',
      state: (textOf(one, 'State') ?? 'available').toLowerCase(),
      routeTableIds: texts(one.RouteTableIds),
      subnetIds: texts(one.SubnetIds),
      privateDns: one.PrivateDnsEnabled === true,
      name: tagsOf(one).get('Name'),
    },
  ];
}

function readInterface(one: Loose): NetworkInterface[] {
  const id = textOf(one, 'NetworkInterfaceId');
  if (id === undefined) return [];
  const more = listOf(one.PrivateIpAddresses)
    .map(objectOf)
    .map((address) => textOf(address, 'PrivateIpAddress'));
  const six = listOf(one.Ipv6Addresses)
    .map(objectOf)
    .map((address) => textOf(address, 'Ipv6Address'));
  const all = [textOf(one, 'PrivateIpAddress'), ...more, ...six].filter((text): text is string => text !== undefined);
  return [
    {
      id,
      type: textOf(one, 'InterfaceType') ?? 'interface',
      description: textOf(one, 'Description') ?? '',
      addresses: [...new Set(all)],
      subnetId: textOf(one, 'SubnetId'),
      vpcId: textOf(one, 'VpcId'),
      az: textOf(one, 'AvailabilityZone'),
      instanceId: textOf(objectOf(one.Attachment), 'InstanceId'),
      groupNames: listOf(one.Groups)
        .map(objectOf)
        .flatMap((group) => textOf(group, 'GroupName') ?? []),
      tags: tagsOf(one),
    },
  ];
}

/** DescribeImages. */
export function readImages(document: unknown): ContainerImage[] {
  return entries(document, 'imageDetails').flatMap((one) => {
    const repository = textOf(one, 'repositoryName');
    const bytes = numberOf(one.imageSizeInBytes);
    if (repository === undefined || bytes === undefined || bytes <= 0) return [];
    return [{ repository, tags: texts(one.imageTags), bytes, pushedAtMs: timeOf(one.imagePushedAt) }];
  });
}

/** GetCostAndUsage by USAGE_TYPE, daily. */
export function readUsage(document: unknown): UsageLine[] {
  return entries(document, 'ResultsByTime').flatMap((day) => {
    const dayMs = timeOf(objectOf(day.TimePeriod).Start);
    if (dayMs === undefined) return [];
    return listOf(day.Groups)
      .map(objectOf)
      .flatMap((group) => {
        const usageType = texts(group.Keys)[0];
        const metrics = objectOf(group.Metrics);
        if (usageType === undefined) return [];
        const cost = objectOf(metrics.UnblendedCost ?? metrics.AmortizedCost ?? metrics.BlendedCost);
        return [
          {
            dayMs,
            usageType,
            usd: numberOf(cost.Amount) ?? 0,
            quantity: numberOf(objectOf(metrics.UsageQuantity).Amount) ?? 0,
          },
        ];
      });
  });
}
