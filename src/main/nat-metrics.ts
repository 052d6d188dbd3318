import type { ReadNatMetrics } from '../answers/nat-metrics.js';
import {
  type DigestPeriod,
  makeNatMetricsDigest,
  type NatMetricsDigest,
  natDigestFromMs,
} from '../answers/nat-metrics-digest.js';
import { type AwsAccount, openAwsAccess } from '../aws/access.js';
import { readNatMetrics } from '../aws/nat-metrics.js';
import { MINUTE_MS } from '../units.js';

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

/** Reads NAT metrics of these accounts. */
export function bindNatMetrics(accounts: readonly AwsAccount[]): NatMetrics {
  const access = openAwsAccess(accounts);
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
