import { type Baseline, fitBaseline } from '../../anomalies/baseline.js';
import type { Interval } from '../../anomalies/onset.js';
import { findPhases, type Phase } from '../../anomalies/phases.js';
import { between, mean, type Point, sumSeries } from '../../anomalies/series.js';
import { DAY_MS, HOUR_MS } from '../../units.js';
import type { MetricSeries } from '../sources.js';
import { type GatewaySeries, gatewaySeries } from './nat-series.js';
import { excessAfter, findRise, type Rise } from './rise.js';

/** One megabyte: what an idle gateway takes in an hour at most (scans, keep-alives), so that quiet hours do not count. */
const BYTES_OFFSET = 1_000_000;
const COUNT_OFFSET = 10;
/** Below a fifth above the expected level there is no excess worth a cause. */
const MIN_EXCESS_RATIO = 0.2;

/** How one gateway's level changed at a moment. */
export interface GatewayShift {
  readonly id: string;
  readonly beforePerHour: number;
  readonly afterPerHour: number;
}

/** What the metrics of the gateways say. */
export interface NatMetrics {
  readonly gateways: readonly GatewaySeries[];
  readonly total: readonly Point[];
  readonly lastMs: number;
  readonly historyHours: number;
  /** The rise of the sum of all gateways. */
  readonly rise: Rise | null;
  /** Whether the rise of the sum is big enough to be somebody's bytes. */
  readonly hasExcess: boolean;
  readonly excessUp: number;
  readonly excessDown: number;
  readonly packetBytesUp: number;
  readonly packetBytesDown: number;
  readonly attempts: AttemptRise | null;
  readonly active: Rise | null;
  /** The rises of single gateways, which the sum may hide. */
  readonly gatewayRises: ReadonlyMap<string, Rise>;
  readonly phases: readonly Phase[];
  /** Hours after the onset that stand out. */
  readonly highHours: readonly number[];
  readonly state: 'ongoing' | 'ended' | 'quiet';
  readonly untilMs: number;
}

interface AttemptRise {
  readonly rise: Rise;
  readonly attempts: number;
  readonly established: number;
  readonly portErrors: number;
  readonly idleTimeouts: number;
}

/** Measures every NAT gateway and their sum. Null where CloudWatch has no NAT gateway at all. */
export function measureNat(series: readonly MetricSeries[]): NatMetrics | null {
  const gateways = gatewaySeries(series).filter((gateway) => gateway.bytes.length > 0 || gateway.active.length > 0);
  if (gateways.length === 0) return null;
  const total = sumSeries(gateways.map((gateway) => gateway.bytes));
  const fine = sumSeries(gateways.map((gateway) => gateway.fine));
  const finePeriodMs = Math.max(...gateways.map((gateway) => gateway.finePeriodMs));
  const rise = findRise(total, fine, finePeriodMs, BYTES_OFFSET);
  const lastMs = (total.at(-1)?.atMs ?? 0) + HOUR_MS;
  const up = sumSeries(gateways.map((gateway) => gateway.up));
  const down = sumSeries(gateways.map((gateway) => gateway.down));
  const high = rise ? highHours(total, rise.baseline, rise.onset.earliestMs) : [];
  const hasExcess = rise !== null && (rise.factor >= 1 + MIN_EXCESS_RATIO || hasPeaks(total, rise, high));
  const untilMs = (high.at(-1) ?? lastMs - HOUR_MS) + HOUR_MS;
  return {
    gateways,
    total,
    lastMs,
    historyHours: total.length,
    rise,
    hasExcess,
    excessUp: rise ? sideExcess(up, rise) : 0,
    excessDown: rise ? sideExcess(down, rise) : 0,
    packetBytesUp: packetBytes(
      up,
      gateways.map((gateway) => gateway.packetsUp),
      rise,
    ),
    packetBytesDown: packetBytes(
      down,
      gateways.map((gateway) => gateway.packetsDown),
      rise,
    ),
    attempts: measureAttempts(gateways),
    active: riseOf(
      gateways,
      (gateway) => gateway.active,
      (gateway) => gateway.fineActive,
    ),
    gatewayRises: new Map(
      gateways.flatMap((gateway) => {
        const own = findRise(gateway.bytes, gateway.fine, gateway.finePeriodMs, BYTES_OFFSET);
        return own && own.factor >= 1 + MIN_EXCESS_RATIO ? [[gateway.id, own] as const] : [];
      }),
    ),
    phases: rise
      ? findPhases(between(total, Math.floor(rise.onset.earliestMs / HOUR_MS) * HOUR_MS, lastMs), BYTES_OFFSET)
      : [],
    highHours: high,
    state: rise ? excessState(high, lastMs) : 'quiet',
    untilMs,
  };
}

function sideExcess(points: readonly Point[], rise: Rise): number {
  const before = points.filter((point) => point.atMs < rise.onset.earliestMs);
  if (before.length === 0) return 0;
  const baseline = fitBaseline(before, { offset: BYTES_OFFSET });
  return excessAfter(points, baseline, rise.onset.earliestMs, Number.POSITIVE_INFINITY).excess;
}

