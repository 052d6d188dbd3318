import { HOUR_MS } from '../units.js';
import type { NatMetrics } from './evidence/nat-metrics.js';
import type { FlowReading } from './sources.js';

/** The same hours differ by late rows, scans and rounding: a tenth in all. */
const MAX_DISTANCE = 0.1;
const MIN_HOURS = 6;

/**
 * Without EC2 the logs know a gateway by its interface, the metrics by its id. Where the hourly bytes of one agree with
 * those of the other, they are the same gateway, and the logs take over the id. Leaves what does not agree as it is.
 */
export function nameGateways(flows: FlowReading, metrics: NatMetrics | null): FlowReading {
  if (!metrics || flows.natGatewaysSeen.every((id) => id.startsWith('nat-'))) return flows;
  const names = new Map<string, string>();
  for (const id of flows.natGatewaysSeen) {
    if (id.startsWith('nat-')) continue;
    const hours = new Map<number, number>();
    for (const sum of flows.sums) {
      if (sum.natGatewayId !== id) continue;
      const hour = Math.floor(sum.atMs / HOUR_MS) * HOUR_MS;
      hours.set(hour, (hours.get(hour) ?? 0) + sum.bytes);
    }
    const best = metrics.gateways
      .map((gateway) => ({ id: gateway.id, distance: distance(hours, gateway.bytes) }))
      .filter((one) => one.distance <= MAX_DISTANCE && ![...names.values()].includes(one.id))
      .sort((a, b) => a.distance - b.distance)[0];
    if (best) names.set(id, best.id);
  }
  if (names.size === 0) return flows;
  const nameOf = (id: string | null) => (id === null ? null : (names.get(id) ?? id));
  return {
    ...flows,
    sums: flows.sums.map((sum) => ({ ...sum, natGatewayId: nameOf(sum.natGatewayId) })),
    outside: flows.outside.map((sum) => ({ ...sum, natGatewayId: nameOf(sum.natGatewayId) })),
    natGatewaysSeen: flows.natGatewaysSeen.map((id) => names.get(id) ?? id),
    gateways: flows.gateways.map((gateway) => ({ ...gateway, id: names.get(gateway.id) ?? gateway.id })),
  };
}

/** Difference of whole hours, relative to their sum; infinite where too few hours are common. */
function distance(hours: ReadonlyMap<number, number>, points: NatMetrics['total']): number {
  const all = [...hours.keys()].sort((a, b) => a - b);
  // The hours at both ends are cut by the logs.
  const [first, last] = [all[0] ?? 0, all.at(-1) ?? 0];
  const common = points.filter((point) => point.atMs > first && point.atMs < last);
  if (common.length < MIN_HOURS) return Number.POSITIVE_INFINITY;
  const sum = common.reduce((total, point) => total + point.value, 0);
  const off = common.reduce((total, point) => total + Math.abs(point.value - (hours.get(point.atMs) ?? 0)), 0);
  return sum > 0 ? off / sum : Number.POSITIVE_INFINITY;
}
