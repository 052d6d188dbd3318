import type { Point } from '../../anomalies/series.js';
import { DAY_MS, HOUR_MS } from '../../units.js';

/** A component that is busy at the same hours of several days and idle between. */
export interface Schedule {
  readonly days: number;
  readonly startHours: readonly number[];
  /** Part of the hours since the first run that are busy. */
  readonly dutyCycle: number;
}

/** An hour is busy where it holds a tenth of the busiest hour: runs taper off, and chatter between runs is far below. */
const BUSY_PART = 0.1;
/** More than half of the time is no schedule but a load. */
const MAX_DUTY = 0.5;
/** The same clock time, give or take an hour for a queue before the job. */
const SAME_HOUR = 1;

/** Finds a daily schedule in a component's series. Null where it is busy most of the time, or on one day alone. */
export function findSchedule(series: readonly Point[]): Schedule | null {
  const hours = new Map<number, number>();
  for (const point of series) {
    const hour = Math.floor(point.atMs / HOUR_MS);
    hours.set(hour, (hours.get(hour) ?? 0) + point.value);
  }
  const peak = Math.max(0, ...hours.values());
  if (peak <= 0) return null;
  const busy = [...hours]
    .filter(([, value]) => value >= BUSY_PART * peak)
    .map(([hour]) => hour)
    .sort((a, b) => a - b);
  const starts = busy.filter((hour, index) => index === 0 || hour - (busy[index - 1] as number) > 3);
  const last = Math.max(...hours.keys());
  const dutyCycle = busy.length / Math.max(1, last - (busy[0] as number) + 1);
  const days = new Set(starts.map((hour) => Math.floor((hour * HOUR_MS) / DAY_MS)));
  if (dutyCycle > MAX_DUTY || days.size < 2) return null;
  const clock = starts.map((hour) => hour % 24);
  const isSame = clock.every(
    (hour) => Math.min(Math.abs(hour - (clock[0] as number)), 24 - Math.abs(hour - (clock[0] as number))) <= SAME_HOUR,
  );
  return isSame ? { days: days.size, startHours: clock, dutyCycle } : null;
}
