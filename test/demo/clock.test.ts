import { expect, it } from 'vitest';
import { createDemoClock } from '../../src/demo/clock.js';

const iso = (ms: number) => new Date(ms).toISOString();

it('is the real time until it is moved, then goes on from the next morning', () => {
  let realMs = Date.parse('2026-11-21T23:50:00Z');
  const clock = createDemoClock(() => realMs);
  expect([clock.now(), clock.told()]).toEqual([realMs, realMs]);
  clock.prepareMorning();
  expect(iso(clock.now())).toBe('2026-11-21T23:50:00.000Z');
  expect(iso(clock.told())).toBe('2026-11-22T09:00:00.000Z');
  clock.toMorning();
  realMs += 60_000;
  expect(iso(clock.now())).toBe('2026-11-22T09:01:00.000Z');
  expect(clock.told()).toBe(clock.now());
  clock.prepareMorning();
  clock.toMorning();
  expect(iso(clock.now())).toBe('2026-11-23T09:00:00.000Z');
});

it('moves to another day even before nine, and not without a morning', () => {
  const clock = createDemoClock(() => Date.parse('2026-12-31T03:00:00Z'));
  clock.toMorning();
  expect(iso(clock.now())).toBe('2026-12-31T03:00:00.000Z');
  expect(iso(clock.prepareMorning())).toBe('2027-01-01T09:00:00.000Z');
});
