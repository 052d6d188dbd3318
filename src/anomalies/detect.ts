import { DAY_MS, HOUR_MS } from '../units.js';
import { type Baseline, type BaselineOptions, fitBaseline, MIN_SEASONAL_HOURS } from './baseline.js';
import type { Point } from './series.js';

/** A stretch of hours above the baseline. */
interface Episode {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly excess: number;
  readonly peakZ: number;
}

export interface Detection {
  readonly baseline: Baseline;
  readonly episodes: readonly Episode[];
  /** Why nothing is said, where the history is too short to say anything. */
  readonly tooShort: boolean;
}

export interface DetectOptions extends BaselineOptions {
  /** Hours at or after this are judged; the ones before are history. */
  readonly judgeFromMs: number;
  /** Excess per day below which nobody wants to be woken, in the series' unit (1 USD a day / USD per byte). */
  readonly minExcessPerDay: number;
}

/** 3.5 spreads: with the 8 % floor a third above the level; one in thousands of quiet hours. */
const ALARM_Z = 3.5;
/** One hour alone is a burst (6 to 19 false alarms in 30 days in facts part 6); two in a row are a change. */
const NEED_HOURS = 2;
/** An excess below a fifth of the expected level is weather. */
const MIN_RELATIVE_EXCESS = 0.2;
/** Hours below the alarm level that still belong to the same episode. */
const JOIN_HOURS = 3;

/**
 * Finds stretches where an hourly series lies above its own seasonal baseline: z > 3.5 for two consecutive hours, or in
 * the same hour of two days running (two-hour nightly jobs at an edge), and an excess worth money. With less than a week
 * of history it says so instead of alarming.
 */
export function detect(points: readonly Point[], options: DetectOptions): Detection {
  const history = points.filter((point) => point.atMs < options.judgeFromMs);
  const baseline = fitBaseline(history, options);
  if (history.length < MIN_SEASONAL_HOURS) return { baseline, episodes: [], tooShort: true };
  const judged = points.filter((point) => point.atMs >= options.judgeFromMs);
  const high = new Map<number, number>();
  for (const point of judged) {
    const z = baseline.zScore(point.atMs, point.value);
    if (z > ALARM_Z) high.set(point.atMs, z);
  }
  const confirmed = judged.filter(
    (point) => high.has(point.atMs) && (runLength(high, point.atMs) >= NEED_HOURS || repeatsDaily(high, point.atMs)),
  );
  const episodes = joinHours(confirmed, high, baseline).filter((episode) => {
    const hours = Math.max(1, (episode.toMs - episode.fromMs) / HOUR_MS);
    const expected = judged
      .filter((point) => point.atMs >= episode.fromMs && point.atMs < episode.toMs)
      .reduce((sum, point) => sum + baseline.expected(point.atMs), 0);
    const perDay = episode.excess * Math.min(1, 24 / hours);
    return perDay >= options.minExcessPerDay && episode.excess >= MIN_RELATIVE_EXCESS * expected;
  });
  return { baseline, episodes, tooShort: false };
}

function runLength(high: ReadonlyMap<number, number>, atMs: number): number {
  let length = 1;
  for (let back = atMs - HOUR_MS; high.has(back); back -= HOUR_MS) length += 1;
  for (let ahead = atMs + HOUR_MS; high.has(ahead); ahead += HOUR_MS) length += 1;
  return length;
}

function repeatsDaily(high: ReadonlyMap<number, number>, atMs: number): boolean {
  return high.has(atMs - DAY_MS) || high.has(atMs + DAY_MS);
}

function joinHours(confirmed: readonly Point[], high: ReadonlyMap<number, number>, baseline: Baseline): Episode[] {
  const episodes: { fromMs: number; toMs: number; excess: number; peakZ: number }[] = [];
  for (const point of confirmed) {
    const last = episodes.at(-1);
    const excess = point.value - baseline.expected(point.atMs);
    const z = high.get(point.atMs) as number;
    if (last && point.atMs - last.toMs <= JOIN_HOURS * HOUR_MS) {
      last.toMs = point.atMs + HOUR_MS;
      last.excess += excess;
      last.peakZ = Math.max(last.peakZ, z);
    } else {
      episodes.push({ fromMs: point.atMs, toMs: point.atMs + HOUR_MS, excess, peakZ: z });
    }
  }
  return episodes;
}
