import { NetcostError } from '../errors.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../units.js';
import type { TimeWindow } from './query.js';
import { nearestWord } from './question-keys.js';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['m', MINUTE_MS],
  ['h', HOUR_MS],
  ['d', DAY_MS],
  ['w', 7 * DAY_MS],
]);
const WORDS = ['today', 'yesterday', 'week', 'month', 'lastmonth'] as const;
const ALLOWED = '90m, 24h, 7d, 4w, today, yesterday, week, month, lastmonth, a date, or 2026-11-01..2026-11-08';
/** Nobody keeps flow logs longer; a slip of the key (`since=24000d`) should not scan everything there is. */
const MAX_DAYS = 3660;

/**
 * The window that `since` names (contract, part 2). `Nh`, `Nd`, … end now; `today`, `week` (from Monday), `month` and a
 * bare date start at 00:00 UTC and end now; `yesterday` and `lastmonth` are whole; `A..B` includes day B. Beyond the
 * contract, A and B may be moments such as 2026-11-01T10:30; a moment B is not included.
 * @throws NetcostError 'usage' for anything else, dates that do not exist and windows in the future included.
 */
export function parseSince(text: string, nowMs: number): TimeWindow {
  const window = readWindow(text.toLowerCase(), text, nowMs);
  if (window.toMs - window.fromMs > MAX_DAYS * DAY_MS) {
    throw refuse(text, `is longer than ${MAX_DAYS} days`);
  }
  if (window.fromMs > nowMs) throw refuse(text, 'lies in the future');
  return window;
}

/** Whether a bare word of a question can only be a window. */
export function isWindowWord(word: string): boolean {
  return /^(?:\d{1,9}[mhdw]$|\d{4}-\d\d-\d\d)/i.test(word) || (WORDS as readonly string[]).includes(word.toLowerCase());
}

/** The earlier window to compare with: the one of the same length just before, or the same one seven days earlier. */
export function earlierWindow(window: TimeWindow, kind: 'previous' | 'lastweek'): TimeWindow {
  const backMs = kind === 'previous' ? window.toMs - window.fromMs : 7 * DAY_MS;
  return { fromMs: window.fromMs - backMs, toMs: window.toMs - backMs };
}

function readWindow(word: string, typed: string, nowMs: number): TimeWindow {
  const [, digits, unit] = /^(\d{1,9})([mhdw])$/.exec(word) ?? [];
  if (digits !== undefined && unit !== undefined) {
    if (Number(digits) === 0) throw refuse(typed, 'is an empty window');
    return { fromMs: nowMs - Number(digits) * UNITS.get(unit)!, toMs: nowMs };
  }
  const today = startOfDay(nowMs);
  const month = new Date(today);
  month.setUTCDate(1);
  switch (word) {
    case 'today':
      return { fromMs: today, toMs: nowMs };
    case 'yesterday':
      return { fromMs: today - DAY_MS, toMs: today };
    case 'week':
      return { fromMs: today - ((new Date(today).getUTCDay() + 6) % 7) * DAY_MS, toMs: nowMs };
    case 'month':
      return { fromMs: month.getTime(), toMs: nowMs };
    case 'lastmonth':
      return { fromMs: Date.UTC(month.getUTCFullYear(), month.getUTCMonth() - 1), toMs: month.getTime() };
    default:
      return readDates(word, typed, nowMs);
  }
}

/** `A`, `A..` or `A..B`. Phones turn the dots or a hyphen into one typographic mark. */
function readDates(word: string, typed: string, nowMs: number): TimeWindow {
  const plain = word.replaceAll('…', '..').replace(/[‐‑‒–—−]/g, '-');
  const [first = '', last, ...others] = plain.replace(/^(\d{4}-\d\d-\d\d)-(?=\d{4}-)/, '$1..').split('..');
  const from = readMoment(first, typed);
  if (from === undefined || others.length > 0) throw refuse(typed, undefined);
  if (last === undefined || last === '') return { fromMs: from.ms, toMs: Math.max(nowMs, from.ms) };
  const to = readMoment(last, typed);
  if (to === undefined) throw refuse(typed, undefined);
  const toMs = to.isDay ? to.ms + DAY_MS : to.ms;
  if (toMs <= from.ms) throw refuse(typed, 'ends before it begins');
  return { fromMs: from.ms, toMs };
}

function readMoment(text: string, typed: string): { ms: number; isDay: boolean } | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:t(\d\d):(\d\d)(?::(\d\d))?z?)?$/.exec(text);
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = year >= 1970 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59)
    throw refuse(typed, `holds ${text.toUpperCase()}, which does not exist`);
  return { ms: date.getTime() + hour * HOUR_MS + minute * MINUTE_MS + second * 1000, isDay: parts[4] === undefined };
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

function refuse(typed: string, why: string | undefined): NetcostError {
  const near = why === undefined ? nearestWord(typed, WORDS) : undefined;
  const problem = near === undefined ? (why ?? 'is no window') : `is no window; did you mean "${near}"?`;
  const shown = typed.length > 60 ? `${typed.slice(0, 60)}…` : typed;
  const end = problem.endsWith('?') ? '' : '.';
  return new NetcostError('usage', `since=${shown} ${problem}${end}`, { hint: `Allowed: ${ALLOWED}.` });
}
