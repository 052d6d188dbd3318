import { Decimal } from 'decimal.js';
import type { Answer, AnswerRow, KeyValue } from '../answers/answer.js';
import type { Query } from '../query/query.js';
import { formatBytes, formatUsd } from '../units.js';

/** The name of a key as a column title: `crossaz` is "Crosses zones". */
export function columnTitle(key: string): string {
  const titles: Readonly<Record<string, string>> = {
    az: 'Zone',
    vpc: 'VPC',
    nat: 'NAT gateway',
    nataz: 'Gateway zone',
    crossaz: 'Crosses zones',
    client: 'Client',
    remote: 'Destination',
    env: 'Environment',
    pair: 'Client → destination',
    hour: 'Hour (UTC)',
    day: 'Day (UTC)',
  };
  if (key.startsWith('label.')) return key.slice('label.'.length);
  return titles[key] ?? key.charAt(0).toUpperCase() + key.slice(1);
}

/** A key's value for people; null is "not known". */
export function showKey(key: string, value: KeyValue): string {
  if (value === null) return 'not known';
  const text = String(value);
  if (key === 'pair') return text.replace('>', ' → ');
  if (key === 'direction') return text === 'up' ? 'up (leaves)' : text === 'down' ? 'down (comes in)' : text;
  if (key === 'day') return text.slice(0, 10);
  if (key === 'hour') return text.slice(0, 16).replace('T', ' ');
  return text;
}

/** All keys of a row in the order of the question. */
export function showKeys(row: AnswerRow, by: readonly string[]): string {
  return by.map((key) => showKey(key, row.key[key] ?? null)).join(', ');
}

/** "$4.50", or "no price" where the region has none. */
export function showUsd(usd: string | undefined): string {
  return usd === undefined ? 'no price' : formatUsd(usd);
}

/** "82 %", "<1 %"; a dash where there is nothing to have a share of. */
export function showShare(part: bigint, whole: bigint): string {
  if (whole <= 0n) return '–';
  const tenths = new Decimal(part.toString()).times(100).div(whole.toString());
  if (tenths.gt(0) && tenths.lt(1)) return '<1 %';
  if (tenths.lt(100) && tenths.gt(99)) return '>99 %';
  return `${tenths.toFixed(0)} %`;
}

/** "+18 %", "−40 %", "×12", "new": how much more than before. */
export function showChange(now: bigint, before: bigint): string {
  if (before === 0n) return now === 0n ? '±0' : 'new';
  const ratio = new Decimal(now.toString()).div(before.toString());
  if (ratio.gte(10)) return `×${ratio.toFixed(0)}`;
  const percent = ratio.minus(1).times(100);
  if (percent.abs().lt('0.5')) return '±0 %';
  return `${percent.isNeg() ? '−' : '+'}${percent.abs().toFixed(0)} %`;
}

/** Whose bytes the question is about: "payments", "payments and search", "everybody but search", "Everybody". */
export function subject(query: Query): string {
  const values = query.where.get('team') ?? [];
  const named = values
    .filter((each) => !each.negated)
    .map((each) => (each.value === 'unattributed' ? 'nobody’s addresses' : each.value));
  if (named.length > 0) return list(named);
  const not = values.filter((each) => each.negated).map((each) => each.value);
  return not.length > 0 ? `everybody but ${list(not)}` : 'all teams together';
}

/** The other conditions of the question, as it was typed: "service=S3 az=use1-az1". */
export function conditions(query: Query): string {
  return [...query.where]
    .filter(([key]) => key !== 'team')
    .map(([key, values]) => `${key}=${values.map((each) => (each.negated ? `!${each.value}` : each.value)).join(',')}`)
    .join(' ');
}

/** "in the last 24 hours", "since Monday", "on 2026-11-20": the window in words. */
export function windowWords(query: Query): string {
  const fixed: Readonly<Record<string, string>> = {
    today: 'today',
    yesterday: 'yesterday',
    week: 'this week',
    month: 'this month',
    lastmonth: 'last month',
  };
  const words = fixed[query.since];
  if (words !== undefined) return words;
  const span = /^(\d+)([mhdw])$/.exec(query.since);
  if (span !== null) {
    const unit = { m: 'minute', h: 'hour', d: 'day', w: 'week' }[span[2]!]!;
    return Number(span[1]) === 1 ? `in the last ${unit}` : `in the last ${span[1]} ${unit}s`;
  }
  // A moment is read without case; people write 2026-11-20 08:00.
  const since = query.since.replace(/(?<=\d)t(?=\d)/gi, ' ');
  return since.includes('..') ? `from ${since.replace('..', ' to ')}` : `since ${since}`;
}

/** "2026-11-20 00:00 to 2026-11-21 00:00 UTC". */
export function windowUtc(answer: Answer): string {
  const show = (iso: string) => iso.slice(0, 16).replace('T', ' ');
  return `${show(answer.window.from)} to ${show(answer.window.to)} UTC`;
}

/** The whole result in one or two sentences without formatting: for notifications, screen readers and plain clients. */
export function summary(answer: Answer): string {
  const { query, total, rows } = answer;
  const where = conditions(query);
  const who = `${subject(query)}${where === '' ? '' : ` (${where})`}`;
  if (total.bytes === 0n && rows.length === 0)
    return `Nothing went through the NAT gateway for ${who} ${windowWords(query)}.`;
  const first = `${upper(who)}: ${showUsd(total.usd)} for ${formatBytes(total.bytes)} through the NAT gateway ${windowWords(query)}.`;
  const change =
    total.previous === undefined
      ? ''
      : ` That is ${showChange(total.bytes, total.previous.bytes)} against ${compareWords(query)}.`;
  return `${first}${change}${leaders(answer)}${answer.coverage.lowerBound ? ' At least: some data is missing.' : ''}`;
}

/** What the earlier window is called. */
export function compareWords(query: Query): string {
  return query.compare?.kind === 'lastweek' ? 'the same time last week' : 'the period before';
}

function leaders(answer: Answer): string {
  const { query, rows, total } = answer;
  if (query.by.length === 0 || rows.length === 0) return '';
  if (query.by.some((key) => key === 'hour' || key === 'day')) {
    const peak = rows.reduce((best, row) => (row.bytes > best.bytes ? row : best));
    return ` The most was in ${showKeys(peak, query.by)}: ${formatBytes(peak.bytes)}.`;
  }
  const share = (row: AnswerRow) => (row.charge ? showUsd(row.usd) : showShare(row.bytes, total.bytes));
  const top = rows.slice(0, 3).map((row) => `${showKeys(row, query.by)} ${share(row)}`);
  return ` Most of it: ${top.join('; ')}.`;
}

/** Hours of the window without any data, 0 where there are none. */
export function hoursMissing(answer: Answer): number {
  return Math.max(0, answer.coverage.hoursAsked - answer.coverage.hoursWithData);
}

export function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
