import type { ReadNatMetrics } from '../answers/nat-metrics.js';
import {
  type DigestPeriod,
  makeNatMetricsDigest,
  type NatMetricsDigest,
  natDigestFromMs,
} from '../answers/nat-metrics-digest.js';
import { openAwsAccess } from '../aws/access.js';
import { readNatMetrics } from '../aws/nat-metrics.js';
import type { Config } from '../config.js';
import type { Store } from '../rollups/store.js';
import { MINUTE_MS } from '../units.js';
import { accountsOf } from './buckets.js';

/** What CloudWatch alone can tell, bound to the accounts of a config. */
export interface NatMetrics {
  readonly makeNatDigest: (input: {
    readonly period: DigestPeriod;
    readonly nowMs: number;
  }) => Promise<NatMetricsDigest>;
  readonly close: () => void;
}

/** Several digests of one morning are one reading: metrics are paid for. */
const KEEP_MS = 10 * MINUTE_MS;

/**
 * NAT metrics of the config's accounts, where they are all there is: no flow logs are named in the config, and none were
 * read into the store by hand. Undefined otherwise.
 */
export function natMetricsOf({ data, aws }: Pick<Config, 'data' | 'aws'>, store: Store): NatMetrics | undefined {
  const hasLogs = data.flowLogs !== undefined || data.buckets.length > 0 || store.catalog.flowLogLives().length > 0;
  if (hasLogs || aws.accounts.length === 0) return undefined;
  const access = openAwsAccess(accountsOf(aws.accounts));
  return {
    makeNatDigest: natDigests((window, signal) => readNatMetrics(access, window, signal)),
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
