import { NetcostError } from '../src/errors.js';
import type { CompactReport } from '../src/rollups/compact.js';
import type { IngestReport } from '../src/rollups/ingest.js';

/** What the job says of objects that were fetched from buckets. */
interface FetchedRemotely {
  readonly requests: number;
  readonly usd: string;
  readonly failures: readonly { readonly what: string; readonly error: NetcostError }[];
}

/** What the job works with; the wiring binds folder, store and format. */
export interface IngestFlowLogsDeps {
  /** Cron, five fields, UTC. AWS delivers every five minutes, so more often brings nothing. */
  readonly when: string;
  /** Done first, as for the demo, whose new objects have to be written. */
  readonly before?: (() => Promise<void>) | undefined;
  /** Reads new objects and settles the days that changed, without holding up the process that answers people. */
  readonly ingest: (signal: AbortSignal) => Promise<IngestReport & { readonly remote?: FetchedRemotely }>;
  /** Joins small files and lets old rows go. */
  readonly compact: () => Promise<CompactReport>;
}

const HOUR_MS = 3_600_000;
export const INGEST_JOB = 'ingest-flow-logs';

/**
 * Keeps a store up to date: new objects in, rollups made, old rows out. The line that `run` gives says what was done;
 * it throws what ingest and compact throw, and what was committed before stays.
 */
export function ingestFlowLogs({ when, before, ingest, compact }: IngestFlowLogsDeps) {
  return {
    name: INGEST_JOB,
    when,
    deadlineMs: HOUR_MS,
    jitterMs: 20_000,
    run: async (signal: AbortSignal): Promise<string> => {
      await before?.();
      const report = await ingest(signal);
      signal.throwIfAborted();
      // Without new objects there is nothing to join; a day ages on the next run that has some.
      const compacted = report.objectsRead > 0 ? await compact() : undefined;
      const malformed = [...report.malformed.values()].reduce((sum, { count }) => sum + count, 0);
      const line = [
        `${report.objectsRead} new objects, ${report.rows} rows`,
        ...(malformed > 0 ? [`${malformed} malformed lines`] : []),
        ...(report.unreadable.length > 0
          ? [`${report.unreadable.length} unreadable, as ${report.unreadable[0]!.path}`]
          : []),
        ...(compacted && compacted.segmentsJoined > 0 ? [`${compacted.segmentsJoined} files joined`] : []),
        ...(compacted && compacted.finalDays > 0 ? [`${compacted.finalDays} days kept as sums`] : []),
        ...(report.remote ? [`${report.remote.requests} requests to AWS for $${report.remote.usd}`] : []),
      ].join(', ');
      const [failure, ...others] = report.remote?.failures ?? [];
      if (failure === undefined) return line;
      // What came is kept; that something is missing is a failure, so that the status shows it.
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      throw new NetcostError('upstream', `${line}; not ${failure.what}: ${failure.error.message}${more}`, {
        cause: failure.error,
        ...(failure.error.hint !== undefined && { hint: failure.error.hint }),
      });
    },
  };
}
