import { NetcostError } from '../errors.js';
import type { FlowTable } from '../flows/ddl.js';
import { formatQuestion, parseQuestion } from '../query/parse.js';
import type { Query } from '../query/query.js';
import { DAY_MS, formatBytes, MINUTE_MS } from '../units.js';
import { toMinutes } from './ask.js';
import type { SurveyBook } from './athena-port.js';
import { formatUsdOfScan } from './athena-scan.js';
import { missingSurveys } from './athena-surveys.js';
import type { Caller, ConfirmReply } from './reply.js';

interface ScanLimits {
  /** Above this a question is asked back first. */
  readonly confirmBytes: number;
  /** A question above this is refused, whoever confirms it. */
  readonly questionBytes: number;
  /** What one person's questions may read on a day (UTC). */
  readonly dayBytes: number;
}

export interface GuardDeps {
  readonly tables: readonly FlowTable[];
  readonly book: SurveyBook;
  readonly limits: ScanLimits;
  /** Bytes of the objects of one day of a table; undefined where that could not be found out. */
  readonly bytesOfDay: (table: FlowTable, day: number) => Promise<number | undefined>;
  /** The parts of the window that sums by the hour answer, 0 to 1. */
  readonly rolledShare: (query: Query) => Promise<number>;
  readonly readBytes: (person: string, day: number) => Promise<number>;
}

interface ScanEstimate {
  /** The most that the question reads; undefined where it could not be found out. */
  readonly bytes: number | undefined;
  /** Days that are read once more, to find out which rows count. */
  readonly surveys: number;
}

/** What a question would make Athena read, from the size of a day's objects: in Parquet it is less. */
async function estimateScan(deps: GuardDeps, query: Query, nowMs: number): Promise<ScanEstimate> {
  const stretches = [query.window, ...(query.compare ? [query.compare.window] : [])].map(toMinutes);
  const days = new Set<number>();
  for (const { fromMinute, toMinute } of stretches) {
    for (let day = Math.floor(fromMinute / 1440); day * 1440 < toMinute; day++) days.add(day);
  }
  const surveys = (await missingSurveys(deps, stretches, nowMs)).length;
  // One whole day stands for all: listing each would take longer than the question.
  const today = Math.floor(nowMs / DAY_MS);
  const sample = [...days].filter((day) => day < today).at(-1) ?? today - 1;
  const sizes = await Promise.all(deps.tables.map((table) => deps.bytesOfDay(table, sample)));
  if (sizes.some((size) => size === undefined)) return { bytes: undefined, surveys };
  const ofDay = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const share = 1 - (await deps.rolledShare(query));
  return { bytes: Math.round(ofDay * (days.size * share + surveys)), surveys };
}

/** A price is good for so long; after it the logs, and what was read of them, have changed. */
const GOOD_MS = 30 * MINUTE_MS;

/**
 * What is said in place of a question that would read much, for the person to confirm; else what the question will
 * read at most, 0 where that could not be found out and the person said yes to that.
 * @throws NetcostError 'denied' where it is above a limit.
 */
export async function guardScan(
  deps: GuardDeps,
  text: string,
  caller: Caller,
  nowMs: number,
  isConfirmed: boolean,
): Promise<{ readonly instead: ConfirmReply } | { readonly bytes: number }> {
  const query = parseQuestion(text, { nowMs });
  const { bytes, surveys } = await estimateScan(deps, query, nowMs);
  const { confirmBytes, questionBytes, dayBytes } = deps.limits;
  const read = await deps.readBytes(caller.id, Math.floor(nowMs / DAY_MS));
  if (read + (bytes ?? 0) > dayBytes) {
    const said = read > 0 ? `Your questions have read ${formatBytes(read)} today; this one would` : 'This would';
    throw new NetcostError(
      'denied',
      `${said} read ${bytes === undefined ? 'more' : formatBytes(bytes)}; a person may read ${formatBytes(dayBytes)} a day.`,
      { hint: 'Ask for a shorter window, or tomorrow; an admin sets data.athena.limits.' },
    );
  }
  if (bytes !== undefined && bytes > questionBytes) {
    throw new NetcostError(
      'denied',
      `This would scan ${formatBytes(bytes)}, about ${formatUsdOfScan(bytes)}; one question may scan ${formatBytes(questionBytes)}.`,
      { hint: 'Ask for a shorter window; an admin sets data.athena.limits.' },
    );
  }
  if (isConfirmed || (bytes !== undefined && bytes <= confirmBytes)) return { bytes: bytes ?? 0 };
  return { instead: confirmReply(query, bytes, surveys, nowMs) };
}

/** The question again, with its window fixed, as a line that a button sends. */
function confirmReply(query: Query, bytes: number | undefined, surveys: number, nowMs: number): ConfirmReply {
  const since = `${momentOf(query.window.fromMs)}..${momentOf(query.window.toMs)}`;
  const line = `scan ${formatQuestion({ ...query, since })}`;
  const notes = [
    ...(surveys > 0
      ? [
          `${surveys} ${surveys === 1 ? 'day is' : 'days are'} read twice, this once: netcost has to find out which rows count there.`,
        ]
      : []),
    'AWS bills what was read, also where the question is cancelled or cut off on the way.',
  ];
  return {
    kind: 'confirm',
    title:
      bytes === undefined
        ? 'How much this will scan is not known'
        : `This will scan ${formatBytes(bytes)}, about ${formatUsdOfScan(bytes)}`,
    question: query.text,
    says: [`Athena, ${windowText(query.window)}`],
    label: bytes === undefined ? 'Scan all the same' : `Scan ${formatBytes(bytes)} for ${formatUsdOfScan(bytes)}`,
    line,
    untilMs: nowMs + GOOD_MS,
    notes,
    json: { confirm: line, bytes: bytes ?? null },
  };
}

/** "2026-11-15 12:00 to 2026-11-22 12:00 UTC" */
function windowText({ fromMs, toMs }: Query['window']): string {
  return `${[fromMs, toMs].map((ms) => momentOf(ms).replace('T', ' ')).join(' to ')} UTC`;
}

/** A moment as `since` reads it: to the minute, outward for the end would only add what has not arrived. */
const momentOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