function packetBytes(bytes: readonly Point[], packets: readonly (readonly Point[])[], rise: Rise | null): number {
  const from = rise?.onset.earliestMs ?? 0;
  const sum = (points: readonly Point[]) =>
    points.filter((p) => p.atMs >= from).reduce((total, p) => total + p.value, 0);
  const count = sum(sumSeries(packets));
  return count > 0 ? sum(bytes) / count : 0;
}

function riseOf(
  gateways: readonly GatewaySeries[],
  hourly: (gateway: GatewaySeries) => readonly Point[],
  fine: (gateway: GatewaySeries) => readonly Point[],
): Rise | null {
  const periodMs = Math.max(...gateways.map((gateway) => gateway.finePeriodMs));
  return findRise(sumSeries(gateways.map(hourly)), sumSeries(gateways.map(fine)), periodMs, COUNT_OFFSET);
}

function measureAttempts(gateways: readonly GatewaySeries[]): AttemptRise | null {
  const rise = riseOf(
    gateways,
    (gateway) => gateway.attempts,
    (gateway) => gateway.fineAttempts,
  );
  if (!rise) return null;
  const after = (pick: (gateway: GatewaySeries) => readonly Point[]) =>
    between(sumSeries(gateways.map(pick)), rise.onset.earliestMs, Number.POSITIVE_INFINITY).reduce(
      (sum, p) => sum + p.value,
      0,
    );
  return {
    rise,
    attempts: after((gateway) => gateway.attempts),
    established: after((gateway) => gateway.established),
    portErrors: after((gateway) => gateway.portErrors),
    idleTimeouts: after((gateway) => gateway.idleTimeouts),
  };
}

/** A short spike or a nightly job drowns in the mean of the days after it: half as much again in its own hours … */
const PEAK_RATIO = 1.5;
/** … and still a twentieth over all, or it only moved within the day. */
const MIN_PEAK_EXCESS = 0.05;

function hasPeaks(total: readonly Point[], rise: Rise, high: readonly number[]): boolean {
  if (high.length < 2 || rise.factor < 1 + MIN_PEAK_EXCESS) return false;
  const hours = new Set(high);
  const points = total.filter((point) => hours.has(point.atMs));
  const expected = points.reduce((sum, point) => sum + rise.baseline.expected(point.atMs), 0);
  return points.reduce((sum, point) => sum + point.value, 0) >= PEAK_RATIO * expected;
}

/** Two and a half spreads: an hour that a reader of the chart would call high, though no alarm by itself. */
const HIGH_Z = 2.5;

/** Hours since the onset that stand out from what is usual. */
export function highHours(total: readonly Point[], baseline: Baseline, onsetMs: number): number[] {
  const from = Math.floor(onsetMs / HOUR_MS) * HOUR_MS;
  return total
    .filter((point) => point.atMs >= from && baseline.zScore(point.atMs, point.value) > HIGH_Z)
    .map((point) => point.atMs);
}

/** CloudWatch may be an hour late, and an hour may be quiet by chance. */
const QUIET_HOURS = 3;
/** What comes back every day is not over because the day's part is: a day and two hours. */
const DAILY_HOURS = 26;

/** Whether an excess goes on at `lastMs`, by its hours that stand out. */
export function excessState(high: readonly number[], lastMs: number): 'ongoing' | 'ended' {
  const last = high.at(-1);
  if (last === undefined) return 'ended';
  const quietHours = (lastMs - last) / HOUR_MS - 1;
  if (quietHours <= QUIET_HOURS) return 'ongoing';
  const days = new Set(high.map((hour) => Math.floor(hour / DAY_MS)));
  return quietHours < DAILY_HOURS && days.size >= 2 ? 'ongoing' : 'ended';
}

/** How the level of each gateway changed at `interval`: like hours before (by its own baseline) against after. */
export function gatewayShifts(metrics: NatMetrics, interval: Interval): GatewayShift[] {
  return metrics.gateways.map((gateway) => {
    const before = gateway.bytes.filter((point) => point.atMs < interval.earliestMs - HOUR_MS / 2);
    // The hour of the change itself holds both levels.
    const fromMs = Math.ceil(interval.latestMs / HOUR_MS) * HOUR_MS;
    const hours = metrics.total.filter((point) => point.atMs >= fromMs).map((point) => point.atMs);
    const values = new Map(gateway.bytes.map((point) => [point.atMs, point.value]));
    const baseline = before.length > 0 ? fitBaseline(before, { offset: BYTES_OFFSET }) : null;
    return {
      id: gateway.id,
      beforePerHour: baseline ? mean(hours.map((hour) => baseline.expected(hour))) : 0,
      // A gateway without a value after the change is gone: it takes nothing.
      afterPerHour: mean(hours.map((hour) => values.get(hour) ?? 0)),
    };
  });
}
