import { type Baseline, fitBaseline, MIN_SEASONAL_HOURS } from '../../anomalies/baseline.js';
import { findOnset, type Interval, refineOnset, roughOnset } from '../../anomalies/onset.js';
import { between, type Point } from '../../anomalies/series.js';
import { DAY_MS, HOUR_MS } from '../../units.js';

/** A lasting rise of one series. */
export interface Rise {
  readonly baseline: Baseline;
  readonly onset: Interval;
  /** Above the expected level from the onset to the end of the data. */
  readonly excess: number;
  readonly expected: number;
  /** Actual / expected after the onset. */
  readonly factor: number;
}

/** An alert comes up to three days after its onset (facts part 6); a day more for a slow reader. */
const RECENT_MS = 4 * DAY_MS;
/** Twelve hours are the least that tell a level at all. */
const MIN_HOURS = 12;
/** Onsets older than ten days are this month's normal, not an incident. */
const JUDGED_MS = 10 * DAY_MS;

/**
 * Looks for the last lasting rise of a series: baseline on the history before the recent days, onset, then both again
 * with a baseline that ends at the onset. Null where nothing rose.
 */
export function findRise(
  points: readonly Point[],
  fine: readonly Point[],
  finePeriodMs: number,
  offset: number,
): Rise | null {
  const last = points.at(-1)?.atMs;
  const first = points[0]?.atMs;
  if (last === undefined || first === undefined) return null;
  let history = points.filter((point) => point.atMs < last - RECENT_MS);
  if (history.length < MIN_SEASONAL_HOURS) {
    // Too short to be seasonal with the recent days left out: what lies before the clearest rise is the history.
    const rough = roughOnset(points, offset);
    history = points.filter((point) => point.atMs < (rough ?? last));
    if (history.length < MIN_HOURS) return null;
  }
  let baseline = fitBaseline(history, { offset });
  let onset = findOnset(points, baseline, Math.max(first, last - JUDGED_MS));
  for (let pass = 0; pass < 2 && onset; pass += 1) {
    const before = points.filter((point) => point.atMs < (onset as Interval).earliestMs);
    if (before.length < MIN_HOURS) break;
    baseline = fitBaseline(before, { offset });
    onset = findOnset(points, baseline, Math.max(first, last - JUDGED_MS)) ?? onset;
  }
  if (!onset) return null;
  const perPeriod = HOUR_MS / finePeriodMs;
  const level = baseline;
  const refined = refineOnset(
    onset,
    fine,
    finePeriodMs,
    offset / perPeriod,
    (atMs) => level.expected(atMs) / perPeriod,
  );
  return { baseline, onset: refined, ...excessAfter(points, baseline, refined.earliestMs, last + HOUR_MS) };
}

/** What lies above the expected level in [fromMs, toMs). Not below zero. */
export function excessAfter(
  points: readonly Point[],
  baseline: Baseline,
  fromMs: number,
  toMs: number,
): { excess: number; expected: number; factor: number } {
  const after = between(points, Math.floor(fromMs / HOUR_MS) * HOUR_MS, toMs);
  const expected = after.reduce((sum, point) => sum + baseline.expected(point.atMs), 0);
  const actual = after.reduce((sum, point) => sum + point.value, 0);
  return {
    excess: Math.max(0, actual - expected),
    expected,
    factor: expected > 0 ? actual / expected : Number.POSITIVE_INFINITY,
  };
}
