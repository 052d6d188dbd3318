import { describe, expect, it } from 'vitest';
import { type Choice, chooseLogs, type LogPresence } from '../../src/flows/choice.js';

/** A log with rows in every minute of [from, to], a hundred bytes a minute unless `bytes` says otherwise. */
function log(
  name: string,
  score: number,
  from: number,
  to: number,
  more: { bytes?: number; skipped?: readonly number[]; gap?: readonly number[] } = {},
): LogPresence {
  const slots = new Set<number>();
  const bytes = new Map<number, number>();
  for (let minute = from; minute <= to; minute++) {
    const slot = Math.floor(minute / 10);
    if (more.gap?.includes(slot)) continue;
    slots.add(slot);
    bytes.set(slot, (bytes.get(slot) ?? 0) + (more.bytes ?? 100));
  }
  return { log: name, score, firstMinute: from, lastMinute: to, slots, bytes, skipped: new Set(more.skipped) };
}

const said = (choices: readonly Choice[]): string[] => choices.map((c) => `${c.log} ${c.fromMinute}-${c.toMinute}`);

describe('of overlapping flow logs', () => {
  it.each<[string, readonly LogPresence[], readonly string[]]>([
    ['the better one counts throughout', [log('a', 1, 95, 205), log('b', 9, 95, 205)], ['b 95-206']],
    ['the older one counts where two are equal', [log('a', 5, 100, 205), log('b', 5, 95, 205)], ['b 95-206']],
    [
      'the worse one fills a gap of the better',
      [log('a', 1, 95, 215), log('b', 9, 95, 215, { gap: [15] })],
      ['b 95-150', 'a 150-160', 'b 160-216'],
    ],
    [
      'one without SKIPDATA goes before a better one with it',
      [log('a', 1, 95, 215), log('b', 9, 95, 215, { skipped: [14] })],
      ['b 95-140', 'a 140-150', 'b 150-216'],
    ],
    [
      'a better one that begins in mid-slot counts from the next slot',
      [log('a', 1, 85, 215), log('b', 9, 125, 215, { bytes: 50 })],
      ['a 85-130', 'b 130-216'],
    ],
    [
      'one that ends where the next begins gives way in mid-slot',
      [log('a', 5, 95, 124), log('b', 5, 125, 215)],
      ['a 95-125', 'b 125-216'],
    ],
    ['a hole between two logs stays a hole', [log('a', 5, 95, 104), log('b', 5, 125, 134)], ['a 95-105', 'b 125-135']],
    [
      'three are one at a time',
      [log('a', 1, 85, 215), log('b', 5, 85, 155), log('c', 9, 145, 215)],
      ['b 85-150', 'c 150-216'],
    ],
  ])('%s', (_name, logs, expected) => {
    expect(said(chooseLogs(logs))).toEqual(expected);
    expect(said(chooseLogs([...logs].reverse()))).toEqual(expected);
  });

  it('no moment counts twice', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = (n: number): number => (Math.imul(seed + n, 2654435761) >>> 8) % 120;
      const logs = [0, 1, 2].map((n) =>
        log('abc'[n]!, random(n) % 3, 100 + random(n), 130 + random(n) + random(n + 9)),
      );
      const choices = chooseLogs(logs);
      for (const [i, choice] of choices.slice(1).entries()) {
        expect(choice.fromMinute).toBeGreaterThanOrEqual(choices[i]!.toMinute);
      }
    }
  });
});
