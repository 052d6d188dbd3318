import { type ClientKind, NETWORK_ACCOUNT, SPOKES, type SpokePlan, type TeamPlan } from './company-plan.js';
import { hexOf } from './random.js';

export const REGION = 'us-east-1';

/** The zones of the demo: letter, name in this account, id (as in `az-id`). */
const ZONES = [
  { letter: 'a', name: 'us-east-1a', id: 'use1-az4' },
  { letter: 'b', name: 'us-east-1b', id: 'use1-az6' },
  { letter: 'c', name: 'us-east-1c', id: 'use1-az1' },
] as const;
type Zone = (typeof ZONES)[number];

export interface Vpc {
  readonly id: string;
  readonly name: string;
  readonly cidr: string;
  readonly accountId: string;
  readonly routeTables: readonly RouteTable[];
  readonly subnets: readonly Subnet[];
}

export interface RouteTable {
  readonly id: string;
  readonly name: string;
  readonly defaultRoute: { readonly kind: 'internet' | 'nat' | 'transit'; readonly target: string };
}

export interface Subnet {
  readonly id: string;
  readonly name: string;
  readonly cidr: string;
  readonly vpcId: string;
  readonly zone: Zone;
  readonly routeTableId: string;
}

export interface Gateway {
  readonly id: string;
  readonly name: string;
  readonly interfaceId: string;
  readonly privateIp: string;
  readonly publicIp: string;
  readonly accountId: string;
  readonly region: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly azId: string;
  readonly azName: string;
}

/** The transit gateway's own interface in the egress VPC, one a zone; its rows show the client in `pkt-srcaddr` only. */
export interface TransitInterface {
  readonly interfaceId: string;
  readonly privateIp: string;
  readonly subnetId: string;
  readonly zone: Zone;
}

/** A client address and all that is true of it: what the oracle answers with. */
export interface Client {
  readonly address: string;
  readonly team: string | null;
  readonly env: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly accountId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly azId: string;
  readonly azName: string;
  /** The service that runs there, in the company's words. */
  readonly workload: string;
  /** What the inventory shows as the holder of the address: instance, service, function or agent runtime. */
  readonly holder: string;
  readonly kind: ClientKind;
  readonly interfaceId: string;
  /** The interface's primary address: another one than `address` where that is a pod's. */
  readonly interfaceAddress: string;
  readonly instanceId: string | null;
  readonly gateway: Gateway;
}

export interface Company {
  readonly name: string;
  readonly networkAccountId: string;
  readonly transitGatewayId: string;
  readonly egressVpc: Vpc;
  readonly spokeVpcs: readonly Vpc[];
  readonly gateways: readonly Gateway[];
  readonly transitInterfaces: readonly TransitInterface[];
  readonly clients: readonly Client[];
}

/** The company, the same for the same seed. Ids look like AWS's; addresses are of private ranges. */
export function buildCompany(seed: string): Company {
  const id = (prefix: string, ...name: string[]): string => `${prefix}-0${hexOf(16, seed, prefix, ...name)}`;
  const transitGatewayId = id('tgw', 'core');
  const egressVpc = buildEgressVpc(id);
  const gateways = ZONES.map((zone, index): Gateway => {
    const subnet = egressVpc.subnets.find((each) => each.name === `egress-public-${zone.letter}`)!;
    return {
      id: id('nat', zone.letter),
      name: `egress-${zone.letter}`,
      interfaceId: id('eni', 'nat', zone.letter),
      privateIp: `10.255.${index}.${20 + index * 7}`,
      publicIp: `198.18.20.${11 + index}`,
      accountId: NETWORK_ACCOUNT,
      region: REGION,
      vpcId: egressVpc.id,
      subnetId: subnet.id,
      azId: zone.id,
      azName: zone.name,
    };
  });
  const spokes = SPOKES.map((plan) => buildSpoke(plan, gateways, transitGatewayId, id, seed));
  return {
    name: 'Harbourline',
    networkAccountId: NETWORK_ACCOUNT,
    transitGatewayId,
    egressVpc,
    gateways,
    spokeVpcs: spokes.map((spoke) => spoke.vpc),
    clients: spokes.flatMap((spoke) => spoke.clients),
    transitInterfaces: ZONES.map((zone, index) => ({
      interfaceId: id('eni', 'tgw', zone.letter),
      privateIp: `10.255.${8 + index}.5`,
      zone,
      subnetId: egressVpc.subnets.find((each) => each.name === `egress-transit-${zone.letter}`)!.id,
    })),
  };
}

/** A runtime's id, as CloudTrail and the description of its interfaces show it. */
export function agentRuntimeId(seed: string, name: string): string {
  return `${name}-${hexOf(10, seed, 'runtime', name).toUpperCase()}`;
}

