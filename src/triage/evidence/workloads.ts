import type { Owners } from '../../attribution/owners.js';
import { resolveOwner } from '../../attribution/owners.js';
import type { ClientFact, Inventory, NetworkInterface, RouteTable, Subnet } from '../sources.js';

/** What runs behind a client's address. */
type WorkloadKind = 'agent-runtime' | 'lambda' | 'ecs' | 'eks' | 'codebuild' | 'instance' | 'gateway' | 'unknown';

/** What is known of a client: who answers for it, what it is and where it stands. Undefined is not known. */
export interface ClientPlace {
  readonly address: string;
  readonly team: string | undefined;
  readonly kind: WorkloadKind;
  readonly workload: string | undefined;
  /** Names under which a change may speak of it: service, function, runtime, instance, group, cluster. */
  readonly names: readonly string[];
  readonly vpcId: string | undefined;
  readonly subnetId: string | undefined;
  readonly az: string | undefined;
  readonly routeTableId: string | undefined;
  readonly interface: NetworkInterface | undefined;
}

/** Looks clients up: by their interface, else by their subnet; the owner by owners.yaml. */
export function placeClients(
  inventory: Inventory | null,
  owners: Owners,
  facts: ReadonlyMap<string, ClientFact> = new Map(),
): (address: string) => ClientPlace {
  const interfaces = new Map<string, NetworkInterface>();
  for (const one of inventory?.interfaces ?? []) for (const address of one.addresses) interfaces.set(address, one);
  const subnets = new Map((inventory?.subnets ?? []).map((subnet) => [subnet.id, subnet]));
  const memory = new Map<string, ClientPlace>();
  return (address) => {
    const known = memory.get(address);
    if (known) return known;
    const found = interfaces.get(address);
    const subnet = found?.subnetId ? subnets.get(found.subnetId) : subnetAround(inventory, address);
    const fact = facts.get(address);
    const shown = found?.vpcId ?? subnet?.vpcId ?? fact?.vpcId;
    const vpcId = shown ?? vpcOfOwners(inventory, owners, address);
    const owner = resolveOwner(owners, { address, vpcId, tags: found?.tags, accountId: fact?.accountId });
    const described = found ? describe(found) : describeFact(fact);
    const place: ClientPlace = {
      address,
      team: owner?.team ?? found?.tags.get('team'),
      ...described,
      vpcId,
      subnetId: subnet?.id ?? fact?.subnetId,
      az: subnet?.az ?? found?.az ?? fact?.az,
      routeTableId: subnet ? routeTableOf(inventory, subnet)?.id : undefined,
      interface: found,
    };
    memory.set(address, place);
    return place;
  };
}

/**
 * A VPC that EC2 does not show is named from owners.yaml: from the entry whose prefix holds the client, else the only
 * VPC that owners.yaml names and EC2 does not show, for a client that stands in no VPC that EC2 shows.
 */
function vpcOfOwners(inventory: Inventory | null, owners: Owners, address: string): string | undefined {
  const owner = resolveOwner(owners, { address });
  const entry = owners.entries.find(
    (one) => one.vpcs.length === 1 && owner?.via === 'prefix' && one.team === owner.team,
  );
  if (entry) return entry.vpcs[0];
  const shown = new Set((inventory?.vpcs ?? []).map((vpc) => vpc.id.toLowerCase()));
  if (inventory?.vpcs.some((vpc) => vpc.cidrs.some((cidr) => holds(cidr, address)))) return undefined;
  const hidden = [...new Set(owners.entries.flatMap((one) => one.vpcs))].filter((id) => !shown.has(id));
  return hidden.length === 1 ? hidden[0] : undefined;
}

/** The route table that a subnet uses: its own, else its VPC's main one. */
function routeTableOf(inventory: Inventory | null, subnet: Subnet): RouteTable | undefined {
  const tables = (inventory?.routeTables ?? []).filter((table) => table.vpcId === subnet.vpcId);
  return tables.find((table) => table.subnetIds.includes(subnet.id)) ?? tables.find((table) => table.isMain);
}

/** Without an interface the client's own rows tell little: an instance, a service. */
function describeFact(fact: ClientFact | undefined): {
  kind: WorkloadKind;
  workload: string | undefined;
  names: string[];
} {
  const workload = fact?.workload;
  const names = [workload, fact?.subnetId].filter((name): name is string => name !== undefined);
  return { kind: workload?.startsWith('i-') ? 'instance' : 'unknown', workload, names };
}

function describe(one: NetworkInterface): { kind: WorkloadKind; workload: string | undefined; names: string[] } {
  const tag = (name: string) => one.tags.get(name);
  const lambda = /^AWS Lambda VPC ENI-(.+?)(?:-[0-9a-f]{8}-[0-9a-f-]{4,27})?$/.exec(one.description)?.[1];
  const agent = /^BedrockAgentCore\s+(\S+)/.exec(one.description)?.[1];
  const build = /codebuild/i.test(`${one.description} ${one.groupNames.join(' ')}`);
  const service = tag('aws:ecs:serviceName');
  const node = /^aws-K8S-(i-[0-9a-f]+)/.exec(one.description)?.[1] ?? tag('node.k8s.amazonaws.com/instance_id');
  const cluster = tag('cluster.k8s.amazonaws.com/name') ?? tag('aws:ecs:clusterName') ?? tag('eks:cluster-name');
  const named = tag('Name')?.replace(/-\d+$/, '');
  const group = one.groupNames[0];
  const asg = tag('aws:autoscaling:groupName');
  const names = [
    lambda,
    agent,
    service,
    cluster,
    named,
    tag('Name'),
    group,
    asg,
    node,
    one.instanceId,
    one.id,
    one.subnetId,
  ];
  const kind: WorkloadKind = /nat_?gateway|transit_?gateway|load_?balancer/i.test(one.type)
    ? 'gateway'
    : agent !== undefined || one.type === 'agentic_ai'
      ? 'agent-runtime'
      : lambda !== undefined || one.type === 'lambda'
        ? 'lambda'
        : build
          ? 'codebuild'
          : service !== undefined || /:ecs:.*attachment\//.test(one.description)
            ? 'ecs'
            : node !== undefined
              ? 'eks'
              : one.instanceId !== undefined
                ? 'instance'
                : 'unknown';
  const workload = lambda ?? agent ?? service ?? asg ?? named ?? group ?? one.instanceId;
  return {
    kind,
    workload,
    names: [...new Set(names.filter((name): name is string => name !== undefined && name.length > 2))],
  };
}

function subnetAround(inventory: Inventory | null, address: string): Subnet | undefined {
  return inventory?.subnets.find((subnet) => subnet.cidrs.some((cidr) => holds(cidr, address)));
}

/** Whether an IPv4 CIDR holds an IPv4 address; false for anything else. */
export function holds(cidr: string, address: string): boolean {
  const [base, bits] = cidr.split('/');
  const network = ipv4(base ?? '');
  const value = ipv4(address);
  const length = Number(bits);
  if (network === undefined || value === undefined || !(length >= 0 && length <= 32)) return false;
  return Math.floor(network / 2 ** (32 - length)) === Math.floor(value / 2 ** (32 - length));
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
