import type { DemoClock } from '../demo/clock.js';
import { NetcostError } from '../errors.js';
import type { Schedule } from '../schedule.js';

/**
 * Makes it tomorrow morning in the demo: the data of the day comes first, then the clock moves to the next day's 09:00,
 * then the jobs of a morning run. In any other order a job that its cron starts in between would tell of a day that is
 * not there yet. One morning at a time. Throws NetcostError('denied') while one is on its way.
 */
export function createTomorrow(deps: {
  readonly clock: DemoClock;
  readonly schedule: () => Pick<Schedule, 'runNow'>;
  /** The job that brings data, and those that tell of it, in the order of a morning. */
  readonly dataJob: string;
  readonly jobs: readonly string[];
  readonly sleep: (ms: number) => Promise<void>;
}): () => Promise<void> {
  const { clock, schedule, dataJob, jobs, sleep } = deps;
  let isOnItsWay = false;
  /** A run that began before knows nothing of the new day: it is waited for, and run again. */
  const run = async (name: string) => {
    for (let tries = 0; tries < 300; tries += 1) {
      if ((await schedule().runNow(name)) === 'ran') return;
      await sleep(200);
    }
  };
  return async () => {
    if (isOnItsWay)
      throw new NetcostError('denied', 'Tomorrow morning is on its way already.', { hint: 'Wait a few seconds.' });
    isOnItsWay = true;
    try {
      clock.prepareMorning();
      await run(dataJob);
      clock.toMorning();
      for (const name of jobs) await run(name);
    } finally {
      isOnItsWay = false;
    }
  };
}
