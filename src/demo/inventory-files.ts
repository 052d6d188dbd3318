import { DAY_MS, isoTime } from '../units.js';
import { type Client, REGION, type RouteTable, type Subnet, type Vpc } from './company.js';
import type { Ledger } from './ledger.js';
import { hexOf, uuidOf } from './random.js';

/** The Describe… responses of a bundle's `ec2/`, by file name: every VPC of every account that sends through the gateways. */
export function ec2Files(ledger: Ledger): Readonly<Record<string, unknown>> {
  const { company } = ledger;
  const vpcs = [company.egressVpc, ...company.spokeVpcs];
  return {
    'vpcs.json': { Vpcs: vpcs.map(describeVpc) },
    'subnets.json': { Subnets: vpcs.flatMap((vpc) => vpc.subnets.map((subnet) => describeSubnet(vpc, subnet))) },
    'route-tables.json': {
      RouteTables: vpcs.flatMap((vpc) => vpc.routeTables.map((table) => describeRouteTable(ledger, vpc, table))),
    },
    'nat-gateways.json': { NatGateways: describeNatGateways(ledger) },
    'vpc-endpoints.json': { VpcEndpoints: [describeDataEndpoint(ledger)] },
    'network-interfaces.json': {
      NetworkInterfaces: [...gatewayInterfaces(ledger), ...transitInterfaces(ledger), ...clientInterfaces(ledger)],
    },
  };
}

function describeVpc(vpc: Vpc): unknown {
  return {
    VpcId: vpc.id,
    State: 'available',
    CidrBlock: vpc.cidr,
    InstanceTenancy: 'default',
    IsDefault: false,
    OwnerId: vpc.accountId,
    CidrBlockAssociationSet: [
      {
        AssociationId: `vpc-cidr-assoc-${vpc.id.slice(4)}`,
        CidrBlock: vpc.cidr,
        CidrBlockState: { State: 'associated' },
      },
    ],
    Tags: nameTag(vpc.name),
  };
}

function describeSubnet(vpc: Vpc, subnet: Subnet): unknown {
  return {
    SubnetId: subnet.id,
    VpcId: vpc.id,
    CidrBlock: subnet.cidr,
    AvailabilityZone: subnet.zone.name,
    AvailabilityZoneId: subnet.zone.id,
    State: 'available',
    MapPublicIpOnLaunch: subnet.name.includes('public'),
    OwnerId: vpc.accountId,
    SubnetArn: `arn:aws:ec2:${REGION}:${vpc.accountId}:subnet/${subnet.id}`,
    Tags: nameTag(subnet.name),
  };
}

