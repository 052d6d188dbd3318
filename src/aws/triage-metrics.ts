import { readMetrics } from '../triage/bundle/aws-shapes.js';
import { measureNat } from '../triage/evidence/nat-metrics.js';
import { mainOnset } from '../triage/onset.js';
import type { MetricSeries } from '../triage/sources.js';
import { DAY_MS, HOUR_MS, isoTime, MINUTE_MS } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { listMetricDimensions, type MetricAsked, readMetricData } from './metric-data.js';

/** Series as `cloudwatch/metrics.json` holds them, and what they lack. */
export interface MetricsDocument {
  readonly series: readonly unknown[];
  readonly lacks: readonly string[];
}

const NAMESPACE = 'AWS/NATGateway';
/** What the diagnosis reads of a gateway, with the statistic that makes sense of it (facts/triage.md part 2). */
const METRICS: readonly (readonly [metric: string, stat: 'Sum' | 'Maximum'])[] = [
  ['BytesOutToDestination', 'Sum'],
  ['BytesOutToSource', 'Sum'],
  ['PacketsOutToDestination', 'Sum'],
  ['PacketsOutToSource', 'Sum'],
  ['ActiveConnectionCount', 'Maximum'],
  ['ConnectionAttemptCount', 'Sum'],
  ['ConnectionEstablishedCount', 'Sum'],
  ['ErrorPortAllocation', 'Sum'],
  ['IdleTimeoutCount', 'Sum'],
];
/** What dates the onset. */
const FINE = new Set(['BytesOutToDestination', 'BytesOutToSource', 'ActiveConnectionCount', 'ConnectionAttemptCount']);

const HISTORY_MS = 42 * DAY_MS;
const FINE_PERIOD_MS = 5 * MINUTE_MS;
const FINE_BEFORE_MS = DAY_MS;
const FINE_LENGTH_MS = 3 * DAY_MS;
/** The newest ten minutes are not whole yet. */
const LATE_MS = 10 * MINUTE_MS;
/** 9 metrics each: 100 gateways are a cent. */
const MOST_GATEWAYS = 100;

/** The gateways that CloudWatch heard of in the last two weeks. Throws NetcostError('upstream'). */
export async function listGateways(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const asked = { namespace: NAMESPACE, metric: 'BytesOutToDestination' };
  const listed = await listMetricDimensions(access, place, asked, signal);
  return [...new Set(listed.flatMap(({ NatGatewayId }) => NatGatewayId ?? []))].sort();
}

/** Hourly bytes alone, both ways: enough to see which place rose. Throws NetcostError('upstream'). */
export async function readHourlyBytes(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  natGatewayIds: readonly string[],
  window: { readonly fromMs: number; readonly toMs: number },
  signal?: AbortSignal,
): Promise<readonly MetricSeries[]> {
  const asked = natGatewayIds.flatMap((NatGatewayId) =>
    METRICS.slice(0, 2).map(([metric, stat]) => one(metric, stat, { NatGatewayId }, HOUR_MS)),
  );
  return asked.length === 0 ? [] : (await readMetricData(access, place, asked, window, signal)).series;
}

/**
 * The gateways' metrics: hourly for six weeks, and in 5-minute steps around the onset that these show. Gateways are
 * those of `known` (EC2's) and those that CloudWatch heard of in the last two weeks, deleted ones too.
 * Throws NetcostError('upstream').
 */
