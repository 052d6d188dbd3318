import { schedule as cron, validate } from 'node-cron';
import { NetcostError } from './errors.js';
import type { Log } from './log.js';
import type { JobResult } from './state/job-results.js';
import { MINUTE_MS } from './units.js';

/** Something that runs by itself. */
export interface Job {
  readonly name: string;
  /** Cron, five fields, UTC. */
  readonly when: string;
  /** After this long it is aborted and counts as failed. Milliseconds. */
  readonly deadlineMs: number;
  /** A random wait before it begins, at most this, so that many netcosts do not ask Slack or AWS in the same second. */
  readonly jitterMs?: number;
  /** Does the work; says in one line what was done. */
  readonly run: (signal: AbortSignal) => Promise<string>;
}

export interface ScheduleDeps {
  readonly now: () => number;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  readonly log: Log;
  /** Keeps the result for `/netcost status`. */
  readonly keep: (result: Omit<JobResult, 'runs' | 'failures'>) => Promise<void>;
}

export interface Schedule {
  readonly start: () => void;
  /** Stops starting jobs, aborts the running ones, waits for them at most `graceMs`. */
  readonly stop: (graceMs?: number) => Promise<void>;
  /** Runs a job at once; `skipped` where it runs already. */
  readonly runNow: (name: string) => Promise<'ran' | 'skipped'>;
  readonly running: () => readonly string[];
}

const STOPPED = 'It was stopped.';

/** Runs jobs by cron: one at a time per name, each with a deadline. A job that fails is logged and runs again in time. */
export function createSchedule(jobs: readonly Job[], deps: ScheduleDeps): Schedule {
  for (const job of jobs) {
    if (!validate(job.when))
      throw new NetcostError('config', `The schedule of ${job.name} is "${job.when}", which is no cron.`, {
        hint: 'Write five fields, as */5 * * * *.',
      });
  }
  const running = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  let tasks: readonly { readonly destroy: () => void | Promise<void> }[] = [];

  async function runOnce(job: Job, jitterMs: number): Promise<'ran' | 'skipped'> {
    if (running.has(job.name)) {
      deps.log.warn('a job is still running and is not started again', { job: job.name });
      return 'skipped';
    }
    const stop = new AbortController();
    const done = work(job, stop, jitterMs);
    running.set(job.name, { stop, done });
    await done.finally(() => running.delete(job.name));
    return 'ran';
  }

  async function work(job: Job, stop: AbortController, jitterMs: number): Promise<void> {
    if (jitterMs > 0) await sleep(jitterMs, stop.signal);
    if (stop.signal.aborted) return;
    const startedMs = deps.now();
    const deadline = new Promise<never>((_, reject) => {
      const timer = setTimeout(() => {
        reject(new NetcostError('cancelled', `It took longer than ${Math.round(job.deadlineMs / MINUTE_MS)} minutes.`));
        stop.abort();
      }, job.deadlineMs);
      stop.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(new NetcostError('cancelled', STOPPED));
      });
    });
    deadline.catch(() => {});
    let result: Pick<JobResult, 'outcome' | 'detail'>;
    try {
      result = { outcome: 'ok', detail: await Promise.race([job.run(stop.signal), deadline]) };
      deps.log.info('a job ran', { job: job.name, detail: result.detail, tookMs: deps.now() - startedMs });
    } catch (error) {
      const isTimeout =
        error instanceof NetcostError && error.code === 'cancelled' && error.message.startsWith('It took');
      result = {
        outcome: isTimeout ? 'timeout' : 'failed',
        detail: error instanceof NetcostError ? error.message : 'It failed; the log says why.',
      };
      const isStopped = error instanceof NetcostError && error.message === STOPPED;
      if (isStopped) deps.log.info('a job was stopped', { job: job.name });
      else deps.log.error('a job failed', { job: job.name, error });
    } finally {
      stop.abort();
    }
    await deps
      .keep({ name: job.name, startedMs, tookMs: deps.now() - startedMs, ...result })
      .catch((error: unknown) => {
        deps.log.error('the result of a job could not be kept', { job: job.name, error });
      });
  }

  return {
    start: () => {
      tasks = jobs.map((job) =>
        cron(job.when, () => void runOnce(job, deps.random() * (job.jitterMs ?? 0)), {
          timezone: 'UTC',
          name: job.name,
        }),
      );
    },
    stop: async (graceMs = 5_000) => {
      await Promise.all(tasks.map((task) => task.destroy()));
      tasks = [];
      for (const { stop } of running.values()) stop.abort();
      const ended = Promise.all([...running.values()].map(({ done }) => done));
      await Promise.race([ended, sleep(graceMs, new AbortController().signal)]);
    },
    runNow: async (name) => {
      const job = jobs.find((each) => each.name === name);
      if (job === undefined) throw new NetcostError('internal', `There is no job ${name}.`);
      return runOnce(job, 0);
    },
    running: () => [...running.keys()],
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
