import { Decimal } from 'decimal.js';
import type { NetcostError } from '../errors.js';
import type { IngestReport } from '../rollups/ingest.js';
import { formatBytes } from '../units.js';
import { plainText } from './plain-text.js';

/** What an ingest did; `remote` where objects were fetched from buckets. */
export interface IngestOutcome extends IngestReport {
  readonly remote?: {
    readonly objects: number;
    readonly bytes: number;
    /** Requests that AWS was sent, and what they cost at most, USD. */
    readonly requests: number;
    readonly usd: string;
    readonly failures: readonly { readonly what: string; readonly error: NetcostError }[];
  };
}

/** What an ingest did, for people: rows, what was skipped and why, seconds. */
export function ingestReportText(report: IngestOutcome): string {
  const seconds = report.tookMs / 1000;
  const perSecond = seconds > 0 ? ` (${countText(Math.round(report.rows / seconds))} a second)` : '';
  const lines = [
    `${countText(report.rows)} rows of ${countText(report.objectsRead)} objects in ${seconds.toFixed(1)} s${perSecond}`,
  ];
  if (report.remote) lines.push(remoteText(report.remote));
  if (report.objectsKnown > 0) lines.push(`${countText(report.objectsKnown)} objects were in the store already`);
  if (report.duplicates > 0) lines.push(`${countText(report.duplicates)} objects had the content of another`);
  if (report.objectsPassedOver > 0) lines.push(`${countText(report.objectsPassedOver)} files are no flow logs`);
  for (const [reason, { count, sample }] of report.malformed) {
    lines.push(`${countText(count)} lines skipped: ${plainText(reason)}, such as "${plainText(sample).slice(0, 100)}"`);
  }
  for (const { path, why } of report.unreadable) lines.push(`${plainText(path)}: ${plainText(why)}`);
  return `${lines.join('\n')}\n`;
}

/** The same as data for --json. */
export function ingestReportJson(report: IngestOutcome): unknown {
  const malformed = [...report.malformed].map(([reason, { count, sample }]) => ({ reason, count, sample }));
  const { remote } = report;
  const failures = remote?.failures.map(({ what, error }) => ({ what, error: error.message, fix: error.hint }));
  return { ...report, malformed, ...(remote && { remote: { ...remote, failures } }) };
}

/** What was fetched, and what AWS takes for asking: a figure of fractions of a cent is still a figure. */
function remoteText({ objects, bytes, requests, usd }: NonNullable<IngestOutcome['remote']>): string {
  const price = new Decimal(usd);
  return `${countText(objects)} objects (${formatBytes(bytes)}) fetched with ${countText(requests)} requests for $${price.toFixed(price.lt('0.01') ? 6 : 2)}`;
}

function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