export async function readTriageMetrics(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  known: readonly string[],
  nowMs: number,
  signal?: AbortSignal,
): Promise<MetricsDocument> {
  const lacks: string[] = [];
  const listed = await listMetricDimensions(
    access,
    place,
    { namespace: NAMESPACE, metric: 'BytesOutToDestination' },
    signal,
  ).catch((error: unknown) => {
    if (known.length === 0) throw error;
    lacks.push('ListMetrics did not answer, so gateways that were deleted are not known');
    return [];
  });
  const sets = dimensionSets(known, listed);
  const taken = sets.slice(0, MOST_GATEWAYS);
  if (taken.length < sets.length) lacks.push(`the first ${taken.length} of ${sets.length} gateways were read`);
  const hourEnd = Math.floor((nowMs - LATE_MS) / HOUR_MS) * HOUR_MS;
  const hourly = await readMetricData(
    access,
    place,
    taken.flatMap((dimensions) => METRICS.map(([metric, stat]) => one(metric, stat, dimensions, HOUR_MS))),
    { fromMs: hourEnd - HISTORY_MS, toMs: hourEnd },
    signal,
  );
  const onset = mainOnset(measureNat(readMetrics(documentOf(hourly.series))));
  const fineEnd = Math.floor((nowMs - LATE_MS) / FINE_PERIOD_MS) * FINE_PERIOD_MS;
  const fineFrom = onset === null ? fineEnd - FINE_LENGTH_MS : onset.earliestMs - FINE_BEFORE_MS;
  const fine = await readMetricData(
    access,
    place,
    taken.flatMap((dimensions) =>
      METRICS.filter(([metric]) => FINE.has(metric)).map(([metric, stat]) =>
        one(metric, stat, dimensions, FINE_PERIOD_MS),
      ),
    ),
    { fromMs: fineFrom, toMs: Math.min(fineEnd, Math.max(fineFrom + FINE_LENGTH_MS, (onset?.latestMs ?? 0) + DAY_MS)) },
    signal,
  );
  const invocations = await readInvocations(access, place, { fromMs: fineFrom, toMs: hourEnd }, signal).catch(() => []);
  return {
    series: documentOf([...hourly.series, ...fine.series, ...invocations]),
    lacks: [...lacks, ...summed([...hourly.incomplete, ...fine.incomplete])],
  };
}

/** How often agents were invoked: what CloudTrail does not show. Left out where it cannot be read. */
async function readInvocations(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  window: { readonly fromMs: number; readonly toMs: number },
  signal: AbortSignal | undefined,
): Promise<readonly MetricSeries[]> {
  const namespace = 'AWS/Bedrock-AgentCore';
  const sets = await listMetricDimensions(access, place, { namespace, metric: 'Invocations' }, signal);
  const asked = sets
    .slice(0, 50)
    .map((dimensions) => ({ ...one('Invocations', 'Sum', dimensions, HOUR_MS), namespace }));
  return asked.length === 0 ? [] : (await readMetricData(access, place, asked, window, signal)).series;
}

/** By gateway its plain series; where CloudWatch has only finer ones (a regional gateway's zones), all of these. */
function dimensionSets(known: readonly string[], listed: readonly MetricSeries['dimensions'][]) {
  const ids = new Set([...known, ...listed.flatMap(({ NatGatewayId }) => NatGatewayId ?? [])]);
  return [...ids].flatMap((NatGatewayId): MetricSeries['dimensions'][] => {
    const own = listed.filter((set) => set.NatGatewayId === NatGatewayId);
    const isZonal = own.length > 0 && own.every((set) => Object.keys(set).length > 1);
    return isZonal ? own : [{ NatGatewayId }];
  });
}

function one(metric: string, stat: string, dimensions: MetricSeries['dimensions'], periodMs: number): MetricAsked {
  return { namespace: NAMESPACE, metric, dimensions, periodMs, stat };
}

function documentOf(series: readonly MetricSeries[]): readonly unknown[] {
  return series
    .filter(({ timesMs }) => timesMs.length > 0)
    .map(({ namespace, metric, dimensions, periodMs, stat, timesMs, values }) => ({
      Namespace: namespace,
      MetricName: metric,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      Period: periodMs / 1000,
      Stat: stat,
      Timestamps: timesMs.map(isoTime),
      Values: values,
    }));
}

/** Hundreds of series may be cut for one reason: the first few tell it. */
function summed(incomplete: readonly string[]): string[] {
  const first = incomplete.slice(0, 3);
  return incomplete.length > 3 ? [...first, `and ${incomplete.length - 3} more series that did not come whole`] : first;
}