type MakeId = (prefix: string, ...name: string[]) => string;

function buildEgressVpc(id: MakeId): Vpc {
  const vpcId = id('vpc', 'egress');
  const publicTable = id('rtb', 'egress', 'public');
  const subnets = ZONES.flatMap((zone, index): Subnet[] => [
    {
      id: id('subnet', 'egress', 'public', zone.letter),
      name: `egress-public-${zone.letter}`,
      cidr: `10.255.${index}.0/24`,
      vpcId,
      zone,
      routeTableId: publicTable,
    },
    {
      id: id('subnet', 'egress', 'transit', zone.letter),
      name: `egress-transit-${zone.letter}`,
      cidr: `10.255.${8 + index}.0/28`,
      vpcId,
      zone,
      routeTableId: id('rtb', 'egress', 'transit', zone.letter),
    },
  ]);
  const routeTables: RouteTable[] = [
    { id: publicTable, name: 'egress-public', defaultRoute: { kind: 'internet', target: id('igw', 'egress') } },
    ...ZONES.map(
      (zone): RouteTable => ({
        id: id('rtb', 'egress', 'transit', zone.letter),
        name: `egress-transit-${zone.letter}`,
        defaultRoute: { kind: 'nat', target: id('nat', zone.letter) },
      }),
    ),
  ];
  return { id: vpcId, name: 'egress', cidr: '10.255.0.0/20', accountId: NETWORK_ACCOUNT, routeTables, subnets };
}

function buildSpoke(
  plan: SpokePlan,
  gateways: readonly Gateway[],
  transitGatewayId: string,
  id: MakeId,
  seed: string,
): { vpc: Vpc; clients: readonly Client[] } {
  const vpcId = id('vpc', plan.name);
  const tableOf = (letter: string): string => id('rtb', plan.name, letter);
  const subnets = plan.teams.flatMap((each) =>
    ZONES.filter((zone) => usedZones(each).includes(zone.letter)).map((zone): Subnet => {
      const name = [each.team ?? plan.name, each.env, zone.letter].filter((part) => part !== null).join('-');
      return {
        id: id('subnet', plan.name, name),
        name,
        vpcId,
        zone,
        routeTableId: tableOf(zone.letter),
        cidr: `10.${plan.second}.${thirdOf(each, zone)}.0/22`,
      };
    }),
  );
  const routeTables = ZONES.filter((zone) => subnets.some((each) => each.zone === zone)).map(
    (zone): RouteTable => ({
      id: tableOf(zone.letter),
      name: `${plan.name}-private-${zone.letter}`,
      defaultRoute: { kind: 'transit', target: transitGatewayId },
    }),
  );
  const clients = plan.teams.flatMap((each) =>
    each.services.flatMap((service, serviceIndex) =>
      Array.from({ length: service.count }, (_, index): Client => {
        const zones = service.zones ?? 'abc';
        const zone = ZONES.find(({ letter }) => letter === zones[index % zones.length])!;
        const third = thirdOf(each, zone);
        const host =
          10 + serviceIndex * 60 + index * 3 + (Number.parseInt(hexOf(1, seed, service.workload, index), 16) % 3);
        const node = `10.${plan.second}.${third + 3}.${host}`;
        const address = `10.${plan.second}.${third + 1}.${host}`;
        const onInstance = service.kind === 'ec2' || service.kind === 'eks';
        const instanceId = onInstance ? id('i', service.workload, String(index)) : null;
        return {
          address,
          interfaceAddress: service.kind === 'eks' ? node : address,
          team: each.team,
          env: each.env,
          labels: each.labels,
          workload: service.workload,
          holder: instanceId ?? (service.kind === 'agent' ? agentRuntimeId(seed, service.workload) : service.workload),
          kind: service.kind,
          accountId: plan.accountId,
          vpcId,
          azId: zone.id,
          azName: zone.name,
          subnetId: subnets.find((subnet) => subnet.cidr === `10.${plan.second}.${third}.0/22`)!.id,
          interfaceId: id('eni', service.workload, String(index)),
          instanceId,
          gateway: gateways[ZONES.findIndex(({ letter }) => letter === (plan.attachedIn ?? zone.letter))]!,
        };
      }),
    ),
  );
  const vpc: Vpc = {
    id: vpcId,
    name: plan.name,
    cidr: `10.${plan.second}.0.0/16`,
    accountId: plan.accountId,
    routeTables,
    subnets,
  };
  return { vpc, clients };
}

function usedZones(plan: TeamPlan): string {
  return plan.services.map((service) => service.zones ?? 'abc').join('');
}

/** A team's /20 has one /22 a zone; the staging environment is the fourth /22 of its team's /20, in the first zone. */
function thirdOf(plan: TeamPlan, zone: Zone): number {
  return plan.block + ZONES.indexOf(zone) * 4;
}
