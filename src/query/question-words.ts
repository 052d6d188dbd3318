import { NetcostError } from '../errors.js';
import { filterKeyOf } from './question-keys.js';

/** A value as it was typed; `!` in front of it is taken off, unless it stood inside quotes. */
export interface TypedValue {
  readonly value: string;
  readonly negated: boolean;
}

/** One piece of a question: `key=a,!b`, or a bare word. */
export type QuestionWord =
  | { readonly kind: 'pair'; readonly key: string; readonly values: readonly TypedValue[] }
  | { readonly kind: 'bare'; readonly word: string };

/** Longer questions are a mistake or an attack; Slack itself sends at most a few thousand characters. */
const MAX_QUESTION_LENGTH = 4000;

/**
 * What a person meant to type: Slack's `&amp;` and `<#C123|name>`, smart quotes, unusual blanks and invisible marks are
 * turned back into plain text.
 */
export function cleanQuestion(text: string): string {
  return text
    .replace(/<(?:[#@]|!subteam\^)\w+\|[#@]?([^<>|]*)>/g, '$1')
    .replace(/<[#@](\w+)>/g, '$1')
    .replace(/<(?:https?:|mailto:|tel:)[^<>|\s]*\|([^<>|]*)>/g, '$1')
    .replace(/<(?:https?:\/\/|mailto:|tel:)([^<>|\s]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/[\u201c\u201d\u201e\u201f\u00ab\u00bb]/g, '"')
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .replace(/[\s\u0085\p{Zs}\p{Cc}]+/gu, ' ')
    .trim();
}

/**
 * Splits a cleaned question into words and `key=value` pairs. Blanks around `=` and after a comma do no harm; quotes
 * hold values with blanks, commas or a leading `!` together, a backslash inside them keeps the next character.
 * @throws NetcostError 'usage' for an open quote, an empty value or too long a text.
 */
export function splitQuestion(text: string): QuestionWord[] {
  if (text.length > MAX_QUESTION_LENGTH) {
    throw new NetcostError('usage', `The question has ${text.length} characters; allowed are ${MAX_QUESTION_LENGTH}.`);
  }
  const words: QuestionWord[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ' || text[at] === ',') {
      at += 1; // a comma between pairs: `team=a, by=service`
      continue;
    }
    const key = match(/[^\s=!,"']+/y, text, at);
    const sign = match(/ ?(?:!=|={1,2}) ?/y, text, at + key.length);
    if (key === '' || sign === '') {
      const word = match(/[^\s]+/y, text, at);
      words.push({ kind: 'bare', word: word.replace(/,$/, '') });
      at += word.length;
      continue;
    }
    const read = readValues(text, at + key.length + sign.length, key);
    const excludes = sign.includes('!');
    const values = read.values.map(({ value, negated }) => ({ value, negated: negated !== excludes }));
    words.push({ kind: 'pair', key, values });
    at = read.at;
  }
  return words;
}

/** A value as splitQuestion reads it back. */
export function quoteValue({ value, negated }: TypedValue): string {
  const isPlain = /^[^\s,"'!=\\][^\s,]*$/.test(value);
  const text = isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
  return negated ? `!${text}` : text;
}

function readValues(text: string, start: number, key: string): { values: TypedValue[]; at: number } {
  const values: TypedValue[] = [];
  let at = start;
  for (;;) {
    const bang = match(/! ?/y, text, at);
    at += bang.length;
    const quote = text[at];
    let value: string;
    if (quote === '"' || quote === "'") {
      const quoted = match(quote === '"' ? /"(?:[^"\\]|\\.)*"/y : /'(?:[^'\\]|\\.)*'/y, text, at);
      if (quoted === '' || !/^(?:[ ,]|$)/.test(text.slice(at + quoted.length, at + quoted.length + 1))) {
        throw new NetcostError('usage', `The value of ${key}= opens a quote (${quote}) that is not closed.`, {
          hint: `Write it as ${key}="a name with blanks".`,
        });
      }
      value = quoted.slice(1, -1).replace(/\\(.)/g, '$1').trim();
      at += quoted.length;
    } else {
      value = match(/[^\s,]+/y, text, at);
      at += value.length;
    }
    if (value === '') throw new NetcostError('usage', `${key}= has an empty value.`, { hint: `Write ${key}=VALUE.` });
    values.push({ value, negated: bang !== '' });
    const comma = match(/ ?, ?/y, text, at);
    if (comma === '' || startsPair(text, at + comma.length)) return { values, at: at + comma.length };
    at += comma.length;
  }
}

/** After `team=a, ` a known word with `=` is the next pair, not a second value. */
function startsPair(text: string, at: number): boolean {
  const key = /^([^\s=!,"']+) ?!?=/.exec(text.slice(at, at + 200))?.[1];
  if (key === undefined) return false;
  return filterKeyOf(key) !== undefined || /^(?:since|by|top|compare)$/i.test(key);
}

function match(sticky: RegExp, text: string, at: number): string {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0] ?? '';
}
