import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duesBetween, nextDue, type Rhythm } from '../../src/answers/digest-due.js';
import { localDate, momentOf, zoneName, zoneOffsetMs } from '../../src/answers/local-time.js';
import { DAY_MS, HOUR_MS, isoTime, MINUTE_MS } from '../../src/units.js';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'Africa/Casablanca',
  'America/New_York',
  'America/St_Johns',
  'America/Los_Angeles',
  'America/Santiago',
  'America/Havana',
  'Asia/Tokyo',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Australia/Adelaide',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Pacific/Honolulu',
  'Antarctica/Troll',
];
const daily = (minute: number, zone: string): Rhythm => ({ every: 'daily', weekday: 1, minute, zone });
const at = (text: string) => Date.parse(text);
const wall = (zone: string, ms: number) => isoTime(ms + zoneOffsetMs(zone, ms)).slice(0, 16);

describe('the moment at which clocks show a time', () => {
  test.each([
    ['Europe/Berlin', '2026-11-21', 9 * 60, '2026-11-21T08:00:00Z'],
    ['Europe/Berlin', '2026-07-01', 9 * 60, '2026-07-01T07:00:00Z'],
    ['Europe/Berlin', '2026-03-29', 2 * 60 + 30, '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-10-25', 2 * 60 + 30, '2026-10-25T00:30:00Z'],
    ['America/New_York', '2026-03-08', 2 * 60, '2026-03-08T07:00:00Z'],
    ['America/New_York', '2026-11-01', 60, '2026-11-01T05:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-04', 2 * 60 + 15, '2026-10-03T15:30:00Z'],
    ['America/Sao_Paulo', '2018-11-04', 15, '2018-11-04T03:00:00Z'],
    ['Asia/Kolkata', '2026-11-21', 0, '2026-11-20T18:30:00Z'],
  ])('%s %s minute %i', (zone, date, minute, expected) => {
    expect(isoTime(momentOf(zone, date, minute) ?? 0)).toBe(expected);
  });

  test('a date that was skipped has none', () => {
    expect(momentOf('Pacific/Apia', '2011-12-30', 540)).toBeUndefined();
    expect(momentOf('Pacific/Apia', '2011-12-31', 540)).toBe(at('2011-12-30T19:00:00Z'));
  });

  test('zones are known however they are written, and nothing else is one', () => {
    expect([zoneName('europe/berlin'), zoneName('UTC'), zoneName('America/new_york')]).toEqual([
      'Europe/Berlin',
      'UTC',
      'America/New_York',
    ]);
    expect(['Europe/Nowhere', '+02:00', 'daily', '', '../etc/passwd', 'x'.repeat(99)].map(zoneName)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
  });
});

describe('what is due', () => {
  test.each([
    [
      'Berlin, the morning after',
      daily(540, 'Europe/Berlin'),
      '2026-11-21T12:00:00Z',
      '2026-11-22T08:00',
      '2026-11-21',
    ],
    ['later the same day', daily(18 * 60, 'Europe/Berlin'), '2026-11-21T12:00:00Z', '2026-11-21T17:00', '2026-11-20'],
    ['Los Angeles', daily(540, 'America/Los_Angeles'), '2026-11-21T12:00:00Z', '2026-11-21T17:00', '2026-11-20'],
    [
      'Los Angeles, when the UTC day is over',
      daily(1200, 'America/Los_Angeles'),
      '2026-11-21T12:00:00Z',
      '2026-11-22T04:00',
      '2026-11-21',
    ],
    [
      'Tokyo at nine waits for the logs',
      daily(540, 'Asia/Tokyo'),
      '2026-11-21T12:00:00Z',
      '2026-11-22T00:30',
      '2026-11-21',
    ],
    [
      'Tokyo at nine, in the half hour',
      daily(540, 'Asia/Tokyo'),
      '2026-11-22T00:10:00Z',
      '2026-11-22T00:30',
      '2026-11-21',
    ],
    [
      'Tokyo at six tells of the day before',
      daily(360, 'Asia/Tokyo'),
      '2026-11-21T12:00:00Z',
      '2026-11-21T21:00',
      '2026-11-20',
    ],
    ['UTC at midnight', daily(0, 'UTC'), '2026-11-21T12:00:00Z', '2026-11-22T00:30', '2026-11-21'],
  ])('%s', (_, rhythm, after, expected, day) => {
    const due = nextDue(rhythm, at(after));
    expect([isoTime(due.atMs).slice(0, 16), due.day]).toEqual([expected, day]);
  });

  test('weekly comes on its weekday', () => {
    const rhythm: Rhythm = { every: 'weekly', weekday: 1, minute: 540, zone: 'Europe/Berlin' };
    const dues = duesBetween(rhythm, at('2026-11-01T00:00:00Z'), at('2026-12-01T00:00:00Z'), 99);
    expect(dues.map(({ atMs, day }) => [isoTime(atMs).slice(0, 16), day])).toEqual([
      ['2026-11-02T08:00', '2026-11-01'],
      ['2026-11-09T08:00', '2026-11-08'],
      ['2026-11-16T08:00', '2026-11-15'],
      ['2026-11-23T08:00', '2026-11-22'],
      ['2026-11-30T08:00', '2026-11-29'],
    ]);
  });

  test('what was missed is listed, the last of it', () => {
    const dues = duesBetween(daily(540, 'UTC'), at('2026-01-01T09:00:00Z'), at('2026-11-21T12:00:00Z'), 3);
    expect(dues.map(({ day }) => day)).toEqual(['2026-11-18', '2026-11-19', '2026-11-20']);
  });

  const anyRhythm = fc.record({
    every: fc.constantFrom('daily' as const, 'weekly' as const),
    weekday: fc.integer({ min: 1, max: 7 }),
    minute: fc.integer({ min: 0, max: 1439 }),
    zone: fc.constantFrom(...ZONES),
  });

  test('over years: every local date has its digest, every UTC day is told of once, after it is over', () => {
    fc.assert(
      fc.property(anyRhythm, fc.integer({ min: 2016, max: 2035 }), (rhythm, year) => {
        const [from, to] = [Date.UTC(year, 0, 1), Date.UTC(year + 2, 0, 1)];
        const dues = duesBetween(rhythm, from, to, 1_000);
        const step = rhythm.every === 'weekly' ? 7 : 1;
        expect(dues.length).toBeGreaterThanOrEqual(Math.floor((to - from) / DAY_MS / step) - 1);
        dues.forEach((due, index) => {
          const dayMs = Date.parse(due.day);
          const before = dues[index - 1];
          if (before !== undefined) expect(dayMs - Date.parse(before.day)).toBe(step * DAY_MS);
          expect(due.atMs).toBeGreaterThanOrEqual(dayMs + DAY_MS + 30 * MINUTE_MS);
          expect(due.atMs).toBeLessThanOrEqual(dayMs + 2 * DAY_MS + 4 * HOUR_MS);
          expect(nextDue(rhythm, due.atMs - 1)).toEqual(due);
          const shown = wall(rhythm.zone, due.atMs);
          const wanted = `${localDate(rhythm.zone, due.atMs)}T${String(Math.floor(rhythm.minute / 60)).padStart(2, '0')}:${String(rhythm.minute % 60).padStart(2, '0')}`;
          // Later than the wish only in the hour that clocks skip, and where the day has to settle first.
          const lateMs = Date.parse(`${shown}Z`) - Date.parse(`${wanted}Z`);
          expect(
            lateMs === 0 || due.atMs === dayMs + DAY_MS + 30 * MINUTE_MS || isAfterGap(rhythm.zone, due.atMs),
          ).toBe(true);
        });
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

function isAfterGap(zone: string, ms: number): boolean {
  return zoneOffsetMs(zone, ms) > zoneOffsetMs(zone, ms - 1);
}
