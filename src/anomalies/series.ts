import { HOUR_MS } from '../units.js';

/** One measured value of one period. `atMs` is the start of the period, UTC. */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** Median of the values; NaN for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Arithmetic mean; 0 for none. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sums points of several series into one, period by period. A period that no series has stays missing. */
export function sumSeries(series: readonly (readonly Point[])[]): Point[] {
  const sums = new Map<number, number>();
  for (const one of series) for (const point of one) sums.set(point.atMs, (sums.get(point.atMs) ?? 0) + point.value);
  return [...sums].sort((a, b) => a[0] - b[0]).map(([atMs, value]) => ({ atMs, value }));
}

/** Adds fine points up to buckets of `bucketMs`. Only buckets that hold all their periods are returned. */
export function resample(points: readonly Point[], periodMs: number, bucketMs: number): Point[] {
  const buckets = new Map<number, { sum: number; count: number }>();
  for (const point of points) {
    const atMs = Math.floor(point.atMs / bucketMs) * bucketMs;
    const bucket = buckets.get(atMs) ?? { sum: 0, count: 0 };
    bucket.sum += point.value;
    bucket.count += 1;
    buckets.set(atMs, bucket);
  }
  const whole = Math.round(bucketMs / periodMs);
  return [...buckets]
    .filter(([, bucket]) => bucket.count >= whole)
    .sort((a, b) => a[0] - b[0])
    .map(([atMs, bucket]) => ({ atMs, value: bucket.sum }));
}

/** The part of a series in [fromMs, toMs). */
export function between(points: readonly Point[], fromMs: number, toMs: number): Point[] {
  return points.filter((point) => point.atMs >= fromMs && point.atMs < toMs);
}

/** UTC hour of the day, 0 to 23. */
export function hourOfDay(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) % 24;
}

/** Saturday or Sunday, UTC (1970-01-01 was a Thursday). */
export function isWeekend(atMs: number): boolean {
  const day = (Math.floor(atMs / (24 * HOUR_MS)) + 4) % 7;
  return day === 0 || day === 6;
}
