import type { DemoClock } from '../demo/clock.js';
import { NetcostError } from '../errors.js';
import type { Schedule } from '../schedule.js';

/**
 * Makes it tomorrow morning in the demo: the clock moves to the next day's 09:00, then the jobs of a morning run in
 * order, first those that bring the data. One morning at a time; a second press is told so.
 * Throws NetcostError('denied') while one is on its way.
 */
export function createTomorrow(deps: {
  readonly clock: DemoClock;
  readonly schedule: () => Pick<Schedule, 'runNow'>;
  /** Names of jobs, in the order of a morning. */
  readonly jobs: readonly string[];
  readonly sleep: (ms: number) => Promise<void>;
}): () => Promise<void> {
  const { clock, schedule, jobs, sleep } = deps;
  let isOnItsWay = false;
  /** A run that began before the clock moved knows nothing of the new day: it is waited for, and run again. */
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
      clock.toNextMorning();
      for (const name of jobs) await run(name);
    } finally {
      isOnItsWay = false;
    }
  };
}
