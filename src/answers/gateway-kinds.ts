import * as z from 'zod';
import { HOUR_MS } from '../units.js';

/** What a gateway is, as far as AWS charges by it. */
export interface GatewayKind {
  readonly id: string;
  readonly kind: 'zonal' | 'regional' | 'provisioned';
  /** A private gateway sends nothing to the internet. */
  readonly isPrivate: boolean;
  /** Zones in which a regional gateway is active: each has its hours. 1 for the others. */
  readonly zones: number;
  /** Bandwidth that was bought for a provisioned gateway. */
  readonly gbps: number | undefined;
  readonly publicAddresses: number;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

const text = z.string().optional();
const Stored = z.looseObject({
  natGateways: z.array(
    z.looseObject({
      NatGatewayId: z.string(),
      ConnectivityType: text,
      AvailabilityMode: text,
      State: text,
      CreateTime: text,
      DeleteTime: text,
      ProvisionedBandwidth: z.looseObject({ Provisioned: text }).optional(),
      NatGatewayAddresses: z
        .array(z.looseObject({ PublicIp: text, AvailabilityZone: text, AvailabilityZoneId: text }))
        .optional(),
    }),
  ),
});

/** The gateways of the inventory that a store keeps; empty without one. */
export function readGatewayKinds(inventoryJson: string | undefined): ReadonlyMap<string, GatewayKind> {
  const stored = inventoryJson === undefined ? undefined : Stored.safeParse(JSON.parse(inventoryJson));
  if (!stored?.success) return new Map();
  return new Map(
    stored.data.natGateways
      .filter(({ State }) => State !== 'failed')
      .map((nat) => {
        const addresses = nat.NatGatewayAddresses ?? [];
        const gbps = Number(nat.ProvisionedBandwidth?.Provisioned);
        const isRegional = nat.AvailabilityMode === 'regional';
        const zones = new Set(addresses.flatMap((each) => each.AvailabilityZoneId ?? each.AvailabilityZone ?? []));
        return [
          nat.NatGatewayId,
          {
            id: nat.NatGatewayId,
            kind: isRegional ? 'regional' : gbps > 0 ? 'provisioned' : 'zonal',
            isPrivate: nat.ConnectivityType === 'private',
            zones: isRegional ? Math.max(1, zones.size) : 1,
            gbps: gbps > 0 ? gbps : undefined,
            publicAddresses: addresses.filter(({ PublicIp }) => PublicIp !== undefined).length,
            fromMs: timeOf(nat.CreateTime),
            toMs: timeOf(nat.DeleteTime),
          },
        ] as const;
      }),
  );
}

/** Hours of a gateway in a window: AWS takes the part of an hour at the end of its life, or of the window, for a whole one. */
export function startedHours(
  { fromMs, toMs }: Pick<GatewayKind, 'fromMs' | 'toMs'>,
  window: { readonly fromMs: number; readonly toMs: number },
): number {
  const from = Math.max(window.fromMs, fromMs ?? window.fromMs);
  const to = Math.min(window.toMs, toMs ?? window.toMs);
  return to <= from ? 0 : Math.ceil((to - from) / HOUR_MS);
}

function timeOf(iso: string | undefined): number | undefined {
  const ms = iso === undefined ? Number.NaN : Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}
