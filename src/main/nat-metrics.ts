import { readFile } from 'node:fs/promises';
import * as gateways from '../../commands/gateways.js';
import type { ReadNatMetrics } from '../answers/nat-metrics.js';
import {
  type DigestPeriod,
  makeNatMetricsDigest,
  type NatMetricsDigest,
  natDigestFromMs,
} from '../answers/nat-metrics-digest.js';
import type { Command } from '../answers/reply.js';
import { type AwsPlace, openAwsAccess } from '../aws/access.js';
import { readingsOf, readNatMetrics, SETTLE_MS } from '../aws/nat-metrics.js';
import type { Config } from '../config.js';
import type { Store } from '../rollups/store.js';
import { readMetrics } from '../triage/bundle/aws-shapes.js';
import type { MetricSeries } from '../triage/sources.js';
import { HOUR_MS, MINUTE_MS } from '../units.js';
import { accountsOf } from './accounts.js';
import { bringsLogs } from './source-engines.js';

/** What CloudWatch alone can tell, bound to the accounts of a config. */
export interface NatMetrics {
  readonly makeNatDigest: (input: {
    readonly period: DigestPeriod;
    readonly nowMs: number;
  }) => Promise<NatMetricsDigest>;
  /** No flow logs are named in the config, and none were read into the store by hand. */
  readonly isAllThereIs: boolean;
  readonly close: () => void;
}

/** Several digests of one morning are one reading: metrics are paid for. */
const KEEP_MS = 10 * MINUTE_MS;

/** NAT metrics of the config's accounts; undefined where there are none. */
export function natMetricsOf({ data, aws }: Pick<Config, 'data' | 'aws'>, store: Store): NatMetrics | undefined {
  if (aws.accounts.length === 0) return undefined;
  const access = openAwsAccess(accountsOf(aws.accounts));
  const hasLogs = bringsLogs(data) || store.catalog.flowLogLives().length > 0;
  return {
    makeNatDigest: natDigests((window, signal) => readNatMetrics(access, window, signal)),
    isAllThereIs: !hasLogs,
    close: access.close,
  };
}

/** Digests of what `read` gives; the same days asked again within ten minutes are not read again. */
export function natDigests(read: ReadNatMetrics): NatMetrics['makeNatDigest'] {
  let last:
    | { readonly fromMs: number; readonly atMs: number; readonly metrics: ReturnType<ReadNatMetrics> }
    | undefined;
  return async ({ period, nowMs }) => {
    const fromMs = natDigestFromMs(period, nowMs);
    if (last === undefined || last.fromMs > fromMs || nowMs - last.atMs > KEEP_MS) {
      const metrics = read({ fromMs, nowMs });
      last = { fromMs, atMs: nowMs, metrics };
      metrics.catch(() => {
        last = undefined;
      });
    }
    return makeNatMetricsDigest(await last.metrics, period, nowMs);
  };
}

/** `/netcost gateways`. */
export function gatewaysCommand(makeNatDigest: NatMetrics['makeNatDigest']): Command {
  const { name, usage, summary } = gateways;
  return { name, usage, summary, handle: (call) => gateways.handle({ makeNatDigest }, call) };
}

/** What a file of metrics says, as in an evidence bundle: the demo's CloudWatch. */
export function readMetricsFile(file: () => string, place: AwsPlace): ReadNatMetrics {
  return async ({ fromMs, nowMs }) => {
    const series = readMetrics(JSON.parse(await readFile(file(), 'utf8'))).filter(
      ({ periodMs }) => periodMs === HOUR_MS,
    );
    const window = series.map((one) => ({ ...one, ...since(one, fromMs) }));
    const completeUntilMs = Math.floor((nowMs - SETTLE_MS) / HOUR_MS) * HOUR_MS;
    return {
      gateways: readingsOf(window, place),
      completeUntilMs,
      failures: [],
      incomplete: [],
      usd: '0',
      requests: 0,
    };
  };
}

function since({ timesMs, values }: MetricSeries, fromMs: number): Pick<MetricSeries, 'timesMs' | 'values'> {
  const first = timesMs.findIndex((atMs) => atMs >= fromMs);
  return first < 0 ? { timesMs: [], values: [] } : { timesMs: timesMs.slice(first), values: values.slice(first) };
}
