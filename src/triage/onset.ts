import { type Interval, refineOnset } from '../anomalies/onset.js';
import { median, sumSeries } from '../anomalies/series.js';
import { HOUR_MS } from '../units.js';
import type { NatMetrics } from './evidence/nat-metrics.js';
import type { FlowReading } from './sources.js';

/** A gateway that carries three fifths of the excess shows its start clearer than the sum, where others add their noise. */
const MAIN_PART = 0.6;

/** When the excess began: by the gateway that carries most of it, else by the sum of all. Null where no bytes rose. */
export function mainOnset(metrics: NatMetrics | null): Interval | null {
  if (!metrics?.rise || !metrics.hasExcess) return null;
  const rises = [...metrics.gatewayRises.values()].sort((a, b) => b.excess - a.excess);
  const main = rises[0];
  const isMain =
    main &&
    metrics.gateways.length > 1 &&
    main.excess >= MAIN_PART * metrics.rise.excess &&
    main.factor > metrics.rise.factor;
  return isMain ? main.onset : metrics.rise.onset;
}

/** Without metrics: the clearest rise in the logs' own sum. Null where they are empty or show none. */
export function flowOnset(flows: FlowReading | null): Interval | null {
  if (!flows || flows.fromMs === null || flows.toMs === null) return null;
  const rows = flows.hasPacketAddresses ? flows.sums : flows.outside;
  const points = sumSeries(rows.map((sum) => [{ atMs: sum.atMs, value: sum.bytes }]));
  const filled = [];
  const values = new Map(points.map((point) => [point.atMs, point.value]));
  const first = Math.floor(flows.fromMs / flows.bucketMs) * flows.bucketMs;
  for (let atMs = first; atMs <= flows.toMs; atMs += flows.bucketMs)
    filled.push({ atMs, value: values.get(atMs) ?? 0 });
  const whole = { earliestMs: flows.fromMs + HOUR_MS, latestMs: flows.toMs - HOUR_MS };
  const usual = median(filled.map((point) => point.value));
  const refined = refineOnset(whole, filled, flows.bucketMs, 1_000_000, () => usual);
  return refined === whole ? null : refined;
}
