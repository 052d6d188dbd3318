import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeError, NetcostError } from '../../src/errors.js';
import { earlierWindow, isWindowWord, parseSince } from '../../src/query/window-since.js';
import { isoTime } from '../../src/units.js';

// A Saturday.
const now = Date.UTC(2026, 10, 21, 12, 30);
const since = (text: string, nowMs = now) => {
  const { fromMs, toMs } = parseSince(text, nowMs);
  return `${isoTime(fromMs)} ${isoTime(toMs)}`;
};
const NOW = '2026-11-21T12:30:00Z';

describe('parseSince', () => {
  it.each([
    ['90m', `2026-11-21T11:00:00Z ${NOW}`],
    ['24h', `2026-11-20T12:30:00Z ${NOW}`],
    ['7D', `2026-11-14T12:30:00Z ${NOW}`],
    ['4w', `2026-10-24T12:30:00Z ${NOW}`],
    ['today', `2026-11-21T00:00:00Z ${NOW}`],
    ['yesterday', '2026-11-20T00:00:00Z 2026-11-21T00:00:00Z'],
    ['week', `2026-11-16T00:00:00Z ${NOW}`],
    ['month', `2026-11-01T00:00:00Z ${NOW}`],
    ['lastmonth', '2026-10-01T00:00:00Z 2026-11-01T00:00:00Z'],
    ['2026-11-03', `2026-11-03T00:00:00Z ${NOW}`],
    ['2026-11-03..', `2026-11-03T00:00:00Z ${NOW}`],
    ['2026-11-01..2026-11-08', '2026-11-01T00:00:00Z 2026-11-09T00:00:00Z'],
    ['2026-11-01…2026-11-08', '2026-11-01T00:00:00Z 2026-11-09T00:00:00Z'],
    ['2026-11-01–2026-11-08', '2026-11-01T00:00:00Z 2026-11-09T00:00:00Z'],
    ['2026‑11‑01..2026‑11‑01', '2026-11-01T00:00:00Z 2026-11-02T00:00:00Z'],
    ['2026-11-20..2026-11-21', '2026-11-20T00:00:00Z 2026-11-22T00:00:00Z'],
    ['2024-02-29', `2024-02-29T00:00:00Z ${NOW}`],
    ['2026-11-20T10:30', `2026-11-20T10:30:00Z ${NOW}`],
    ['2026-11-20T10:30Z..2026-11-20T11:00:30Z', '2026-11-20T10:30:00Z 2026-11-20T11:00:30Z'],
  ])('reads %s', (text, expected) => {
    expect(since(text)).toBe(expected);
  });

  it('counts calendar periods in UTC, at their edges too', () => {
    const monday = Date.UTC(2026, 10, 16);
    expect(since('week', monday)).toBe('2026-11-16T00:00:00Z 2026-11-16T00:00:00Z');
    expect(since('week', monday - 1000)).toBe('2026-11-09T00:00:00Z 2026-11-15T23:59:59Z');
    expect(since('lastmonth', Date.UTC(2027, 0, 31))).toBe('2026-12-01T00:00:00Z 2027-01-01T00:00:00Z');
    expect(since('yesterday', Date.UTC(2024, 2, 1, 1))).toBe('2024-02-29T00:00:00Z 2024-03-01T00:00:00Z');
  });

  it.each([
    ['banana', /^since=banana is no window\. Allowed: 90m, 24h, /],
    ['0h', /since=0h is an empty window/],
    ['-3h', /is no window/],
    ['1.5h', /is no window/],
    ['24', /is no window/],
    ['24hours', /is no window/],
    ['999999999w', /is longer than 3660 days/],
    ['9999999999w', /is no window/],
    ['1970-01-01', /is longer than 3660 days/],
    ['2026-02-30', /holds 2026-02-30, which does not exist/],
    ['2025-02-29..2025-03-01', /holds 2025-02-29, which does not exist/],
    ['2026-13-01', /does not exist/],
    ['0000-01-01', /does not exist/],
    ['2026-11-20T24:00', /does not exist/],
    ['2026-1-1', /is no window/],
    ['2026-11-08..2026-11-01', /ends before it begins/],
    ['2026-11-01..2026-11-02..2026-11-03', /is no window/],
    ['..2026-11-02', /is no window/],
    ['2027-01-01', /lies in the future/],
    ['2026-11-22..2026-11-23', /lies in the future/],
    ['yesterdya', /did you mean "yesterday"\?/],
    ['lastmnth', /did you mean "lastmonth"\?/],
    ['__proto__', /is no window/],
  ])('refuses %s', (text, message) => {
    let error: unknown;
    try {
      parseSince(text, now);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(NetcostError);
    expect(describeError(error)).toMatch(message);
  });

  it('makes a window that begins before it ends and no later than now, from any day to any other', () => {
    const day = fc
      .date({ min: new Date(Date.UTC(2018, 0, 1)), max: new Date(now), noInvalidDate: true })
      .map((d) => isoTime(d.getTime()).slice(0, 10));
    fc.assert(
      fc.property(day, day, (a, b) => {
        const [first, last] = a < b ? [a, b] : [b, a];
        const window = parseSince(`${first}..${last}`, now);
        expect((window.toMs - window.fromMs) % 86_400_000).toBe(0);
        expect(isoTime(window.fromMs).slice(0, 10)).toBe(first);
        expect(isoTime(window.toMs - 1000).slice(0, 10)).toBe(last);
      }),
    );
  });
});

describe('earlierWindow', () => {
  it('is the same length, just before or seven days earlier', () => {
    const window = parseSince('6h', now);
    expect(earlierWindow(window, 'previous')).toEqual({ fromMs: now - 12 * 3600_000, toMs: now - 6 * 3600_000 });
    expect(earlierWindow(window, 'lastweek').toMs).toBe(now - 7 * 86_400_000);
  });
});

describe('isWindowWord', () => {
  it('knows windows from names', () => {
    expect(['24h', 'today', 'LastMonth', '2026-11-01..2026-11-02'].every(isWindowWord)).toBe(true);
    expect(['24', 'payments', 'h', ''].some(isWindowWord)).toBe(false);
  });
});
