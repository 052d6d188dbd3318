import type { GatewayReading, NatMetricsRead } from '../answers/nat-metrics.js';
import { describeError, NetcostError } from '../errors.js';
import { type GatewaySeries, gatewaySeries } from '../triage/evidence/nat-series.js';
import type { MetricSeries } from '../triage/sources.js';
import { HOUR_MS, MINUTE_MS } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { priceOfCalls } from './call-count.js';
import { listMetricDimensions, type MetricAsked, readMetricData } from './metric-data.js';

const NAMESPACE = 'AWS/NATGateway';
/** What a digest needs. The two byte metrics that leave the gateway are what is billed; the two that come in repeat them. */
const METRICS: readonly (readonly [metric: string, stat: 'Sum' | 'Maximum'])[] = [
  ['BytesOutToDestination', 'Sum'],
  ['BytesOutToSource', 'Sum'],
  ['ActiveConnectionCount', 'Maximum'],
  ['ConnectionAttemptCount', 'Sum'],
  ['ConnectionEstablishedCount', 'Sum'],
  ['ErrorPortAllocation', 'Sum'],
];
/** CloudWatch may still change the newest minutes (facts/triage.md part 2). */
export const SETTLE_MS = 10 * MINUTE_MS;
/** Places asked at once: GetMetricData allows 50 requests a second in each. */
const AT_ONCE = 5;

/**
 * Reads the hourly metrics of every NAT gateway of every configured account and Region from `fromMs` to the last whole
 * hour before `nowMs`. Gateways are found by ListMetrics, which knows what had data in the last two weeks. A place that
 * fails is named in `failures`, and the others are read all the same. Throws NetcostError('cancelled') when stopped.
 */
export async function readNatMetrics(
  access: AwsAccess,
  { fromMs, nowMs }: { readonly fromMs: number; readonly nowMs: number },
  signal?: AbortSignal,
): Promise<NatMetricsRead> {
  const completeUntilMs = Math.floor((nowMs - SETTLE_MS) / HOUR_MS) * HOUR_MS;
  const window = { fromMs, toMs: completeUntilMs };
  const { result, calls } = await access.counted(async () => {
    const read: PlaceRead[] = [];
    for (let first = 0; first < access.places.length; first += AT_ONCE) {
      const places = access.places.slice(first, first + AT_ONCE);
      read.push(...(await Promise.all(places.map((place) => readPlace(access, place, window, signal)))));
    }
    return read;
  });
  return {
    gateways: result.flatMap(({ gateways }) => gateways),
    completeUntilMs,
    failures: result.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
    incomplete: result.flatMap(({ incomplete }) => incomplete),
    usd: priceOfCalls(calls).toFixed(),
    requests: calls.reduce((sum, { requests }) => sum + requests, 0),
  };
}

/** The gateways of one place, out of their metrics in any order. */
export function readingsOf(series: readonly MetricSeries[], place: AwsPlace): readonly GatewayReading[] {
  return gatewaySeries(series).map((one) => readingOf(one, place));
}

interface PlaceRead extends Pick<NatMetricsRead, 'gateways' | 'incomplete'> {
  readonly failure?: NatMetricsRead['failures'][number];
}

async function readPlace(
  access: AwsAccess,
  place: AwsPlace,
  window: { readonly fromMs: number; readonly toMs: number },
  signal: AbortSignal | undefined,
): Promise<PlaceRead> {
  try {
    const found = await listMetricDimensions(
      access,
      place,
      { namespace: NAMESPACE, metric: 'BytesOutToSource' },
      signal,
    );
    const asked = found
      .filter(({ NatGatewayId }) => NatGatewayId !== undefined)
      .flatMap((dimensions) =>
        METRICS.map(
          ([metric, stat]): MetricAsked => ({ namespace: NAMESPACE, metric, dimensions, periodMs: HOUR_MS, stat }),
        ),
      );
    const { series, incomplete } = await readMetricData(access, place, asked, window, signal);
    return { gateways: readingsOf(series, place), incomplete };
  } catch (error) {
    if (error instanceof NetcostError && error.code === 'cancelled') throw error;
    if (!(error instanceof NetcostError)) throw error;
    return { gateways: [], incomplete: [], failure: { ...place, says: describeError(error) } };
  }
}

function readingOf(
  { id, up, down, active, attempts, established, portErrors }: GatewaySeries,
  { accountId, region }: AwsPlace,
): GatewayReading {
  return { accountId, region, natGatewayId: id, up, down, active, attempts, established, portErrors };
}
