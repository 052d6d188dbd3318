import { detect } from '../src/anomalies/detect.js';
import type { Point } from '../src/anomalies/series.js';
import { findRise } from '../src/triage/evidence/rise.js';

/** What the detection benchmark found. */
export interface DetectionResult {
  readonly cases: number;
  readonly recall: number;
  readonly falseAlarmsPer30Days: number;
  /** Hours between the true and the found onset (the nearer end of the interval), where one was found. */
  readonly onsetMedianHours: number;
  readonly onsetWithinHour: number;
}

const HOUR = 3_600_000;
const DAYS = 42;
const TRAINING_DAYS = 28;
const SHAPES = ['office', 'diurnal', 'flat', 'bursty'] as const;
const INJECTIONS = ['step', 'ramp', 'nightly', 'plateau', 'double'] as const;
const START = Date.UTC(2026, 0, 5);

/**
 * The synthetic check of facts/triage.md part 6: 42 days of hours, four shapes of traffic, five kinds of change in the
 * last two weeks, for each seed. The same seeds give the same figures.
 */
export function benchDetection(seeds: number): DetectionResult {
  let found = 0;
  let cases = 0;
  let alarms = 0;
  let quietDays = 0;
  const errors: number[] = [];
  for (let seed = 0; seed < seeds; seed += 1) {
    for (const shape of SHAPES) {
      const quiet = makeSeries(shape, seed);
      alarms += judge(quiet).length;
      quietDays += DAYS - TRAINING_DAYS;
      for (const injection of INJECTIONS) {
        cases += 1;
        const onsetHour = TRAINING_DAYS * 24 + 48 + ((seed * 37 + injection.length * 11) % (7 * 24));
        const changed = inject(quiet, injection, onsetHour, seed);
        const onsetMs = (changed[onsetHour] as Point).atMs;
        // An alarm counts from the change on; what fires before it is a false one, counted on the quiet series.
        if (judge(changed).some((episode) => episode.toMs > onsetMs)) found += 1;
        const rise = findRise(changed, [], 300_000, 1e6);
        if (rise) errors.push(Math.max(0, rise.onset.earliestMs - onsetMs, onsetMs - rise.onset.latestMs) / HOUR);
      }
    }
  }
  errors.sort((a, b) => a - b);
  return {
    cases,
    recall: found / cases,
    falseAlarmsPer30Days: (alarms / quietDays) * 30,
    onsetMedianHours: errors[errors.length >> 1] ?? Number.NaN,
    onsetWithinHour: errors.filter((error) => error <= 1).length / cases,
  };
}

function judge(points: readonly Point[]) {
  return detect(points, { offset: 1e6, judgeFromMs: START + TRAINING_DAYS * 24 * HOUR, minExcessPerDay: 1e9 }).episodes;
}

function makeSeries(shape: (typeof SHAPES)[number], seed: number): Point[] {
  const random = mulberry(seed * 1000 + shape.length * 7 + 1);
  const noise = shape === 'bursty' ? 0.3 : 0.12;
  return Array.from({ length: DAYS * 24 }, (_, hour) => {
    const ofDay = hour % 24;
    const day = Math.floor(hour / 24) % 7;
    const wave = 1 + 0.6 * Math.sin(((ofDay - 8) / 24) * 2 * Math.PI);
    const level =
      shape === 'office'
        ? day < 5 && ofDay >= 8 && ofDay < 19
          ? 6
          : 1.5
        : shape === 'diurnal'
          ? 4 * wave
          : shape === 'flat'
            ? 3
            : 2 * wave;
    return { atMs: START + hour * HOUR, value: level * 1e9 * Math.exp(noise * gauss(random)) };
  });
}

function inject(points: readonly Point[], injection: (typeof INJECTIONS)[number], from: number, seed: number): Point[] {
  const random = mulberry(seed + 99);
  return points.map((point, hour) => {
    if (hour < from) return point;
    const since = hour - from;
    const ofDay = hour % 24;
    const isNight = Math.abs(ofDay - (from % 24)) < 2 && ofDay >= from % 24;
    const factor =
      injection === 'step'
        ? 3
        : injection === 'ramp'
          ? 1 + Math.min(3, since / 12)
          : injection === 'plateau'
            ? since < 36
              ? 4
              : 1
            : injection === 'double'
              ? 2.4
              : 1;
    const extra = injection === 'nightly' && isNight ? 12e9 * (0.9 + 0.2 * random()) : 0;
    return { atMs: point.atMs, value: point.value * factor + extra };
  });
}

function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(Math.max(1e-12, random()))) * Math.cos(2 * Math.PI * random());
}
