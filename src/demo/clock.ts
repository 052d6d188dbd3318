import { DAY_MS, HOUR_MS } from '../units.js';

/** The demo's time: the real one, moved ahead by whole mornings. */
export interface DemoClock {
  /** UTC ms. */
  readonly now: () => number;
  /** Moves to the next day's 09:00 UTC and goes on from there; returns that moment. */
  readonly toNextMorning: () => number;
}

/** When people come to work, and digests with them: 09:00 UTC is 09:00 or 10:00 in most of Europe. */
const MORNING_MS = 9 * HOUR_MS;

/** A clock over `realNow` that never goes back. */
export function createDemoClock(realNow: () => number): DemoClock {
  let aheadMs = 0;
  const now = () => realNow() + aheadMs;
  return {
    now,
    toNextMorning: () => {
      const nowMs = now();
      const morningMs = Math.floor(nowMs / DAY_MS) * DAY_MS + DAY_MS + MORNING_MS;
      aheadMs += morningMs - nowMs;
      return morningMs;
    },
  };
}
