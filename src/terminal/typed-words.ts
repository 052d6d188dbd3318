import { NetcostError } from '../errors.js';
import { parseMoment } from '../query/moment.js';

/**
 * The words of a command line as one question. The shell has taken quotes away: an argument `team=data science` gets
 * them back, unless it is a whole question in one argument.
 */
export function questionOf(words: readonly string[]): string {
  return words.map(quoteAgain).join(' ');
}

/**
 * Reads `--now`: ISO 8601, UTC where it names no zone.
 * @throws NetcostError 'usage' for anything else, dates that do not exist included.
 */
export function readNow(text: string): number {
  const ms = parseMoment(text);
  if (ms !== undefined) return ms;
  throw new NetcostError('usage', `--now ${text.slice(0, 60)} is no time.`, {
    hint: 'Allowed: ISO 8601 in UTC, such as 2026-11-21T12:00:00Z.',
  });
}

function quoteAgain(word: string): string {
  const [, key, value] = /^([^\s=]+=)(.*\s.*)$/s.exec(word) ?? [];
  if (key === undefined || value === undefined || /["'“”]|\s[^\s=]+\s?!?=|,\s|\s,/.test(value)) return word;
  const parts = value.split(',').map((part) => part.replace(/^(!?)(.*\s.*)$/s, '$1"$2"'));
  return `${key}${parts.join(',')}`;
}
