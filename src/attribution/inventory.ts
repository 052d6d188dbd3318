import type { NatGatewayFact } from '../flows/gateways.js';
import { isNatInterfaceType } from '../flows/legs.js';
import { parsePrefix } from './addresses.js';
import type { InventoryFiles } from './inventory-files.js';
import { foldPrefixes, type PrefixEntry, type PrefixTable } from './prefixes.js';

/** What is known of an address inside, apart from who owns it. Absent is "not known". */
export interface PlaceFacts {
  readonly vpcId?: string;
  readonly accountId?: string;
  readonly azId?: string;
  readonly workload?: string;
  readonly tags?: ReadonlyMap<string, string>;
}

/** VPCs, subnets, interfaces and NAT gateways, as EC2's Describe… responses give them. */
export interface Inventory {
  readonly natGateways: readonly NatGatewayFact[];
  /** Interfaces that are described, and not as a NAT gateway's: of instances, firewalls, transit gateways. */
  readonly otherInterfaces: ReadonlySet<string>;
  /** What holds that address in that VPC; the gateway's VPC goes first where ranges overlap. */
  readonly placeOf: (address: string, gatewayVpcId: string) => PlaceFacts | undefined;
  /** The same without what holds the address now: its subnet and VPC, whoever held it. */
  readonly networkOf: (address: string, vpcId: string) => PlaceFacts | undefined;
}

export const NO_INVENTORY: Inventory = {
  natGateways: [],
  otherInterfaces: new Set(),
  placeOf: () => undefined,
  networkOf: () => undefined,
};

/** Makes an inventory ready for lookups. */
export function indexInventory(files: InventoryFiles): Inventory {
  const subnetOf = new Map(files.subnets.map((subnet) => [subnet.SubnetId, subnet]));
  const zoneIds = new Map(files.subnets.map((s) => [s.AvailabilityZone, s.AvailabilityZoneId]));
  const vpcOwner = new Map(files.vpcs.map((vpc) => [vpc.VpcId, vpc.OwnerId]));

  const byAddress = new Map<string, PlaceFacts[]>();
  for (const eni of files.interfaces) {
    const subnet = subnetOf.get(eni.SubnetId ?? '');
    const place = facts(
      eni.VpcId,
      eni.Attachment?.InstanceOwnerId ?? eni.OwnerId,
      subnet?.AvailabilityZoneId ?? zoneIds.get(eni.AvailabilityZone),
      workloadOf(eni),
      eni.TagSet,
    );
    const addresses = [
      eni.PrivateIpAddress,
      ...(eni.PrivateIpAddresses ?? []).map((a) => a.PrivateIpAddress),
      ...(eni.Ipv6Addresses ?? []).map((a) => a.Ipv6Address),
    ];
    for (const address of new Set(addresses)) {
      if (address) byAddress.set(address, [...(byAddress.get(address) ?? []), place]);
    }
  }
  const subnets = placeTable(
    files.subnets.flatMap((s) =>
      [s.CidrBlock, ...(s.Ipv6CidrBlockAssociationSet ?? []).map((a) => a.Ipv6CidrBlock)].map((cidr) => ({
        cidr,
        place: facts(s.VpcId, s.OwnerId ?? vpcOwner.get(s.VpcId), s.AvailabilityZoneId, undefined, s.Tags),
      })),
    ),
  );
  const vpcs = placeTable(
    files.vpcs.flatMap((v) =>
      [
        v.CidrBlock,
        ...(v.CidrBlockAssociationSet ?? []).map((a) => a.CidrBlock),
        ...(v.Ipv6CidrBlockAssociationSet ?? []).map((a) => a.Ipv6CidrBlock),
      ].map((cidr) => ({ cidr, place: facts(v.VpcId, v.OwnerId, undefined, undefined, v.Tags) })),
    ),
  );
  const networkOf = (address: string, vpcId: string): PlaceFacts | undefined => {
    const subnet = pick(subnets.lookup(address), vpcId);
    return joinPlaces(pick(vpcs.lookup(address), subnet?.vpcId ?? vpcId), subnet);
  };
  return {
    natGateways: files.natGateways.map((nat) => {
      const addresses = nat.NatGatewayAddresses ?? [];
      const eni = files.interfaces.find((one) =>
        addresses.some((a) => a.NetworkInterfaceId === one.NetworkInterfaceId),
      );
      return {
        natGatewayId: nat.NatGatewayId,
        vpcId: nat.VpcId ?? '',
        region: nat.Region ?? '',
        accountId: eni?.OwnerId ?? nat.OwnerId ?? '',
        azId: subnetOf.get(nat.SubnetId ?? '')?.AvailabilityZoneId ?? '',
        interfaceIds: [...new Set(addresses.flatMap((a) => (a.NetworkInterfaceId ? [a.NetworkInterfaceId] : [])))],
        addresses: [...new Set(addresses.flatMap((a) => (a.PrivateIp ? [a.PrivateIp] : [])))],
        isGone: nat.State === 'deleted' || nat.State === 'failed',
      };
    }),
    otherInterfaces: new Set(
      files.interfaces
        .filter((eni) => eni.InterfaceType !== undefined && !isNatInterfaceType(eni.InterfaceType))
        .map((eni) => eni.NetworkInterfaceId),
    ),
    placeOf: (address, gatewayVpcId) => {
      const own = pick(byAddress.get(address), gatewayVpcId);
      return joinPlaces(networkOf(address, own?.vpcId ?? gatewayVpcId), own);
    },
    networkOf,
  };
}

