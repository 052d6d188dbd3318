import type { Answer, AnswerRow } from '../answers/answer.js';
import { rateText, takenOn } from '../answers/charge-words.js';
import type { Query } from '../query/query.js';
import { DAY_MS, formatBytes, HOUR_MS, isoTime } from '../units.js';
import {
  columnTitle,
  compareWords,
  conditions,
  hoursMissing,
  showChange,
  showKey,
  showKeys,
  showShare,
  showUsd,
  subject,
  summary,
  upper,
  windowUtc,
  windowWords,
} from './answer-words.js';
import { ACTIONS, type Asked, button, isButton, writeAsked } from './buttons.js';
import { barBlock, pieBlock } from './chart-blocks.js';
import { followUps } from './follow-ups.js';
import { BUDGET, LIMITS } from './limits.js';
import { context, fitMessage, type Message, type OurBlock, section } from './message.js';
import { bold, code, cut, escapeText, plain } from './mrkdwn.js';
import { type Grid, gridBlock } from './table-blocks.js';

/** Where an answer stands decides its buttons: one's own has them all, a shared one says who shared it. */
export interface AnswerPlace {
  readonly asked: Asked;
  /** Slack id of who asked: nobody else can accept a price. */
  readonly askerId?: string;
  /** Slack id of who shared it; undefined for one's own answer. */
  readonly sharedBy?: string;
  /** There is a channel to share into. */
  readonly canShare: boolean;
}

/** An answer as Slack shows it: sentence, chart, table, what to beware of, next questions. Pure; fits Slack's limits. */
export function answerMessage(answer: Answer, place: AnswerPlace): Message {
  const chart = chartBlock(answer);
  const blocks: OurBlock[] = [
    section(headline(answer)),
    context(...details(answer, place)),
    ...(chart === undefined ? [] : [chart]),
    ...(answer.rows.length === 0 || answer.query.by.length === 0 ? [] : [gridBlock(answerGrid(answer))]),
    ...cautions(answer),
    ...(place.sharedBy === undefined
      ? []
      : [context(`Shared by <@${place.sharedBy}> · ${code(`/netcost ${answer.query.text}`)}`)]),
    ...buttonRows(answer.query, place),
  ];
  return fitMessage({ text: escapeText(summary(answer)), blocks });
}

/** The sentence that a person reads first. */
function headline(answer: Answer): string {
  const { query, total } = answer;
  const where = conditions(query);
  const who = `${bold(upper(subject(query)))}${where === '' ? '' : ` ${code(where)}`}`;
  if (total.bytes === 0n && answer.rows.length === 0) {
    return `Nothing went through the NAT gateway for ${who} ${plain(windowWords(query))}.`;
  }
  const cost = total.usd === undefined ? '' : `*${showUsd(total.usd)}* · `;
  const least = answer.coverage.lowerBound ? 'at least ' : '';
  const line = `${who}: ${least}${cost}*${formatBytes(total.bytes)}* through the NAT gateway ${plain(windowWords(query))}`;
  if (total.previous === undefined) return `${line}.`;
  return `${line}, ${bold(showChange(total.bytes, total.previous.bytes))} against ${plain(compareWords(query))}.`;
}

function details(answer: Answer, place: AnswerPlace): string[] {
  const { total } = answer;
  const ways =
    total.bytes === 0n ? [] : [`↑ ${formatBytes(total.bytesUp)} up · ↓ ${formatBytes(total.bytesDown)} down`];
  const before =
    total.previous === undefined
      ? []
      : [
          `before: ${formatBytes(total.previous.bytes)}${total.previous.usd === undefined ? '' : `, ${showUsd(total.previous.usd)}`}`,
        ];
  const scan =
    answer.cost.bytesScanned > 0
      ? [`the query scanned ${formatBytes(answer.cost.bytesScanned)} (${showUsd(answer.cost.usd)})`]
      : [];
  const question = place.sharedBy === undefined ? [code(cut(answer.query.text, 500))] : [];
  return [[...question, windowUtc(answer), ...ways, ...before, ...scan].join(' · ')];
}

/** The rows of an answer as a table, the rest and the total below. */
function answerGrid(answer: Answer): Grid {
  const { query, rows, rest, total } = answer;
  if (query.by.includes('charge')) return chargeGrid(answer);
  const compared = rows.some((row) => row.previous !== undefined);
  const isTime = query.by.includes('hour') || query.by.includes('day');
  const shown = rows.slice(0, isTime ? BUDGET.timeRows : BUDGET.tableRows);
  const left = rows.slice(shown.length);
  const columns = [
    ...query.by.map((key) => ({ title: columnTitle(key), align: 'left' as const })),
    { title: 'Data', align: 'right' as const },
    { title: 'Share', align: 'right' as const },
    { title: 'USD', align: 'right' as const },
    ...(compared ? [{ title: 'Change', align: 'right' as const }] : []),
  ];
  const line = (names: readonly string[], bytes: bigint, usd: string, change: string) => [
    ...query.by.map((_, index) => names[index] ?? ''),
    formatBytes(bytes),
    showShare(bytes, total.bytes),
    usd,
    ...(compared ? [change] : []),
  ];
  const body = shown.map((row) =>
    line(
      query.by.map((key) => showKey(key, row.key[key] ?? null)),
      row.bytes,
      showUsd(row.usd),
      changeOf(row),
    ),
  );
  const groups = rest.groups + left.length;
  const restBytes = left.reduce((sum, row) => sum + row.bytes, rest.bytes);
  // The dollars of cut rows are not summed here: the answer's own figures are the only ones that are printed.
  const others =
    groups === 0 ? [] : [line([`${groups} more`], restBytes, left.length === 0 ? showUsd(rest.usd) : '', '')];
  const sum =
    rows.length + groups > 1
      ? [
          line(
            ['Total'],
            total.bytes,
            showUsd(total.usd),
            total.previous ? showChange(total.bytes, total.previous.bytes) : '',
          ),
        ]
      : [];
  return { columns, rows: [...body, ...others, ...sum] };
}

