import { DAY_MS, HOUR_MS } from '../units.js';

/** The demo's time: the real one, moved ahead by whole mornings. It never goes back. */
export interface DemoClock {
  /** UTC ms. */
  readonly now: () => number;
  /** How far the company's life is told: up to now, or up to the morning that is being prepared. */
  readonly told: () => number;
  /** Lets life go on to the next day's 09:00 UTC, while the clock stays where it is; returns that moment. */
  readonly prepareMorning: () => number;
  /** Moves the clock to the morning that was prepared, and goes on from there. */
  readonly toMorning: () => void;
}

/** When people come to work, and digests with them: 09:00 UTC is 09:00 or 10:00 in most of Europe. */
const MORNING_MS = 9 * HOUR_MS;

/** A clock over `realNow`. */
export function createDemoClock(realNow: () => number): DemoClock {
  let aheadMs = 0;
  let preparedMs = 0;
  const now = () => realNow() + aheadMs;
  return {
    now,
    told: () => Math.max(now(), preparedMs),
    prepareMorning: () => {
      preparedMs = Math.floor(now() / DAY_MS) * DAY_MS + DAY_MS + MORNING_MS;
      return preparedMs;
    },
    toMorning: () => {
      aheadMs += Math.max(0, preparedMs - now());
    },
  };
}
