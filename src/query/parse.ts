import { NetcostError } from '../errors.js';
import type { FilterKey, FilterValue, GroupKey, Query } from './query.js';
import {
  COMPARE_KINDS,
  DEFAULT_SINCE,
  DEFAULT_TOP,
  filterKeyOf,
  groupKeyOf,
  MAX_TOP,
  nearestWord,
  QUESTION_KEYS,
} from './question-keys.js';
import { readFilterValue } from './question-values.js';
import { cleanQuestion, quoteValue, splitQuestion, type TypedValue } from './question-words.js';
import { earlierWindow, isWindowWord, parseSince } from './window-since.js';

const SETTINGS = ['since', 'by', 'top', 'compare'] as const;
type Setting = (typeof SETTINGS)[number];

/**
 * Understands a question (contract, part 2): words and `key=value` pairs in any order, from a terminal or from Slack.
 * A filter or `by` that comes twice is merged, as if written with a comma; `since`, `top` and `compare` may come once.
 * A bare window (`today`, `7d`) stands for `since=`. Without `since` the window is the last 24 hours, without `by`
 * there is one total.
 * @throws NetcostError 'usage', one line that names the word and what is allowed.
 */
export function parseQuestion(text: string, { nowMs }: { readonly nowMs: number }): Query {
  const cleaned = cleanQuestion(text);
  const where = new Map<FilterKey, FilterValue[]>();
  const by: GroupKey[] = [];
  const settings = new Map<Setting, string>();
  for (const word of splitQuestion(cleaned)) {
    if (word.kind === 'bare') {
      if (!isWindowWord(word.word)) throw refuseWord(word.word);
      set(settings, 'since', word.word);
      continue;
    }
    const key = word.key.toLowerCase();
    if (key === 'by') addGroups(by, word.values);
    else if (isSetting(key)) set(settings, key, single(key, word.values));
    else addFilter(where, word.key, word.values);
  }
  const since = settings.get('since') ?? DEFAULT_SINCE;
  const window = Object.freeze(parseSince(since, nowMs));
  const compare = readCompare(settings.get('compare'));
  if (by.includes('charge') && (by.length > 1 || compare !== undefined)) {
    throw new NetcostError('usage', "by=charge stands alone: hours of a gateway are nobody's share.", {
      hint: 'Ask by=charge with nat= or nataz=, without a second word after by= and without compare=.',
    });
  }
  const query: Query = {
    text: cleaned,
    where: new Map([...where].map(([key, values]) => [key, Object.freeze(values)])),
    by: Object.freeze(by),
    top: readTop(settings.get('top')),
    window,
    since: since.toLowerCase(),
    ...(compare && {
      compare: Object.freeze({ kind: compare, window: Object.freeze(earlierWindow(window, compare)) }),
    }),
  };
  return Object.freeze(query);
}

