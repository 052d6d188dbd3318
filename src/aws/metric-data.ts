import {
  CloudWatchClient,
  GetMetricDataCommand,
  type GetMetricDataCommandOutput,
  ListMetricsCommand,
  type MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import type { MetricSeries } from '../triage/sources.js';
import { HOUR_MS } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask } from './ask.js';

/** One metric, as CloudWatch is asked for it. */
export type MetricAsked = Pick<MetricSeries, 'namespace' | 'metric' | 'dimensions' | 'periodMs' | 'stat'>;

/** UTC ms; `fromMs` ≤ a point's start < `toMs`. */
export interface MetricWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What CloudWatch gave. */
export interface MetricDataRead {
  /** One for each metric asked, in that order. One without points says that CloudWatch has none in the window. */
  readonly series: readonly MetricSeries[];
  /** A line for each metric that did not come whole, with CloudWatch's reason; its points are a part at most. */
  readonly incomplete: readonly string[];
}

/** CloudWatch takes 500 queries a request (facts/triage.md part 2). */
const QUERIES_PER_REQUEST = 500;
/** A page holds up to 100,800 points; 500 metrics of 42 days in 5 minutes are 60 pages. More is a token that loops. */
const MOST_PAGES = 200;
/** An exabyte in one period: no gateway carries it (100 Gbit/s are 45 TB an hour), so such a value is damage. */
const MAX_VALUE = 1e18;

/**
 * Reads metrics at one place: 500 a request, page by page, times ascending. The window snaps outward to the longest
 * period asked, so that each period is whole. A metric that CloudWatch gives in part, or refuses alone, is named under
 * `incomplete`; a request that fails (denied, throttled after retries, no answer) throws NetcostError('upstream'),
 * an aborted one ('cancelled'). Price: USD 0.01 per 1,000 metrics (call-count.ts).
 */
export async function readMetricData(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  asked: readonly MetricAsked[],
  window: MetricWindow,
  signal?: AbortSignal,
): Promise<MetricDataRead> {
  const client = access.client(CloudWatchClient, place);
  const stepMs = Math.max(60_000, ...asked.map(({ periodMs }) => periodMs));
  const times = {
    StartTime: new Date(Math.floor(window.fromMs / stepMs) * stepMs),
    EndTime: new Date(Math.ceil(window.toMs / stepMs) * stepMs),
    ScanBy: 'TimestampAscending' as const,
  };
  const gathered = asked.map((): Gathered => ({ points: new Map(), status: undefined, said: [] }));
  for (let first = 0; first < asked.length; first += QUERIES_PER_REQUEST) {
    const queries = asked
      .slice(first, first + QUERIES_PER_REQUEST)
      .map((one, index) => query(one, `m${first + index}`));
    let token: string | undefined;
    for (let page = 0; ; page += 1) {
      const input = { ...times, MetricDataQueries: queries, ...(token !== undefined && { NextToken: token }) };
      const answer: GetMetricDataCommandOutput = await ask('cloudwatch:GetMetricData', place, signal, (options) =>
        client.send(new GetMetricDataCommand(input), options),
      );
      for (const result of answer.MetricDataResults ?? []) take(gathered, result, answer.Messages);
      if (answer.NextToken === undefined || answer.NextToken === '') break;
      if (answer.NextToken === token || page >= MOST_PAGES) {
        for (const one of gathered.slice(first, first + queries.length)) one.status = 'PartialData';
        break;
      }
      token = answer.NextToken;
    }
  }
  return {
    series: asked.map((one, index) => seriesOf(one, gathered[index] as Gathered, window)),
    incomplete: asked.flatMap((one, index) => lineOf(one, gathered[index] as Gathered)),
  };
}

/** The dimensions of every series of one metric, as ListMetrics knows them: what had data in the last two weeks. */
export async function listMetricDimensions(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  { namespace, metric }: Pick<MetricAsked, 'namespace' | 'metric'>,
  signal?: AbortSignal,
): Promise<readonly MetricSeries['dimensions'][]> {
  const client = access.client(CloudWatchClient, place);
  const found: MetricSeries['dimensions'][] = [];
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const input = { Namespace: namespace, MetricName: metric, ...(token !== undefined && { NextToken: token }) };
    const answer = await ask('cloudwatch:ListMetrics', place, signal, (options) =>
      client.send(new ListMetricsCommand(input), options),
    );
    for (const { Dimensions } of answer.Metrics ?? [])
      found.push(Object.fromEntries((Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value])));
    if (answer.NextToken === undefined || answer.NextToken === '' || answer.NextToken === token) break;
    token = answer.NextToken;
  }
  return found;
}

/** What came of one query over all pages. */
interface Gathered {
  readonly points: Map<number, number>;
  /** The last page's word; a page in the middle says PartialData, and the next completes it. */
  status: MetricDataResult['StatusCode'];
  readonly said: string[];
}

function query({ namespace, metric, dimensions, periodMs, stat }: MetricAsked, id: string) {
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: periodMs / 1000,
      Stat: stat,
    },
    ReturnData: true,
  };
}

function take(
  gathered: readonly Gathered[],
  { Id = '', Timestamps = [], Values = [], StatusCode, Messages = [] }: MetricDataResult,
  general: GetMetricDataCommandOutput['Messages'] = [],
): void {
  const one = gathered[Number(Id.slice(1))];
  if (one === undefined) return;
  one.status = StatusCode;
  for (const { Value = '' } of [...Messages, ...general])
    if (Value !== '' && !one.said.includes(Value)) one.said.push(Value);
  for (const [index, time] of Timestamps.entries()) {
    const value = Values[index];
    if (value !== undefined && value >= 0 && value <= MAX_VALUE) one.points.set(time.getTime(), value);
  }
}

function seriesOf(one: MetricAsked, { points }: Gathered, { fromMs, toMs }: MetricWindow): MetricSeries {
  const inside = [...points].filter(([atMs]) => atMs + one.periodMs > fromMs && atMs < toMs).sort(([a], [b]) => a - b);
  return { ...one, timesMs: inside.map(([atMs]) => atMs), values: inside.map(([, value]) => value) };
}

function lineOf({ metric, dimensions, periodMs }: MetricAsked, { status, said }: Gathered): string[] {
  // A result without a word is one that CloudWatch left out.
  if (status === 'Complete') return [];
  const of = Object.values(dimensions).join(' ');
  const step = periodMs >= HOUR_MS ? `${periodMs / HOUR_MS} h` : `${periodMs / 60_000} min`;
  const reason = said.map((text) => text.replace(/\s+/g, ' ').slice(0, 200)).join('; ');
  return [`${metric} of ${of} (${step}): ${status ?? 'no result'}${reason === '' ? '' : `: ${reason}`}`];
}
