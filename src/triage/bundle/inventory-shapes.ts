import { type Loose, listOf, objectOf, textOf, timeOf } from '../alerts/fields.js';
import type { Inventory, NatGateway, NetworkInterface, Route, RouteTable, Subnet, VpcEndpoint } from '../sources.js';
import { entries, texts } from './documents.js';

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
