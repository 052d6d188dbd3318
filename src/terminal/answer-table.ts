import { Decimal } from 'decimal.js';
import { createColors } from 'picocolors';
import type { Answer, AnswerRow, Coverage, KeyValue, Sums } from '../answers/answer.js';
import { rateText, takenOn } from '../answers/charge-words.js';
import { formatBytes, formatUsd } from '../units.js';
import { plainText } from './plain-text.js';
import { alignColumns, type Column } from './text-columns.js';

export interface TableStyle {
  /** Colour codes; only for a terminal that wants them. */
  readonly hasColour: boolean;
}

const BAR_WIDTH = 12;
const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** An answer for people: aligned table with bars, rest and total, what the logs cover, caveats. Ends with a newline. */
export function answerTable(answer: Answer, style: TableStyle): string {
  const colours = createColors(style.hasColour);
  const { query } = answer;
  const table = query.by.includes('charge') ? chargeTable(answer) : sumsTable(answer, colours.cyan);
  const { head, lines } = alignColumns(table.columns, [...table.body, ...table.foot], 48);
  const shown = lines.map((line, i) => {
    if (i === lines.length - 1) return colours.bold(line);
    return i >= table.body.length ? colours.dim(line) : line;
  });
  const parts = [
    colours.dim(`${plainText(query.text) || `since=${query.since}`} · ${spanText(answer)}`),
    '',
    ...(head.trim() === '' ? [] : [colours.dim(head)]),
    ...shown,
    '',
    (answer.coverage.lowerBound ? colours.yellow : colours.dim)(coverageLine(answer.coverage)),
    ...answer.caveats.map((caveat) => colours.yellow(`! ${plainText(caveat)}`)),
  ];
  return `${parts.join('\n')}\n`;
}

interface Table {
  readonly columns: readonly Column[];
  readonly body: readonly string[][];
  /** The rest, where there is one, and the total. */
  readonly foot: readonly string[][];
}

/** Charges side by side: what each is taken on, at which rate. */
function chargeTable({ rows, rest, total }: Answer): Table {
  return {
    columns: [
      { title: 'charge', align: 'left' },
      { title: 'taken on', align: 'right' },
      { title: 'rate', align: 'right' },
      { title: 'usd', align: 'right' },
    ],
    body: rows.map((row) => [keyText(row.key.charge), takenOn(row), rateText(row), usdText(row.usd)]),
    foot: [
      ...(rest.groups > 0 ? [[`${rest.groups} more`, '', '', usdText(rest.usd)]] : []),
      ['total', '', '', usdText(total.usd)],
    ],
  };
}

function sumsTable(answer: Answer, colour: (text: string) => string): Table {
  const { query } = answer;
  const hasPrevious = query.compare !== undefined;
  const columns: Column[] = [
    ...query.by.map((key): Column => ({ title: key, align: 'left' })),
    ...(query.by.length === 0 ? [{ title: '', align: 'left' } as const] : []),
    { title: 'bytes', align: 'right' },
    ...(query.by.length > 0
      ? ([
          { title: '', align: 'left' },
          { title: 'share', align: 'right' },
        ] as const)
      : []),
    { title: 'up', align: 'right' },
    { title: 'down', align: 'right' },
    { title: 'usd', align: 'right' },
    ...(hasPrevious
      ? ([
          { title: 'before', align: 'right' },
          { title: 'change', align: 'right' },
        ] as const)
      : []),
  ];
  const largest = largestOf(answer.rows);
  const body = (query.by.length === 0 ? [] : answer.rows).map((row) =>
    cellsOf(row, answer, colour(barText(row.bytes, largest)), hasPrevious),
  );
  const foot: string[][] = [];
  if (query.by.length > 0 && answer.rest.groups > 0) foot.push(restCells(answer, hasPrevious));
  foot.push(totalCells(answer, hasPrevious));
  return { columns, body, foot };
}

