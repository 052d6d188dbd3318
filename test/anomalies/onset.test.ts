import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitBaseline } from '../../src/anomalies/baseline.js';
import { findOnset, refineOnset, roughOnset } from '../../src/anomalies/onset.js';
import { findPhases } from '../../src/anomalies/phases.js';
import type { Point } from '../../src/anomalies/series.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const MONDAY = Date.UTC(2026, 0, 5);

function hourly(days: number, at: (hour: number) => number): Point[] {
  return Array.from({ length: days * 24 }, (_, hour) => ({ atMs: MONDAY + hour * HOUR, value: at(hour) }));
}
const rhythm = (hour: number) =>
  2e9 * (1 + 0.6 * Math.sin(((hour % 24) / 24) * 2 * Math.PI)) * (1 + 0.06 * Math.sin(hour * 5.1));

describe('the onset of a rise', () => {
  it('holds the true hour, for steps at any hour of the day and of any clear size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 18 * 24, max: 20 * 24 }),
        fc.double({ min: 2, max: 20, noNaN: true }),
        (from, factor) => {
          const points = hourly(22, (hour) => rhythm(hour) * (hour >= from ? factor : 1));
          const baseline = fitBaseline(points.slice(0, 17 * 24), { offset: 1e6 });
          const onset = findOnset(points, baseline, MONDAY + 17 * 24 * HOUR);
          expect(onset).not.toBeNull();
          expect(onset?.earliestMs).toBeLessThanOrEqual(MONDAY + (from + 1) * HOUR);
          expect(onset?.latestMs).toBeGreaterThanOrEqual(MONDAY + (from - 1) * HOUR);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is nothing where nothing rose', () => {
    const points = hourly(22, rhythm);
    const baseline = fitBaseline(points.slice(0, 17 * 24), { offset: 1e6 });
    expect(findOnset(points, baseline, MONDAY + 17 * 24 * HOUR)).toBeNull();
  });

  it('is narrowed to minutes by fine data, also where a morning rises by itself', () => {
    const trueMs = MONDAY + 8 * HOUR + 20 * MINUTE;
    const expected = (atMs: number) => rhythm((atMs - MONDAY) / HOUR) / 12;
    const fine = Array.from({ length: 24 * 12 }, (_, i) => {
      const atMs = MONDAY + i * 5 * MINUTE;
      return { atMs, value: expected(atMs) * (atMs >= trueMs ? 4 : 1) * (1 + 0.3 * Math.sin(i * 3.7)) };
    });
    const hour = { earliestMs: MONDAY + 7 * HOUR, latestMs: MONDAY + 9 * HOUR };
    const refined = refineOnset(hour, fine, 5 * MINUTE, 1e5, expected);
    expect(refined.earliestMs).toBeLessThanOrEqual(trueMs);
    expect(refined.latestMs).toBeGreaterThanOrEqual(trueMs);
    expect(refined.latestMs - refined.earliestMs).toBeLessThanOrEqual(60 * MINUTE);
  });

  it('stays an hour where the fine data does not reach it', () => {
    const hour = { earliestMs: MONDAY, latestMs: MONDAY + HOUR };
    expect(refineOnset(hour, [], 5 * MINUTE, 1e5, () => 1)).toBe(hour);
  });

  it('is guessed roughly where there is no history to compare with', () => {
    const points = hourly(3, (hour) => (hour >= 40 ? 9e9 : 2e9));
    expect(roughOnset(points, 1e6)).toBe(MONDAY + 40 * HOUR);
    expect(
      roughOnset(
        hourly(3, () => 2e9),
        1e6,
      ),
    ).toBeNull();
  });
});

describe('baselines', () => {
  it('tell weekends from weekdays where there are enough of both', () => {
    const points = hourly(28, (hour) => (Math.floor(hour / 24) % 7 >= 5 ? 1e9 : 4e9));
    const baseline = fitBaseline(points, { offset: 1e6 });
    expect(baseline.expected(MONDAY + 28 * 24 * HOUR)).toBeCloseTo(4e9, -7);
    expect(baseline.expected(MONDAY + 33 * 24 * HOUR)).toBeCloseTo(1e9, -7);
  });

  it('say how much history they rest on', () => {
    const kind = (days: number) => fitBaseline(hourly(days, rhythm), { offset: 1e6 }).kind;
    expect([kind(14), kind(3), kind(0.5)]).toEqual(['seasonal', 'daily', 'flat']);
  });
});

describe('phases', () => {
  it('tell a spike from the plateau after it', () => {
    const points = hourly(3, (hour) => (hour < 24 ? 10e9 : hour < 48 ? 6e9 : 1e9));
    const phases = findPhases(points, 1e6);
    expect(phases.map((phase) => Math.round(phase.perHour / 1e9))).toEqual([10, 6, 1]);
    expect(phases.at(-1)?.toMs).toBe(MONDAY + 72 * HOUR);
  });

  it('are one where the level is even, and none where there is nothing', () => {
    expect(
      findPhases(
        hourly(2, () => 5e9),
        1e6,
      ),
    ).toHaveLength(1);
    expect(findPhases([], 1e6)).toEqual([]);
  });
});
