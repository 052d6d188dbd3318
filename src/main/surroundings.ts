import { ingestFlowLogs } from '../../jobs/ingest-flow-logs.js';
import type { Log } from '../log.js';
import { compactStore } from '../rollups/compact.js';
import { openStore } from '../rollups/store.js';
import { createSchedule, type Job, type Schedule } from '../schedule.js';
import { type JobResult, writeJobResult } from '../state/job-results.js';
import type { State } from '../state/open-state.js';
import { type IngestPlaces, ingestFrom } from './ingest-from.js';

/** What both lives need from the process around them. */
export interface Surroundings {
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A schedule whose results are kept in the state; `also` hears of each. */
export function startableSchedule(
  jobs: readonly Job[],
  state: State,
  { nowMs, log }: Surroundings,
  also: (result: Omit<JobResult, 'runs' | 'failures'>) => void = () => {},
): Schedule {
  return createSchedule(jobs, {
    now: nowMs,
    random: Math.random,
    log,
    keep: async (result) => {
      also(result);
      await writeJobResult(state.db, result);
    },
  });
}

/** Reads what is new of the flow logs; a running engine sees it with its next question. */
export function ingestJob(options: {
  readonly places: IngestPlaces;
  readonly when: string;
  readonly before?: () => Promise<void>;
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
}): Job {
  const { places, when, before, nowMs, elapsedMs } = options;
  return ingestFlowLogs({
    when,
    before,
    ingest: (signal) => ingestFrom(places, { nowMs, elapsedMs, signal, keepLoopFree: true }),
    compact: async () => {
      const opened = await openStore(places.store, { create: false });
      try {
        return await compactStore(opened, nowMs());
      } finally {
        opened.close();
      }
    },
  });
}
