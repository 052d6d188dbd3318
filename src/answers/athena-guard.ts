import type { FlowTable } from '../flows/ddl.js';
import { parseQuestion } from '../query/parse.js';
import type { Query } from '../query/query.js';
import { DAY_MS } from '../units.js';
import { toMinutes } from './ask.js';
import type { SurveyBook } from './athena-port.js';
import { formatUsdOfScan } from './athena-scan.js';
import { missingSurveys } from './athena-surveys.js';
import { judgeScan, type ScanLimits } from './judge-scan.js';
import type { Caller, ConfirmReply } from './reply.js';

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

/**
 * What is said in place of a question that would read much in Athena, for the person to confirm; else what the question
 * will read at most, 0 where that could not be found out and the person said yes to that.
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
  const notes =
    surveys > 0
      ? [
          `${surveys} ${surveys === 1 ? 'day is' : 'days are'} read twice, this once: netcost has to find out which rows count there.`,
        ]
      : [];
  const offer = { query, bytes, notes, engine: 'Athena', limitsKey: 'data.athena.limits', usdOf: formatUsdOfScan };
  return judgeScan(offer, deps, caller, nowMs, isConfirmed);
}
