import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benchDetection } from '../../bench/detection.js';
import { detect } from '../../src/anomalies/detect.js';
import type { Point } from '../../src/anomalies/series.js';

const HOUR = 3_600_000;
const MONDAY = Date.UTC(2026, 0, 5);
const options = { offset: 1e6, judgeFromMs: MONDAY + 14 * 24 * HOUR, minExcessPerDay: 1e9 };

/** Three weeks of an even day and night rhythm, with `change` applied to the hours of the last week. */
function weeks(change: (value: number, hour: number) => number = (value) => value): Point[] {
  return Array.from({ length: 21 * 24 }, (_, hour) => {
    const level = 3e9 * (1 + 0.6 * Math.sin(((hour % 24) / 24) * 2 * Math.PI)) * (1 + 0.05 * Math.sin(hour * 7.3));
    return { atMs: MONDAY + hour * HOUR, value: hour < 14 * 24 ? level : change(level, hour - 14 * 24) };
  });
}

describe('detecting anomalies', () => {
  it('says nothing about a series that goes on as before', () => {
    expect(detect(weeks(), options).episodes).toEqual([]);
  });

  it('finds a step that lasts, from its first hour', () => {
    const { episodes } = detect(
      weeks((value, hour) => (hour >= 30 ? value * 3 : value)),
      options,
    );
    expect(episodes).toHaveLength(1);
    expect(episodes[0]?.fromMs).toBe(options.judgeFromMs + 30 * HOUR);
  });

  it('passes over a single wild hour, but not over the same hour of two days', () => {
    const once = detect(
      weeks((value, hour) => (hour === 30 ? value * 6 : value)),
      options,
    );
    const daily = detect(
      weeks((value, hour) => (hour % 24 === 6 ? value * 6 : value)),
      options,
    );
    expect(once.episodes).toEqual([]);
    expect(daily.episodes.length).toBeGreaterThan(3);
  });

  it('passes over what is too small to be worth a dollar', () => {
    const small = { ...options, minExcessPerDay: 1e15 };
    expect(
      detect(
        weeks((value, hour) => (hour >= 30 ? value * 3 : value)),
        small,
      ).episodes,
    ).toEqual([]);
  });

  it('does not alarm from less than a week of history, and says so', () => {
    const short = weeks((value) => value * 10).slice(10 * 24);
    const found = detect(short, options);
    expect(found).toMatchObject({ tooShort: true, episodes: [] });
  });

  it('never throws and never alarms below the level, whatever the numbers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e13, noNaN: true }), { minLength: 0, maxLength: 24 * 20 }),
        (values) => {
          const points = values.map((value, hour) => ({ atMs: MONDAY + hour * HOUR, value }));
          const { episodes, baseline } = detect(points, { ...options, judgeFromMs: MONDAY + 8 * 24 * HOUR });
          for (const episode of episodes) expect(episode.excess).toBeGreaterThan(0);
          expect(baseline.scale).toBeGreaterThan(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('holds the benchmark on a smaller scale: every change found, hardly a false alarm', () => {
    const result = benchDetection(3);
    expect(result.recall).toBe(1);
    expect(result.falseAlarmsPer30Days).toBeLessThanOrEqual(0.09);
    expect(result.onsetMedianHours).toBeLessThanOrEqual(1);
  });
});
