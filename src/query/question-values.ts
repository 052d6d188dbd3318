import { formatRange, parsePrefix } from '../attribution/addresses.js';
import { NetcostError } from '../errors.js';
import { PROTOCOL_NAMES } from './dimensions.js';
import type { FilterKey, FilterValue } from './query.js';
import { nearestWord, QUESTION_KEYS } from './question-keys.js';

const PROTOCOL_NUMBERS: ReadonlyMap<string, number> = new Map(PROTOCOL_NAMES.map(([n, name]) => [name, n]));
const NAME_OF_PROTOCOL: ReadonlyMap<number, string> = new Map(PROTOCOL_NAMES);
const CROSSAZ: ReadonlyMap<string, string> = new Map([
  ['yes', 'yes'],
  ['true', 'yes'],
  ['no', 'no'],
  ['false', 'no'],
]);
const DIRECTIONS = ['up', 'down'];
const MAX_VALUE_LENGTH = 256;

/**
 * One value of a filter in its canonical form: addresses and ranges as RFC 5952 and CIDR have them, ports without
 * leading zeros, protocols by name. Names stay as typed; the engine compares them without case.
 * @throws NetcostError 'usage' for a value that this key cannot have.
 */
export function readFilterValue(key: FilterKey, typed: FilterValue): FilterValue {
  const value = canonicalValue(key, typed.value);
  if (value === undefined) throw refuseValue(key, typed.value);
  return Object.freeze({ value, negated: typed.negated });
}

function canonicalValue(key: FilterKey, text: string): string | undefined {
  if (text.length > MAX_VALUE_LENGTH) return undefined;
  const lower = text.toLowerCase();
  switch (key) {
    case 'client':
    case 'remote': {
      const range = parsePrefix(text);
      return range && formatRange(range);
    }
    case 'port':
      return wholeNumber(text, 65_535);
    case 'protocol': {
      const number = PROTOCOL_NUMBERS.get(lower) ?? wholeNumber(text, 255);
      return number === undefined ? undefined : (NAME_OF_PROTOCOL.get(Number(number)) ?? String(number));
    }
    case 'direction':
      return DIRECTIONS.includes(lower) ? lower : undefined;
    case 'crossaz':
      return CROSSAZ.get(lower);
    case 'account':
      // The console shows account ids as 1111-2222-3333.
      return /^\d{4}-\d{4}-\d{4}$/.test(text) ? text.replaceAll('-', '') : text;
    default:
      return text;
  }
}

function wholeNumber(text: string, max: number): string | undefined {
  if (!/^\d{1,6}$/.test(text) || Number(text) > max) return undefined;
  return String(Number(text));
}

function refuseValue(key: FilterKey, value: string): NetcostError {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  if (value.length > MAX_VALUE_LENGTH) {
    return new NetcostError('usage', `${key}=${shown} is too long; allowed are ${MAX_VALUE_LENGTH} characters.`);
  }
  if (key === 'client' || key === 'remote') {
    const hint = `Allowed: such as ${key}=10.20.5.7, ${key}=10.20.0.0/20 or ${key}=fd00:20::/56, several with commas.`;
    return new NetcostError('usage', `${key}=${shown} is no IP address or CIDR range.`, { hint });
  }
  const choices = key === 'protocol' ? [...PROTOCOL_NUMBERS.keys()] : key === 'direction' ? DIRECTIONS : [];
  const near = nearestWord(value, choices);
  const allowed = QUESTION_KEYS.find((known) => known.key === key)?.allowed ?? 'names';
  const meant = near === undefined ? '.' : `; did you mean "${near}"?`;
  return new NetcostError('usage', `${key}=${shown} is not understood${meant}`, { hint: `Allowed: ${allowed}.` });
}