function describeRouteTable({ company, seed }: Ledger, vpc: Vpc, table: RouteTable): unknown {
  const { kind, target } = table.defaultRoute;
  const hop = { internet: 'GatewayId', nat: 'NatGatewayId', transit: 'TransitGatewayId' }[kind];
  const routes: Record<string, string>[] = [
    { DestinationCidrBlock: vpc.cidr, GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' },
    { DestinationCidrBlock: '0.0.0.0/0', [hop]: target, Origin: 'CreateRoute', State: 'active' },
  ];
  // The gateways' answers go back to the spokes through the transit gateway.
  if (vpc === company.egressVpc) {
    for (const spoke of company.spokeVpcs) {
      const route = { DestinationCidrBlock: spoke.cidr, TransitGatewayId: company.transitGatewayId };
      routes.push({ ...route, Origin: 'CreateRoute', State: 'active' });
    }
  }
  if (vpc.name === 'data') {
    const endpoint = dataEndpointId(seed);
    routes.push({
      DestinationPrefixListId: 'pl-63a5400a',
      GatewayId: endpoint,
      Origin: 'CreateRoute',
      State: 'active',
    });
  }
  return {
    RouteTableId: table.id,
    VpcId: vpc.id,
    OwnerId: vpc.accountId,
    Associations: vpc.subnets
      .filter((subnet) => subnet.routeTableId === table.id)
      .map((subnet) => ({
        Main: false,
        RouteTableAssociationId: `rtbassoc-0${hexOf(16, seed, subnet.id)}`,
        RouteTableId: table.id,
        SubnetId: subnet.id,
        AssociationState: { State: 'associated' },
      })),
    PropagatingVgws: [],
    Routes: routes,
    Tags: nameTag(table.name),
  };
}

function describeNatGateways({ company, seed, metricsFromMs }: Ledger): unknown[] {
  return company.gateways.map((gateway) => ({
    NatGatewayId: gateway.id,
    VpcId: gateway.vpcId,
    SubnetId: gateway.subnetId,
    AvailabilityMode: 'zonal',
    State: 'available',
    ConnectivityType: 'public',
    CreateTime: isoTime(metricsFromMs - 400 * DAY_MS),
    NatGatewayAddresses: [
      {
        AllocationId: allocationId(seed, gateway.id),
        AssociationId: `eipassoc-0${hexOf(16, seed, 'assoc', gateway.id)}`,
        PublicIp: gateway.publicIp,
        NetworkInterfaceId: gateway.interfaceId,
        IsPrimary: true,
        PrivateIp: gateway.privateIp,
        Status: 'succeeded',
      },
    ],
    Tags: nameTag(gateway.name),
  }));
}

/** The data team made its S3 endpoint long ago: its own bucket traffic never reaches the gateways. */
function describeDataEndpoint({ company, seed, metricsFromMs }: Ledger): unknown {
  const vpc = company.spokeVpcs.find((each) => each.name === 'data')!;
  return {
    VpcEndpointId: dataEndpointId(seed),
    VpcEndpointType: 'Gateway',
    VpcId: vpc.id,
    ServiceName: `com.amazonaws.${REGION}.s3`,
    State: 'available',
    PolicyDocument:
      '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
    RouteTableIds: vpc.routeTables.map((table) => table.id),
    SubnetIds: [],
    NetworkInterfaceIds: [],
    PrivateDnsEnabled: false,
    CreationTimestamp: isoTime(metricsFromMs - 300 * DAY_MS),
    OwnerId: vpc.accountId,
    Tags: nameTag('data-s3'),
  };
}

function gatewayInterfaces({ company, seed }: Ledger): unknown[] {
  return company.gateways.map((gateway) => ({
    ...interfaceOf({
      id: gateway.interfaceId,
      address: gateway.privateIp,
      subnetId: gateway.subnetId,
      vpcId: gateway.vpcId,
      azName: gateway.azName,
      accountId: gateway.accountId,
    }),
    InterfaceType: 'natGateway',
    Description: `Interface for NAT Gateway ${gateway.id}`,
    RequesterManaged: true,
    SourceDestCheck: false,
    Association: {
      AllocationId: allocationId(seed, gateway.id),
      IpOwnerId: gateway.accountId,
      PublicIp: gateway.publicIp,
    },
  }));
}

function transitInterfaces({ company }: Ledger): unknown[] {
  return company.transitInterfaces.map((transit) => ({
    ...interfaceOf({
      id: transit.interfaceId,
      address: transit.privateIp,
      subnetId: transit.subnetId,
      vpcId: company.egressVpc.id,
      azName: transit.zone.name,
      accountId: company.networkAccountId,
    }),
    InterfaceType: 'transit_gateway',
    Description: `Network Interface for Transit Gateway Attachment tgw-attach-${company.transitGatewayId.slice(4)}`,
    RequesterManaged: true,
    SourceDestCheck: false,
  }));
}

function clientInterfaces({ company, seed }: Ledger): unknown[] {
  return company.clients.map((client) => {
    const secondary =
      client.interfaceAddress === client.address ? [] : [{ PrivateIpAddress: client.address, Primary: false }];
    const basic = interfaceOf({
      id: client.interfaceId,
      address: client.interfaceAddress,
      subnetId: client.subnetId,
      vpcId: client.vpcId,
      azName: client.azName,
      accountId: client.accountId,
    });
    return {
      ...basic,
      ...(client.instanceId ? { Attachment: attachment(client, client.instanceId) } : {}),
      ...KINDS[client.kind](client, seed),
      PrivateIpAddresses: [{ PrivateIpAddress: client.interfaceAddress, Primary: true }, ...secondary],
      Groups: [{ GroupId: `sg-0${hexOf(16, seed, 'sg', client.workload)}`, GroupName: client.workload }],
    };
  });
}

/** How DescribeNetworkInterfaces shows who holds an address, for each kind of workload. */
const KINDS: Readonly<Record<Client['kind'], (client: Client, seed: string) => Record<string, unknown>>> = {
  ec2: (client) => ({ Description: 'Primary network interface', TagSet: [{ Key: 'Name', Value: client.workload }] }),
  ecs: (client, seed) => ({
    Description: `arn:aws:ecs:${REGION}:${client.accountId}:attachment/${uuidOf(seed, client.interfaceId)}`,
    RequesterManaged: true,
    TagSet: [
      { Key: 'aws:ecs:clusterName', Value: `${client.team ?? 'shared'}-cluster` },
      { Key: 'aws:ecs:serviceName', Value: client.workload },
    ],
  }),
  eks: (client) => ({
    Description: `aws-K8S-${client.instanceId}`,
    TagSet: [
      { Key: 'cluster.k8s.amazonaws.com/name', Value: `${client.team}-eks` },
      { Key: 'node.k8s.amazonaws.com/instance_id', Value: client.instanceId },
    ],
  }),
  lambda: (client, seed) => ({
    InterfaceType: 'lambda',
    Description: `AWS Lambda VPC ENI-${client.workload}-${uuidOf(seed, client.interfaceId)}`,
    RequesterManaged: true,
  }),
  agent: (client) => ({
    InterfaceType: 'agentic_ai',
    Description: `BedrockAgentCore ${client.holder}`,
    RequesterManaged: true,
    TagSet: [{ Key: 'AmazonBedrockAgentCoreManaged', Value: 'true' }],
  }),
};

function interfaceOf(facts: {
  id: string;
  address: string;
  subnetId: string;
  vpcId: string;
  azName: string;
  accountId: string;
}) {
  return {
    NetworkInterfaceId: facts.id,
    InterfaceType: 'interface',
    Description: '',
    RequesterManaged: false,
    OwnerId: facts.accountId,
    PrivateIpAddress: facts.address,
    PrivateIpAddresses: [{ PrivateIpAddress: facts.address, Primary: true }],
    SubnetId: facts.subnetId,
    VpcId: facts.vpcId,
    AvailabilityZone: facts.azName,
    Status: 'in-use',
    SourceDestCheck: true,
    Groups: [] as unknown[],
    TagSet: [] as unknown[],
  };
}

function attachment(client: Client, instanceId: string): unknown {
  return {
    AttachmentId: `eni-attach-${client.interfaceId.slice(4)}`,
    DeviceIndex: client.kind === 'eks' ? 1 : 0,
    InstanceId: instanceId,
    InstanceOwnerId: client.accountId,
    Status: 'attached',
  };
}

function nameTag(name: string): unknown[] {
  return [{ Key: 'Name', Value: name }];
}

function dataEndpointId(seed: string): string {
  return `vpce-0${hexOf(16, seed, 'vpce', 'data')}`;
}

function allocationId(seed: string, gatewayId: string): string {
  return `eipalloc-0${hexOf(16, seed, 'alloc', gatewayId)}`;
}
