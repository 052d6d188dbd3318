import { type Point, resample, sumSeries } from '../../anomalies/series.js';
import { HOUR_MS, MINUTE_MS } from '../../units.js';
import type { MetricSeries } from '../sources.js';

/** The metrics of one NAT gateway, as series. Hourly; `fine` in 5-minute steps where CloudWatch still has them. */
export interface GatewaySeries {
  readonly id: string;
  /** Billed bytes: what left towards both sides. All four byte metrics together would count twice (facts part 2). */
  readonly bytes: readonly Point[];
  readonly up: readonly Point[];
  readonly down: readonly Point[];
  readonly fine: readonly Point[];
  readonly finePeriodMs: number;
  readonly attempts: readonly Point[];
  readonly fineAttempts: readonly Point[];
  readonly established: readonly Point[];
  readonly active: readonly Point[];
  readonly fineActive: readonly Point[];
  readonly portErrors: readonly Point[];
  readonly idleTimeouts: readonly Point[];
  readonly packetsUp: readonly Point[];
  readonly packetsDown: readonly Point[];
}

/** Series of every NAT gateway that CloudWatch knows, ordered by id. Other namespaces are passed over. */
export function gatewaySeries(series: readonly MetricSeries[]): GatewaySeries[] {
  const own = series.filter((one) => one.namespace === 'AWS/NATGateway' && one.dimensions.NatGatewayId !== undefined);
  const ids = [...new Set(own.map((one) => one.dimensions.NatGatewayId as string))].sort();
  return ids.map((id) =>
    oneGateway(
      id,
      own.filter((one) => one.dimensions.NatGatewayId === id),
    ),
  );
}

function oneGateway(id: string, series: readonly MetricSeries[]): GatewaySeries {
  const hourly = (...metrics: readonly string[]) => pick(series, HOUR_MS, metrics);
  const finePeriodMs = finestPeriod(series);
  const fine = (...metrics: readonly string[]) => pick(series, finePeriodMs, metrics);
  const up = hourly('BytesOutToDestination', 'BytesInFromSource');
  const down = hourly('BytesOutToSource', 'BytesInFromDestination');
  return {
    id,
    up,
    down,
    bytes: sumSeries([up, down]),
    fine: sumSeries([
      fine('BytesOutToDestination', 'BytesInFromSource'),
      fine('BytesOutToSource', 'BytesInFromDestination'),
    ]),
    finePeriodMs,
    attempts: hourly('ConnectionAttemptCount'),
    fineAttempts: fine('ConnectionAttemptCount'),
    established: hourly('ConnectionEstablishedCount'),
    active: hourly('ActiveConnectionCount'),
    fineActive: fine('ActiveConnectionCount'),
    portErrors: hourly('ErrorPortAllocation'),
    idleTimeouts: hourly('IdleTimeoutCount'),
    packetsUp: hourly('PacketsOutToDestination', 'PacketsInFromSource'),
    packetsDown: hourly('PacketsOutToSource', 'PacketsInFromDestination'),
  };
}

/** Fine data is 5 minutes or, in the last two weeks, 1 minute; one step is enough, and 5 minutes are kept longer. */
function finestPeriod(series: readonly MetricSeries[]): number {
  const periods = series.map((one) => one.periodMs).filter((period) => period < HOUR_MS);
  if (periods.includes(5 * MINUTE_MS)) return 5 * MINUTE_MS;
  return periods.length > 0 ? Math.min(...periods) : 5 * MINUTE_MS;
}

/** The first of the metrics that is there, in steps of `periodMs`: as asked, or added up from finer steps. */
function pick(series: readonly MetricSeries[], periodMs: number, metrics: readonly string[]): Point[] {
  for (const metric of metrics) {
    const same = series.filter((one) => one.metric === metric && one.timesMs.length > 0);
    const exact = plainFirst(same.filter((one) => one.periodMs === periodMs));
    if (exact.length > 0) return combine(exact);
    const finer = same.filter((one) => one.periodMs < periodMs);
    if (finer.length === 0) continue;
    const finest = Math.max(...finer.map((one) => one.periodMs));
    const points = combine(plainFirst(finer.filter((one) => one.periodMs === finest)));
    return metric === 'ActiveConnectionCount' ? maxima(points, periodMs) : resample(points, finest, periodMs);
  }
  return [];
}

/** A regional gateway may have a series per zone beside the one of the whole gateway: never both. */
function plainFirst(series: readonly MetricSeries[]): readonly MetricSeries[] {
  const plain = series.filter((one) => Object.keys(one.dimensions).length === 1);
  return plain.length > 0 ? plain.slice(0, 1) : series;
}

function combine(series: readonly MetricSeries[]): Point[] {
  return sumSeries(series.map((one) => one.timesMs.map((atMs, index) => ({ atMs, value: one.values[index] ?? 0 }))));
}

function maxima(points: readonly Point[], bucketMs: number): Point[] {
  const highest = new Map<number, number>();
  for (const point of points) {
    const atMs = Math.floor(point.atMs / bucketMs) * bucketMs;
    highest.set(atMs, Math.max(highest.get(atMs) ?? 0, point.value));
  }
  return [...highest].map(([atMs, value]) => ({ atMs, value }));
}
