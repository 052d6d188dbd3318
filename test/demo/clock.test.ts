import { expect, it } from 'vitest';
import { createDemoClock } from '../../src/demo/clock.js';

it('is the real time until it is moved, then goes on from the next morning', () => {
  let realMs = Date.parse('2026-11-21T23:50:00Z');
  const clock = createDemoClock(() => realMs);
  expect(clock.now()).toBe(realMs);
  expect(new Date(clock.toNextMorning()).toISOString()).toBe('2026-11-22T09:00:00.000Z');
  realMs += 60_000;
  expect(new Date(clock.now()).toISOString()).toBe('2026-11-22T09:01:00.000Z');
  clock.toNextMorning();
  expect(new Date(clock.now()).toISOString()).toBe('2026-11-23T09:00:00.000Z');
});

it('moves to another day even before nine', () => {
  const clock = createDemoClock(() => Date.parse('2026-12-31T03:00:00Z'));
  expect(new Date(clock.toNextMorning()).toISOString()).toBe('2027-01-01T09:00:00.000Z');
});
