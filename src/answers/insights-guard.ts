import { parseQuestion } from '../query/parse.js';
import type { Query } from '../query/query.js';
import { DAY_MS } from '../units.js';
import { scansOf } from './ask-insights.js';
import { formatUsdOfInsights } from './insights-price.js';
import { judgeScan, type ScanLimits } from './judge-scan.js';
import type { Caller, ConfirmReply } from './reply.js';

/** A log group as DescribeLogGroups tells it. */
export interface LogGroupSize {
  readonly storedBytes: number;
  readonly createdMs: number;
  /** Undefined where nothing is ever removed. */
  readonly retentionDays: number | undefined;
}

export interface InsightsGuardDeps {
  readonly groups: readonly { readonly region: string; readonly size: () => Promise<LogGroupSize | undefined> }[];
  readonly limits: ScanLimits;
  readonly readBytes: (person: string, day: number) => Promise<number>;
}

/**
 * What a question would make Logs Insights scan: the bytes of a log group by the window's part of the time that it
 * holds, as often as the question reads them. Rough, since no hour is like another.
 */
function bytesOfWindow(size: LogGroupSize, query: Query, nowMs: number): number {
  const { storedBytes, createdMs, retentionDays } = size;
  const firstMs = Math.max(createdMs, retentionDays === undefined ? 0 : nowMs - retentionDays * DAY_MS);
  const heldMs = Math.max(1, nowMs - firstMs);
  const shareOf = ({ fromMs, toMs }: Query['window']): number =>
    Math.max(0, Math.min(toMs, nowMs) - Math.max(fromMs, firstMs)) / heldMs;
  const { now, previous } = scansOf(query, true);
  const share = shareOf(query.window) * now + (query.compare ? shareOf(query.compare.window) * previous : 0);
  return Math.round(storedBytes * share);
}

/**
 * What is said in place of a question that would scan much in Logs Insights, as athena-guard.ts for Athena.
 * @throws NetcostError 'denied' where it is above a limit.
 */
export async function guardInsights(
  deps: InsightsGuardDeps,
  text: string,
  caller: Caller,
  nowMs: number,
  isConfirmed: boolean,
): Promise<{ readonly instead: ConfirmReply } | { readonly bytes: number }> {
  const query = parseQuestion(text, { nowMs });
  const sizes = await Promise.all(deps.groups.map(({ size }) => size()));
  const bytes = sizes.some((size) => size === undefined)
    ? undefined
    : sizes.reduce((sum, size) => sum + bytesOfWindow(size!, query, nowMs), 0);
  const region = deps.groups[0]?.region ?? '';
  const { now } = scansOf(query, true);
  const offer = {
    query,
    bytes,
    notes: [`Estimated by the size of the log group and its age; the window is read up to ${now} times.`],
    engine: 'Logs Insights',
    limitsKey: 'data.insights.limits',
    usdOf: (some: number) => formatUsdOfInsights(some, region),
  };
  return judgeScan(offer, deps, caller, nowMs, isConfirmed);
}
