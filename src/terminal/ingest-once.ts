import { ingestInto } from '../answers/open-engine.js';
import { jsonText } from './answer-json.js';
import type { Work } from './ask-once.js';
import { ingestReportJson, ingestReportText } from './ingest-report.js';
import { openProgressBar } from './progress-bar.js';

/**
 * Brings a folder's new objects into a store, with a progress bar on a terminal; the report as text or as JSON.
 * @throws NetcostError 'input' or 'store' where it cannot be done; 'cancelled' where it was stopped.
 */
export async function runIngest(
  flags: {
    readonly flowLogs: string;
    readonly store: string;
    readonly logFormat?: string | undefined;
    readonly json?: true;
  },
  work: Work,
): Promise<string> {
  const bar = work.progressStream && (await openProgressBar(work.progressStream, work.elapsedMs));
  try {
    const options = { elapsedMs: work.elapsedMs, signal: work.signal, ...(bar && { onProgress: bar.update }) };
    const report = await ingestInto(flags.store, flags.flowLogs, flags.logFormat, options, true);
    return flags.json ? jsonText(ingestReportJson(report)) : ingestReportText(report);
  } finally {
    bar?.stop();
  }
}