/** Charges side by side: what each is taken on, at which rate. */
function chargeGrid({ rows, rest, total }: Answer): Grid {
  const columns = [
    { title: columnTitle('charge'), align: 'left' as const },
    { title: 'Taken on', align: 'right' as const },
    { title: 'Rate', align: 'right' as const },
    { title: 'USD', align: 'right' as const },
  ];
  return {
    columns,
    rows: [
      ...rows.map((row) => [String(row.key.charge), takenOn(row), rateText(row), showUsd(row.usd)]),
      ...(rest.groups > 0 ? [[`${rest.groups} more`, '', '', showUsd(rest.usd)]] : []),
      ['Total', '', '', showUsd(total.usd)],
    ],
  };
}

function changeOf(row: AnswerRow): string {
  return row.previous === undefined ? '' : showChange(row.bytes, row.previous.bytes);
}

function chartBlock(answer: Answer): OurBlock | undefined {
  const { query, rows, rest } = answer;
  const [by] = query.by;
  if (query.by.length === 1 && (by === 'hour' || by === 'day')) {
    const points = timePoints(rows, by);
    return barBlock(`GiB per ${points.step}`, points.points, { x: `${by} (UTC)`, y: 'GiB', series: 'through NAT' });
  }
  if (by === undefined) return undefined;
  if (by === 'charge')
    return pieBlock(
      'USD by charge',
      rows.map((row) => ({ label: String(row.key.charge), value: Number(Number(row.usd ?? 0).toPrecision(4)) })),
    );
  const parts = rows.map((row) => ({ label: showKeys(row, query.by), value: gibOf(row.bytes) }));
  const others = rest.bytes > 0n ? [{ label: 'the rest', value: gibOf(rest.bytes) }] : [];
  return pieBlock(`GiB by ${query.by.join(' and ')}`, [...parts, ...others]);
}

/**
 * The rows of an answer by hour or day as at most as many points as a chart takes: neighbours are summed where there are
 * more, and a stretch without rows is a zero.
 */
function timePoints(
  rows: readonly AnswerRow[],
  by: 'hour' | 'day',
): { readonly step: string; readonly points: readonly { readonly label: string; readonly value: number }[] } {
  const unitMs = by === 'hour' ? HOUR_MS : DAY_MS;
  const times = rows.map((row) => Date.parse(String(row.key[by])));
  const first = Math.min(...times);
  const count = rows.length === 0 ? 0 : Math.round((Math.max(...times) - first) / unitMs) + 1;
  const width = Math.max(1, Math.ceil(count / LIMITS.chart.categories));
  const sums = Array.from({ length: Math.ceil(count / width) }, () => 0n);
  rows.forEach((row, index) => {
    const bin = Math.floor((times[index]! - first) / unitMs / width);
    sums[bin] = (sums[bin] ?? 0n) + row.bytes;
  });
  const label = (index: number) => showKey(by, isoTime(first + index * width * unitMs)).slice(5);
  return {
    step: width === 1 ? by : `${width} ${by}s`,
    points: sums.map((bytes, index) => ({ label: label(index), value: gibOf(bytes) })),
  };
}

function gibOf(bytes: bigint): number {
  return Number((Number(bytes) / 1024 ** 3).toPrecision(4));
}

/** Caveats and gaps, the most important first. Each says in words what the figures do not hold. */
function cautions(answer: Answer): OurBlock[] {
  const { coverage } = answer;
  const missing = hoursMissing(answer);
  const lines = [
    ...answer.caveats.map((caveat) => plain(caveat)),
    ...(missing > 0 && coverage.lowerBound && answer.caveats.length === 0
      ? [`${missing} of ${coverage.hoursAsked} hours have no data.`]
      : []),
    ...(coverage.completeUntil === null
      ? []
      : [`Logs have arrived up to ${coverage.completeUntil.slice(0, 16).replace('T', ' ')} UTC.`]),
  ];
  const shown = lines.slice(0, BUDGET.caveats).map((line) => cut(line, 400));
  const more = lines.length > shown.length ? [`… and ${lines.length - shown.length} more remarks in the CSV.`] : [];
  return shown.length === 0 ? [] : [context([...shown, ...more].map((line) => `• ${line}`).join('\n'))];
}

function buttonRows(query: Query, place: AnswerPlace): OurBlock[] {
  const { asked } = place;
  const next = followUps(query).map((each) =>
    button(`ask:${each.id}`, each.label, writeAsked({ ...asked, text: each.text })),
  );
  const value = writeAsked(asked);
  const own = [
    place.canShare && place.sharedBy === undefined
      ? button(ACTIONS.share, 'Share', value, { style: 'primary', describe: 'Share this answer' })
      : undefined,
    button(ACTIONS.csv, 'CSV', value, { describe: 'All rows as a CSV file' }),
    button(ACTIONS.statement, 'Show the query', value),
  ];
  return [next, own].flatMap((row) => {
    const elements = row.filter(isButton).slice(0, LIMITS.actions.elements);
    return elements.length === 0 ? [] : [{ type: 'actions' as const, elements }];
  });
}