/** What both tell; where they differ, the nearer one. */
export function joinPlaces(wider: PlaceFacts | undefined, nearer: PlaceFacts | undefined): PlaceFacts | undefined {
  if (!wider || !nearer) return nearer ?? wider;
  const tags = new Map([...(wider.tags ?? []), ...(nearer.tags ?? [])]);
  return { ...wider, ...nearer, ...(tags.size > 0 ? { tags } : {}) };
}

/** The place in the preferred VPC, else the only one; several others are not told apart, so nothing is said. */
function pick(places: readonly PlaceFacts[] | undefined, vpcId: string): PlaceFacts | undefined {
  if (!places || places.length === 0) return undefined;
  return places.find((place) => place.vpcId === vpcId) ?? (places.length === 1 ? places[0] : undefined);
}

function facts(
  vpcId: string | undefined,
  accountId: string | undefined,
  azId: string | undefined,
  workload: string | undefined,
  tags: readonly { readonly Key: string; readonly Value: string }[] | undefined,
): PlaceFacts {
  return {
    ...(vpcId ? { vpcId } : {}),
    ...(accountId ? { accountId } : {}),
    ...(azId ? { azId } : {}),
    ...(workload ? { workload } : {}),
    ...(tags && tags.length > 0 ? { tags: new Map(tags.map((tag) => [tag.Key, tag.Value])) } : {}),
  };
}

/** What holds the address: the ECS service, the Lambda function, the instance (contract, part 2). */
export function workloadOf(eni: InventoryFiles['interfaces'][number]): string | undefined {
  const tag = (key: string): string | undefined => eni.TagSet?.find((one) => one.Key === key)?.Value;
  const lambda = /^AWS Lambda VPC ENI-(.+?)(?:-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?$/.exec(
    eni.Description ?? '',
  )?.[1];
  return tag('aws:ecs:serviceName') ?? lambda ?? eni.Attachment?.InstanceId;
}

function placeTable(
  entries: readonly { readonly cidr: string | undefined; readonly place: PlaceFacts }[],
): PrefixTable<readonly PlaceFacts[]> {
  const ranges: PrefixEntry<PlaceFacts>[] = entries.flatMap(({ cidr, place }) => {
    const range = cidr === undefined ? undefined : parsePrefix(cidr);
    return range ? [{ range, value: place }] : [];
  });
  return foldPrefixes(ranges, (covering) => covering.map((entry) => entry.value));
}
