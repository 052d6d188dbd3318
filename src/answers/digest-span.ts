import { quoteValue } from '../query/question-words.js';
import { DAY_MS, isoTime } from '../units.js';

/** What a digest tells of: one UTC day, or the seven that end with it. */
export interface DigestSpan {
  readonly every: 'daily' | 'weekly';
  /** The day, or the last of the seven: `2026-11-20`. */
  readonly day: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The days of a digest. */
export function spanOf(every: DigestSpan['every'], day: string): DigestSpan {
  const toMs = Date.parse(`${day}T00:00:00Z`) + DAY_MS;
  return { every, day, fromMs: toMs - (every === 'weekly' ? 7 : 1) * DAY_MS, toMs };
}

/** The filter of a team in a question; nothing for the whole organisation. */
export function teamFilter(team: string | undefined): string {
  return team === undefined ? '' : `team=${quoteValue({ value: team, negated: false })} `;
}

/** `since=2026-11-14..2026-11-20` for whole UTC days; `toMs` is not included. */
export function sinceDays(fromMs: number, toMs: number): string {
  return `since=${isoTime(fromMs).slice(0, 10)}..${isoTime(toMs - DAY_MS).slice(0, 10)}`;
}
