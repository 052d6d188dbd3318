import { NetcostError } from '../errors.js';
import type { IngestProgress } from '../rollups/ingest.js';
import { jsonText } from './answer-json.js';
import type { Work } from './ask-once.js';
import { type IngestOutcome, ingestReportJson, ingestReportText } from './ingest-report.js';
import { plainText } from './plain-text.js';
import { openProgressBar } from './progress-bar.js';

/** What an ingest is given by the terminal. */
export interface IngestWork {
  readonly elapsedMs: () => number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: IngestProgress) => void;
}

/**
 * Brings new objects into a store, with a progress bar on a terminal, and writes the report as text or as JSON.
 * @throws NetcostError 'input' or 'store' where it cannot be done; 'upstream' where a part could not be read, after the
 * report; 'cancelled' where it was stopped.
 */
export async function runIngest(
  ingest: (work: IngestWork) => Promise<IngestOutcome>,
  flags: { readonly json?: true },
  work: Work & { readonly write: (text: string) => Promise<void> },
): Promise<void> {
  const bar = work.progressStream && (await openProgressBar(work.progressStream, work.elapsedMs));
  let report: IngestOutcome;
  try {
    report = await ingest({ elapsedMs: work.elapsedMs, signal: work.signal, ...(bar && { onProgress: bar.update }) });
  } finally {
    bar?.stop();
  }
  await work.write(flags.json ? jsonText(ingestReportJson(report)) : ingestReportText(report));
  const failures = report.remote?.failures ?? [];
  const [first] = failures;
  if (first === undefined) return;
  for (const { what, error } of failures) {
    work.writeError(
      `note: ${plainText(`${what}: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`)}\n`,
    );
  }
  throw new NetcostError(
    'upstream',
    `${failures.length} ${failures.length === 1 ? 'part' : 'parts'} could not be read.`,
    {
      hint: 'What could be read is in the store; the next ingest tries the rest again.',
    },
  );
}
