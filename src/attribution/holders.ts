import * as z from 'zod';
import { type PlaceFacts, workloadOf } from './inventory.js';
import type { InventoryFiles } from './inventory-files.js';

/** Who had an address, and when; times are UTC ms. JSON, so that a copy can be kept. */
const Holder = z.object({
  address: z.string(),
  vpcId: z.string(),
  interfaceId: z.string(),
  accountId: z.string().optional(),
  azId: z.string().optional(),
  workload: z.string().optional(),
  tags: z.record(z.string(), z.string()),
  /** When it got the address: told by AWS, or undefined where only our looks tell. */
  fromMs: z.number().optional(),
  firstSeenMs: z.number(),
  lastSeenMs: z.number(),
});
export type Holder = z.infer<typeof Holder>;
export const HolderHistory = z.array(Holder);
export type HolderHistory = z.infer<typeof HolderHistory>;

/** Holders by address, each address's in the order of time. */
export interface Holders {
  /** All that ever had the address, the oldest first; in every VPC. */
  readonly of: (address: string) => readonly Holder[];
  /** Addresses that more than one workload had, by VPC and address. */
  readonly handovers: readonly (readonly Holder[])[];
}

/** A holder that was not seen for so long is forgotten: no log of that time is kept. */
const KEPT_MS = 400 * 24 * 3_600_000;

/**
 * What is known of holders after a look at EC2: those that are still there were seen again, new ones begin. Tags of a
 * holder are its latest, since a corrected tag is to correct the past.
 */
export function seeHolders(history: HolderHistory, files: InventoryFiles, nowMs: number): HolderHistory {
  const keyOf = ({ vpcId, address, interfaceId, workload }: Holder) =>
    [vpcId, address, interfaceId, workload ?? ''].join(' ');
  const known = new Map(history.map((holder) => [keyOf(holder), holder]));
  const zones = new Map(files.subnets.map((subnet) => [subnet.SubnetId, subnet.AvailabilityZoneId]));
  for (const eni of files.interfaces) {
    const workload = workloadOf(eni);
    const attachedMs = Date.parse(eni.Attachment?.AttachTime ?? '');
    const azId = zones.get(eni.SubnetId ?? '');
    const accountId = eni.Attachment?.InstanceOwnerId ?? eni.OwnerId;
    const primary = eni.PrivateIpAddress;
    const addresses = [
      primary,
      ...(eni.PrivateIpAddresses ?? []).map((one) => one.PrivateIpAddress),
      ...(eni.Ipv6Addresses ?? []).map((one) => one.Ipv6Address),
    ];
    for (const address of new Set(addresses)) {
      if (address === undefined) continue;
      const seen: Holder = {
        address,
        vpcId: eni.VpcId ?? '',
        interfaceId: eni.NetworkInterfaceId,
        ...(accountId === undefined ? {} : { accountId }),
        ...(azId === undefined ? {} : { azId }),
        ...(workload === undefined ? {} : { workload }),
        tags: Object.fromEntries((eni.TagSet ?? []).map(({ Key, Value }) => [Key, Value])),
        // A secondary address may have come after the interface was attached: only the looks tell.
        ...(address === primary && Number.isFinite(attachedMs) ? { fromMs: attachedMs } : {}),
        firstSeenMs: nowMs,
        lastSeenMs: nowMs,
      };
      const before = known.get(keyOf(seen));
      known.set(keyOf(seen), before ? { ...seen, firstSeenMs: before.firstSeenMs } : seen);
    }
  }
  return [...known.values()].filter(({ lastSeenMs }) => nowMs - lastSeenMs <= KEPT_MS);
}

/** Makes a history ready for questions. */
export function indexHolders(history: HolderHistory): Holders {
  const byAddress = new Map<string, Holder[]>();
  for (const holder of history) byAddress.set(holder.address, [...(byAddress.get(holder.address) ?? []), holder]);
  for (const holders of byAddress.values()) holders.sort((a, b) => startOf(a) - startOf(b));
  const handovers = [...byAddress.values()].flatMap((holders) => {
    const byVpc = new Map<string, Holder[]>();
    for (const holder of holders) byVpc.set(holder.vpcId, [...(byVpc.get(holder.vpcId) ?? []), holder]);
    return [...byVpc.values()].filter((one) => one.length > 1);
  });
  return { of: (address) => byAddress.get(address) ?? [], handovers };
}

/** When a holder got its address, as far as is known. */
export function startOf({ fromMs, firstSeenMs }: Holder): number {
  return fromMs ?? firstSeenMs;
}

/**
 * Who had an address at a moment: the last that began before it. Before the first known one began, that one, where only
 * our own looks tell its begin; nobody where AWS tells it. `vpcId` tells hosts with one address apart; without it an
 * address that several VPCs have at that moment is nobody's, for a guess would be wrong half of the time.
 */
export function holderAt(holders: readonly Holder[], atMs: number, vpcId?: string): Holder | undefined {
  const byVpc = new Map<string, Holder>();
  for (const holder of holders) {
    if (vpcId !== undefined && holder.vpcId !== vpcId) continue;
    const isBegun = startOf(holder) <= atMs;
    if (isBegun || (!byVpc.has(holder.vpcId) && holder.fromMs === undefined)) byVpc.set(holder.vpcId, holder);
  }
  return byVpc.size === 1 ? [...byVpc.values()][0] : undefined;
}

/** What a holder tells of the place of its address. */
export function placeOfHolder({ vpcId, accountId, azId, workload, tags }: Holder): PlaceFacts {
  return {
    ...(vpcId === '' ? {} : { vpcId }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(azId === undefined ? {} : { azId }),
    ...(workload === undefined ? {} : { workload }),
    ...(Object.keys(tags).length === 0 ? {} : { tags: new Map(Object.entries(tags)) }),
  };
}