/** The canonical text of a query: parseQuestion reads the same query from it (at the same `nowMs`). */
export function formatQuestion(query: Pick<Query, 'where' | 'by' | 'top' | 'since' | 'compare'>): string {
  const words = [...query.where].map(([key, values]) => `${key}=${values.map(quoteValue).join(',')}`);
  words.push(`since=${query.since}`);
  if (query.by.length > 0) words.push(`by=${query.by.join(',')}`);
  if (query.top !== DEFAULT_TOP) words.push(`top=${query.top}`);
  if (query.compare) words.push(`compare=${query.compare.kind}`);
  const text = words.join(' ');
  // A name that looks like one of Slack's escapes would be unescaped when it is read again.
  if (cleanQuestion(text) === text) return text;
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function addGroups(by: GroupKey[], values: readonly TypedValue[]): void {
  for (const { value, negated } of values) {
    const key = negated ? undefined : groupKeyOf(value);
    if (key === undefined) throw refuseGroup(negated ? `!${value}` : value);
    if (by.some((other) => other.toLowerCase() === key.toLowerCase())) {
      throw new NetcostError('usage', `by=${key} is there twice.`, {
        hint: 'Group by one word, or by two different ones.',
      });
    }
    by.push(key);
  }
  if (by.length > 2) {
    throw new NetcostError('usage', `by=${by.join(',')} names ${by.length} words; allowed are one or two.`);
  }
}

function addFilter(where: Map<FilterKey, FilterValue[]>, word: string, values: readonly TypedValue[]): void {
  const key = filterKeyOf(word);
  if (key === undefined) throw refuseKey(word);
  // One list per label, however its name is written.
  const known = [...where.keys()].find((other) => other.toLowerCase() === key.toLowerCase()) ?? key;
  const list = where.get(known) ?? [];
  where.set(known, list);
  for (const typed of values) {
    const value = readFilterValue(key, typed);
    const isRepeated = list.some(
      (other) => other.negated === value.negated && other.value.toLowerCase() === value.value.toLowerCase(),
    );
    if (!isRepeated) list.push(value);
  }
}

function isSetting(key: string): key is Setting {
  return (SETTINGS as readonly string[]).includes(key);
}

function set(settings: Map<Setting, string>, key: Setting, value: string): void {
  const before = settings.get(key);
  if (before !== undefined) {
    throw new NetcostError('usage', `${key} is there twice, as ${show(before)} and as ${show(value)}.`, {
      hint: `Write ${key}= once.`,
    });
  }
  settings.set(key, value);
}

function single(key: Setting, values: readonly TypedValue[]): string {
  const [first, ...others] = values;
  if (first === undefined || others.length > 0 || first.negated) {
    throw new NetcostError('usage', `${key}= takes one value.`, { hint: allowedOf(key) });
  }
  return first.value;
}

function readTop(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TOP;
  const top = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (top >= 1 && top <= MAX_TOP) return top;
  throw new NetcostError('usage', `top=${show(text)} is not understood.`, { hint: allowedOf('top') });
}

function readCompare(text: string | undefined): (typeof COMPARE_KINDS)[number] | undefined {
  if (text === undefined) return undefined;
  const kind = COMPARE_KINDS.find((known) => known === text.toLowerCase());
  if (kind) return kind;
  throw new NetcostError('usage', `compare=${show(text)} is not understood${meant(text, COMPARE_KINDS)}`, {
    hint: allowedOf('compare'),
  });
}

const FILTER_WORDS = QUESTION_KEYS.filter((known) => known.filters).map((known) => known.key);
const GROUP_WORDS = QUESTION_KEYS.filter((known) => known.groups).map((known) => known.key);

function refuseKey(word: string): NetcostError {
  const known = [...FILTER_WORDS, ...SETTINGS];
  if (/^label\./i.test(word)) {
    return new NetcostError('usage', `"${show(word)}" names no label.`, {
      hint: 'Write it as label.department=sales.',
    });
  }
  if (['pair', 'hour', 'day', 'charge'].includes(word.toLowerCase())) {
    return new NetcostError('usage', `"${word}" is no filter.`, { hint: `Group by it: by=${word.toLowerCase()}.` });
  }
  return new NetcostError('usage', `"${show(word)}" is no word of a question${meant(word, known)}`, {
    hint: `Allowed: ${known.join(', ')}.`,
  });
}

function refuseGroup(word: string): NetcostError {
  return new NetcostError('usage', `by=${show(word)} is not understood${meant(word, GROUP_WORDS)}`, {
    hint: `Allowed: one or two of ${GROUP_WORDS.join(', ')}.`,
  });
}

function refuseWord(word: string): NetcostError {
  const name = /^[\w.-]+/.exec(word)?.[0] ?? word;
  const isKey = filterKeyOf(name) !== undefined || isSetting(name.toLowerCase());
  if (isKey) {
    return new NetcostError('usage', `"${show(word)}" has no "=".`, { hint: `Write ${name.toLowerCase()}=VALUE.` });
  }
  const hint = 'A question is made of key=value pairs, such as team=payments since=24h by=service.';
  return new NetcostError('usage', `"${show(word)}" is not understood${meant(word, [...FILTER_WORDS, ...SETTINGS])}`, {
    hint,
  });
}

function meant(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  return near === undefined ? '.' : `; did you mean "${near}"?`;
}

function allowedOf(key: Setting): string {
  return `Allowed: ${QUESTION_KEYS.find((known) => known.key === key)!.allowed}.`;
}

function show(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
