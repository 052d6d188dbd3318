import { HOUR_MS } from '../../units.js';
import type { FlowReading, FlowSum, MetricSeries } from '../sources.js';

/**
 * What CloudWatch would have said of the gateways' bytes, from the logs' own sums: for a diagnosis without metrics. The
 * history is as short as the logs, and connections are not known.
 */
export function metricsFromFlows(flows: FlowReading): MetricSeries[] {
  const { fromMs, toMs } = flows;
  if (fromMs === null || toMs === null) return [];
  return flows.natGatewaysSeen.flatMap((id) =>
    (['up', 'down'] as const).flatMap((direction) => {
      const own = flows.sums.filter((sum) => sum.natGatewayId === id && sum.direction === direction);
      // Hours at both ends are cut by the logs, not quiet.
      const first = Math.ceil(fromMs / HOUR_MS) * HOUR_MS;
      const last = Math.floor(toMs / HOUR_MS) * HOUR_MS;
      return [
        seriesOf(own, id, direction, HOUR_MS, first, last, flows.emptyHours),
        seriesOf(
          own,
          id,
          direction,
          flows.bucketMs,
          Math.floor(fromMs / flows.bucketMs) * flows.bucketMs,
          toMs,
          flows.emptyHours,
        ),
      ];
    }),
  );
}

function seriesOf(
  sums: readonly FlowSum[],
  id: string,
  direction: 'up' | 'down',
  periodMs: number,
  fromMs: number,
  toMs: number,
  emptyHours: readonly number[],
): MetricSeries {
  const buckets = new Map<number, number>();
  for (const sum of sums) {
    const atMs = Math.floor(sum.atMs / periodMs) * periodMs;
    buckets.set(atMs, (buckets.get(atMs) ?? 0) + sum.bytes);
  }
  const empty = new Set(emptyHours);
  const timesMs: number[] = [];
  for (let atMs = fromMs; atMs + periodMs <= toMs; atMs += periodMs) {
    if (!empty.has(Math.floor(atMs / HOUR_MS) * HOUR_MS)) timesMs.push(atMs);
  }
  return {
    namespace: 'AWS/NATGateway',
    metric: direction === 'up' ? 'BytesOutToDestination' : 'BytesOutToSource',
    dimensions: { NatGatewayId: id },
    periodMs,
    stat: 'Sum',
    timesMs,
    values: timesMs.map((atMs) => buckets.get(atMs) ?? 0),
  };
}
