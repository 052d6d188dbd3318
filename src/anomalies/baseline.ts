import { DAY_MS } from '../units.js';
import { hourOfDay, isWeekend, mean, median, type Point } from './series.js';

/** What an hourly series looks like when nothing happens. */
export interface Baseline {
  /**
   * `seasonal`: by hour of the day, over a week or more; `daily`: by hour of the day over some days, a hint and no more;
   * `flat`: less than a day, the median stands in for every hour.
   */
  readonly kind: 'seasonal' | 'daily' | 'flat';
  readonly historyHours: number;
  /** Typical spread of log residuals. */
  readonly scale: number;
  /** The level of an hour, in the series' own unit (mean of like hours): what is subtracted to get an excess. */
  readonly expected: (atMs: number) => number;
  /** How many spreads `value` lies above the median of like hours. */
  readonly zScore: (atMs: number, value: number) => number;
}

export interface BaselineOptions {
  /** Added before the logarithm so that quiet hours do not dominate: 1 MB for bytes, a few for counts. */
  readonly offset: number;
}

/**
 * A week is the least that shows each hour of the day more than a handful of times; below it a seasonal claim would
 * rest on one or two values an hour.
 */
export const MIN_SEASONAL_HOURS = 7 * 24;
/** The spread never falls below 8 %: counters of a machine loop are so even that any jitter would be an alarm otherwise. */
const SCALE_FLOOR = 0.08;
/** A day shows each hour once: better than none where traffic has a night. */
const MIN_DAILY_HOURS = 24;
/** With so few values the spread cannot be measured; bursty gateways vary by a third from hour to hour. */
const DAILY_SCALE_FLOOR = 0.35;
/** Weekends are told apart from four days on (two weekends): fewer would be one odd Sunday. */
const MIN_WEEKEND_DAYS = 4;
/** … and only where they really differ: a fifth, about two spreads of a daily sum. */
const WEEKEND_DIFFERENCE = 0.2;

/**
 * Robust seasonal baseline of an hourly series (facts/triage.md part 6): traffic is positive, multiplicative and bursty,
 * so everything happens on log(value + offset); the profile is the median by hour of the day, pooled with both
 * neighbours; the spread is 1.4826 · MAD of what is left. Weekdays and weekends are apart where there is enough of both.
 */
export function fitBaseline(points: readonly Point[], options: BaselineOptions): Baseline {
  const { offset } = options;
  const log = (value: number) => Math.log(Math.max(0, value) + offset);
  const historyHours = points.length;
  if (historyHours < MIN_DAILY_HOURS) return flatBaseline(points, log, historyHours);
  const isShort = historyHours < MIN_SEASONAL_HOURS;
  const split = !isShort && weekendsDiffer(points, log);
  const group = (atMs: number) => (split && isWeekend(atMs) ? 24 : 0) + hourOfDay(atMs);
  const pools: number[][] = Array.from({ length: 48 }, () => []);
  const raw: number[][] = Array.from({ length: 48 }, () => []);
  for (const point of points) {
    const slot = group(point.atMs);
    const half = slot >= 24 ? 24 : 0;
    for (const step of [-1, 0, 1]) pools[half + ((slot - half + step + 24) % 24)]?.push(log(point.value));
    raw[slot]?.push(point.value);
  }
  const medians = pools.map(median);
  const overall = median(points.map((point) => log(point.value)));
  const level = (atMs: number) => {
    const value = medians[group(atMs)] as number;
    return Number.isNaN(value) ? overall : value;
  };
  const measured = spread(points.map((point) => log(point.value) - level(point.atMs)));
  const scale = isShort ? Math.max(DAILY_SCALE_FLOOR, measured) : measured;
  const means = raw.map((_, slot) => {
    const half = slot >= 24 ? 24 : 0;
    const pool = [-1, 0, 1].flatMap((step) => raw[half + ((slot - half + step + 24) % 24)] as number[]);
    return trimmedMean(pool);
  });
  const all = trimmedMean(points.map((point) => point.value)) ?? 0;
  return {
    kind: isShort ? 'daily' : 'seasonal',
    historyHours,
    scale,
    expected: (atMs) => means[group(atMs)] ?? all,
    zScore: (atMs, value) => (log(value) - level(atMs)) / scale,
  };
}

function flatBaseline(points: readonly Point[], log: (value: number) => number, historyHours: number): Baseline {
  const level = median(points.map((point) => log(point.value)));
  const scale = Math.max(DAILY_SCALE_FLOOR, spread(points.map((point) => log(point.value) - level)));
  const expected = mean(points.map((point) => point.value));
  return {
    kind: 'flat',
    historyHours,
    scale,
    expected: () => expected,
    zScore: (_, value) => (Number.isNaN(level) ? 0 : (log(value) - level) / scale),
  };
}

function spread(residuals: readonly number[]): number {
  const value = 1.4826 * median(residuals.map(Math.abs));
  return Math.max(SCALE_FLOOR, Number.isNaN(value) ? SCALE_FLOOR : value);
}

/** Mean without the top and bottom twentieth: a single burst in the history must not raise the level for good. */
function trimmedMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 20);
  return mean(sorted.slice(cut, sorted.length - cut));
}

function weekendsDiffer(points: readonly Point[], log: (value: number) => number): boolean {
  const days = new Map<number, number[]>();
  for (const point of points) {
    const day = Math.floor(point.atMs / DAY_MS);
    const values = days.get(day) ?? [];
    values.push(log(point.value));
    days.set(day, values);
  }
  const whole = [...days].filter(([, values]) => values.length >= 20);
  const weekend = whole.filter(([day]) => isWeekend(day * DAY_MS)).map(([, values]) => mean(values));
  const weekday = whole.filter(([day]) => !isWeekend(day * DAY_MS)).map(([, values]) => mean(values));
  if (weekend.length < MIN_WEEKEND_DAYS || weekday.length < MIN_WEEKEND_DAYS) return false;
  return Math.abs(median(weekend) - median(weekday)) > WEEKEND_DIFFERENCE;
}
