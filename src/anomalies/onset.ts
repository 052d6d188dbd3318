import { HOUR_MS, MINUTE_MS } from '../units.js';
import type { Baseline } from './baseline.js';
import { between, mean, median, type Point } from './series.js';

/** When something began: an interval, never a point. */
export interface Interval {
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** CUSUM's slack: a drift of one spread is weather. */
const SLACK = 1;
/** One wild hour adds at most this: a change has to last. */
const CLIP = 6;
/** Sum at which a rise counts: two clipped hours, or four hours of three and a half spreads. */
const RISE = 9;

/**
 * The hour in which a lasting rise began: one-sided CUSUM on seasonal z-scores, walked back to where the sum was last
 * zero, and the best L1 split near it. The two fail on different shapes (facts/triage.md part 6), so both ends are
 * kept. Looks at the last rise that still stands out, or at the largest one. Null where nothing rose.
 */
export function findOnset(points: readonly Point[], baseline: Baseline, fromMs: number): Interval | null {
  const judged = points.filter((point) => point.atMs >= fromMs);
  let sum = 0;
  let zeroAt = -1;
  let best: { start: number; height: number } | null = null;
  let current: { start: number; height: number } | null = null;
  for (const [index, point] of judged.entries()) {
    const z = Math.max(-CLIP, Math.min(CLIP, baseline.zScore(point.atMs, point.value)));
    sum = Math.max(0, sum + z - SLACK);
    if (sum === 0) {
      zeroAt = index;
      current = null;
    } else if (sum > RISE) {
      current ??= { start: zeroAt + 1, height: 0 };
      current.height = Math.max(current.height, sum);
      if (!best || current.start === best.start || current.height > best.height * 1.5) best = current;
    }
  }
  if (!best) return null;
  const cusum = (judged[best.start] as Point).atMs;
  const split = bestSplit(judged, baseline, best.start);
  return { earliestMs: Math.min(cusum, split), latestMs: Math.max(cusum, split) + HOUR_MS };
}

/** Hours before and after the CUSUM's hour in which a split is looked for: half a day holds a whole working shift. */
const SPLIT_REACH = 12;

function bestSplit(points: readonly Point[], baseline: Baseline, around: number): number {
  const low = Math.max(0, around - SPLIT_REACH);
  const high = Math.min(points.length, around + SPLIT_REACH);
  const hours = points.slice(low, high);
  // Differences, not ratios: what is added by night and by day is the same change, though a night's ratio is ten times.
  const usual = mean(hours.map((point) => baseline.expected(point.atMs))) || 1;
  const window = hours.map((point) => (point.value - baseline.expected(point.atMs)) / usual);
  let best = around - low;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let at = 1; at < window.length; at += 1) {
    const left = window.slice(0, at);
    const right = window.slice(at);
    if (median(right) <= median(left)) continue;
    const cost = absoluteCost(left) + absoluteCost(right);
    if (cost < bestCost) {
      bestCost = cost;
      best = at;
    }
  }
  return (points[low + best] ?? (points[around] as Point)).atMs;
}

function absoluteCost(values: readonly number[]): number {
  const centre = median(values);
  return values.reduce((sum, value) => sum + Math.abs(value - centre), 0);
}

/** How far outside the hourly interval the fine data is searched. */
const REACH_BEFORE_MS = 3 * HOUR_MS;
const REACH_AFTER_MS = 3 * HOUR_MS;
/** Splits whose likelihood is within e^-2.5 of the best one are still possible (about a 95 % interval, one parameter: χ²/2 = 1.9; a little more, for the data are not exactly exponential). */
const LIKELIHOOD_DROP = 2.5;

/** A quarter of the usual level is added to each bucket: an empty bucket among bursts is chance, not a level of its own. */
const QUIET_PART = 0.25;
/** Either side of a split holds half an hour: fewer buckets are a burst or a pause. */
const MIN_SIDE_MS = 30 * MINUTE_MS;

/**
 * Narrows an onset to minutes with fine (5-minute) data: the split that makes two exponentially distributed stretches
 * most likely (bursts are positive and skewed), with every split that is nearly as likely. Keeps the hourly interval
 * where the fine data does not reach or shows no rise. `expected` takes the time of day out: a morning is no onset.
 */
export function refineOnset(
  onset: Interval,
  fine: readonly Point[],
  periodMs: number,
  floor: number,
  expected: (atMs: number) => number,
): Interval {
  const window = between(fine, onset.earliestMs - REACH_BEFORE_MS, onset.latestMs + REACH_AFTER_MS);
  if (window.length < 8 || (window[0] as Point).atMs > onset.earliestMs - 30 * MINUTE_MS) return onset;
  const least = Math.max(2, Math.ceil(MIN_SIDE_MS / periodMs));
  const usual = mean(window.map((point) => expected(point.atMs))) + floor;
  const added = likelySplits(
    window.map((point) => Math.max(0, point.value - expected(point.atMs)) / usual + QUIET_PART),
    least,
  );
  const grown = likelySplits(
    window.map((point) => point.value / (expected(point.atMs) + floor) + QUIET_PART),
    least,
  );
  if (added.length === 0) return onset;
  // Something new adds the same by night and by day, growth multiplies. Where the two see different beginnings, both stand.
  const isSame =
    grown.length === 0 || (Math.min(...grown) <= Math.max(...added) && Math.min(...added) <= Math.max(...grown));
  const near = isSame ? added : [...added, ...grown];
  const first = window[Math.min(...near)] as Point;
  const final = window[Math.max(...near)] as Point;
  return { earliestMs: first.atMs - periodMs, latestMs: final.atMs + periodMs };
}

/**
 * The clearest rise of a whole series that is too short for a baseline: where its two parts differ most. Null where the
 * second part is not half as much again.
 */
export function roughOnset(points: readonly Point[], floor: number): number | null {
  const values = points.map((point) => point.value + floor);
  const at = splitCosts(values, MIN_ROUGH).sort((a, b) => a.cost - b.cost)[0]?.at;
  if (at === undefined) return null;
  return mean(values.slice(at)) > ROUGH_RISE * mean(values.slice(0, at)) ? (points[at] as Point).atMs : null;
}

/** Three hours on either side: a shorter stretch is a burst. */
const MIN_ROUGH = 3;
/** Without a baseline only a rise that no quiet day shows by itself counts. */
const ROUGH_RISE = 1.5;

/** Positions of a split between a lower and a higher stretch that are about as likely as the best one. */
function likelySplits(values: readonly number[], least: number): number[] {
  const costs = splitCosts(values, least);
  const best = Math.min(...costs.map((one) => one.cost));
  return costs.filter((one) => one.cost <= best + LIKELIHOOD_DROP).map((one) => one.at);
}

/** Minus the log likelihood of each split into two exponential stretches of which the second is higher. */
function splitCosts(values: readonly number[], least: number): { at: number; cost: number }[] {
  const sums = [0];
  for (const value of values) sums.push((sums.at(-1) as number) + value);
  const total = sums.at(-1) as number;
  const costs: { at: number; cost: number }[] = [];
  for (let at = least; at <= values.length - least; at += 1) {
    const before = (sums[at] as number) / at;
    const after = (total - (sums[at] as number)) / (values.length - at);
    if (after <= before * 1.1) continue;
    costs.push({ at, cost: at * Math.log(before) + (values.length - at) * Math.log(after) });
  }
  return costs;
}
