import type { Call, Reply } from '../src/answers/reply.js';
import type { JobResult } from '../src/state/job-results.js';
import { formatAge, isoTime } from '../src/units.js';

export const name = 'status';
export const usage = 'status';
export const summary = 'how fresh the data is, and how the jobs last ended';

export interface StatusDeps {
  /** ISO time up to which logs have arrived; null where the store is empty. */
  readonly completeUntil: () => Promise<string | null>;
  readonly jobs: () => Promise<readonly JobResult[]>;
  readonly running: () => readonly string[];
  /** Why no flow logs arrive here at all; undefined where they do. */
  readonly instead?: () => string | undefined;
}

/** Says how fresh the data is and how each job last ended. */
export async function handle(deps: StatusDeps, call: Call): Promise<Reply> {
  const [until, jobs] = await Promise.all([deps.completeUntil(), deps.jobs()]);
  const running = deps.running();
  const instead = until === null ? deps.instead?.() : undefined;
  const fresh =
    instead !== undefined
      ? instead
      : until === null
        ? 'No flow logs have been read yet.'
        : `Flow logs have arrived up to ${until}, ${formatAge(call.nowMs - Date.parse(until))} ago.`;
  return {
    kind: 'table',
    title: 'Status of netcost',
    columns: [
      { title: 'Job', align: 'left' },
      { title: 'Last run', align: 'left' },
      { title: 'Took', align: 'right' },
      { title: 'Ended', align: 'left' },
      { title: 'What it did', align: 'left' },
      { title: 'Failures', align: 'right' },
    ],
    rows: jobs.map((job) => [
      job.name,
      `${isoTime(job.startedMs)} (${formatAge(call.nowMs - job.startedMs)} ago)`,
      `${(job.tookMs / 1000).toFixed(1)} s`,
      running.includes(job.name) ? 'running again' : job.outcome,
      job.detail,
      `${job.failures} of ${job.runs}`,
    ]),
    empty: 'No job has run yet.',
    notes: [fresh],
    json: { completeUntil: until, jobs, running },
  };
}
