import type { IngestReport } from '../rollups/ingest.js';
import { plainText } from './text-columns.js';

/** What an ingest did, for people: rows, what was skipped and why, seconds. */
export function ingestReportText(report: IngestReport): string {
  const seconds = report.tookMs / 1000;
  const perSecond = seconds > 0 ? ` (${countText(Math.round(report.rows / seconds))} a second)` : '';
  const lines = [
    `${countText(report.rows)} rows of ${countText(report.objectsRead)} objects in ${seconds.toFixed(1)} s${perSecond}`,
  ];
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
export function ingestReportJson(report: IngestReport): unknown {
  const malformed = [...report.malformed].map(([reason, { count, sample }]) => ({ reason, count, sample }));
  return { ...report, malformed };
}

function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