/** What part of the window the logs cover, in one line. */
function coverageLine(coverage: Coverage): string {
  const { hoursAsked, hoursWithData, completeUntil, gatewaysWithoutLogs } = coverage;
  const parts = [`logs for ${wholeText(hoursWithData)} of ${wholeText(hoursAsked)} h`];
  parts.push(completeUntil === null ? 'no logs at all' : `complete until ${shortTime(completeUntil)}`);
  if (gatewaysWithoutLogs.length > 0) parts.push(`no logs of ${gatewaysWithoutLogs.map(plainText).join(', ')}`);
  const counts: [number, string][] = [
    [coverage.skipDataRows, 'SKIPDATA rows'],
    [coverage.noDataRows, 'NODATA rows'],
    [coverage.rejectedFlows, 'rejected flows'],
    [coverage.malformedLines, 'malformed lines'],
  ];
  for (const [count, what] of counts) if (count > 0) parts.push(`${count} ${what}`);
  const start = coverage.lowerBound ? 'At least these bytes: ' : 'Coverage: ';
  return `${start}${parts.join(' · ')}`;
}

/** A value of a key as a person reads it. */
function keyText(value: KeyValue | undefined): string {
  return value === null || value === undefined ? '(unknown)' : plainText(String(value));
}

function cellsOf(row: AnswerRow, answer: Answer, bar: string, hasPrevious: boolean): string[] {
  const { query, total } = answer;
  return [
    ...query.by.map((key) => keyCell(key, row.key[key])),
    formatBytes(row.bytes),
    bar,
    shareText(row.bytes, total.bytes),
    formatBytes(row.bytesUp),
    formatBytes(row.bytesDown),
    usdText(row.usd),
    ...(hasPrevious ? changeCells(row, row.previous) : []),
  ];
}

function restCells(answer: Answer, hasPrevious: boolean): string[] {
  const { query, rest, total } = answer;
  const name = `${rest.groups} more`;
  return [
    ...query.by.map((_, i) => (i === 0 ? name : '')),
    formatBytes(rest.bytes),
    '',
    shareText(rest.bytes, total.bytes),
    '',
    '',
    usdText(rest.usd),
    ...(hasPrevious ? ['', ''] : []),
  ];
}

function totalCells(answer: Answer, hasPrevious: boolean): string[] {
  const { query, total } = answer;
  return [
    'total',
    ...query.by.slice(1).map(() => ''),
    formatBytes(total.bytes),
    ...(query.by.length > 0 ? ['', ''] : []),
    formatBytes(total.bytesUp),
    formatBytes(total.bytesDown),
    usdText(total.usd),
    ...(hasPrevious ? changeCells(total, total.previous) : []),
  ];
}

function changeCells(now: Sums, before: { readonly bytes: bigint } | undefined): string[] {
  if (before === undefined) return ['', ''];
  if (before.bytes === 0n) return [formatBytes(0n), now.bytes === 0n ? '' : 'new'];
  const change = new Decimal(now.bytes.toString()).div(before.bytes.toString()).minus(1).times(100);
  const text = change.abs().gte(1000) ? `×${change.div(100).plus(1).toFixed(0)}` : `${change.toFixed(0)} %`;
  return [formatBytes(before.bytes), change.gt(0) && !text.startsWith('×') ? `+${text}` : text];
}

function largestOf(rows: readonly AnswerRow[]): bigint {
  let largest = 0n;
  for (const { bytes } of rows) if (bytes > largest) largest = bytes;
  return largest;
}

function barText(bytes: bigint, largest: bigint): string {
  if (largest === 0n) return '';
  const eighths = Number((bytes * BigInt(BAR_WIDTH * 8)) / largest);
  return '█'.repeat(eighths >> 3) + BLOCKS[eighths & 7];
}

function shareText(bytes: bigint, total: bigint): string {
  if (total === 0n) return '';
  const tenths = Number((bytes * 1000n) / total);
  if (tenths === 0 && bytes > 0n) return '<0.1 %';
  return `${(tenths / 10).toFixed(1)} %`;
}

function usdText(usd: string | undefined): string {
  return usd === undefined ? 'no price' : formatUsd(usd);
}

function keyCell(key: string, value: KeyValue | undefined): string {
  const text = keyText(value);
  if (key === 'pair') return text.replace('>', ' → ');
  return key === 'hour' ? shortTime(text) : text;
}

function spanText({ window }: Answer): string {
  return `${shortTime(window.from)} to ${shortTime(window.to)} UTC`;
}

/** `2026-11-21T12:00:00Z` as `2026-11-21 12:00`. */
function shortTime(iso: string): string {
  return iso.replace('T', ' ').replace(/(:00)?(\.\d+)?Z$/, '');
}

function wholeText(hours: number): string {
  return Number.isInteger(hours) ? String(hours) : hours.toFixed(1);
}
