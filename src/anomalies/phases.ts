import { HOUR_MS } from '../units.js';
import { mean, type Point } from './series.js';

/** A stretch of about even level after the onset. */
export interface Phase {
  readonly fromMs: number;
  readonly toMs: number;
  readonly perHour: number;
}

/** Six hours: shorter than that, the day's own rhythm would be cut into phases. */
const MIN_PHASE_HOURS = 6;
/** A new phase is half as much again, or a third less: what a reader sees in a chart without being told. */
const PHASE_RATIO = 1.5;
const MAX_PHASES = 6;

/**
 * Cuts what came after an onset into phases (spike, plateau, fall): binary segmentation of the hourly series on the log
 * of segment means, keeping only cuts between clearly different levels.
 */
export function findPhases(points: readonly Point[], floor: number): Phase[] {
  if (points.length === 0) return [];
  const values = points.map((point) => point.value);
  const cuts = [0, values.length];
  for (;;) {
    if (cuts.length > MAX_PHASES) break;
    let best: { at: number; gain: number } | null = null;
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const cut = cutOf(values, cuts[i] as number, cuts[i + 1] as number, floor);
      if (cut && (!best || cut.gain > best.gain)) best = cut;
    }
    if (!best) break;
    cuts.push(best.at);
    cuts.sort((a, b) => a - b);
  }
  return cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1] as number;
    return {
      fromMs: (points[from] as Point).atMs,
      toMs: (points[to - 1] as Point).atMs + HOUR_MS,
      perHour: mean(values.slice(from, to)),
    };
  });
}

function cutOf(
  values: readonly number[],
  from: number,
  to: number,
  floor: number,
): { at: number; gain: number } | null {
  const whole = Math.log(mean(values.slice(from, to)) + floor) * (to - from);
  let best: { at: number; gain: number } | null = null;
  for (let at = from + MIN_PHASE_HOURS; at <= to - MIN_PHASE_HOURS; at += 1) {
    const left = mean(values.slice(from, at)) + floor;
    const right = mean(values.slice(at, to)) + floor;
    if (Math.max(left, right) / Math.min(left, right) < PHASE_RATIO) continue;
    const gain = whole - (at - from) * Math.log(left) - (to - at) * Math.log(right);
    if (!best || gain > best.gain) best = { at, gain };
  }
  return best;
}
