import { NetcostError } from '../errors.js';
import { isoTime } from '../units.js';

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
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(text.trim());
  const [, day, time = '00:00', zone = 'Z'] = parts ?? [];
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  const midnight = Date.parse(`${day}T00:00Z`);
  // Date.parse takes 2026-02-30 for the 2nd of March.
  const exists = day !== undefined && !Number.isNaN(midnight) && isoTime(midnight).startsWith(day);
  if (exists && !Number.isNaN(ms)) return ms;
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
