import { createHash } from 'node:crypto';
import type { FlowTable } from '../flows/ddl.js';
import type { Minutes, ScanOptions } from '../query/athena/rows.js';
import { compileSurvey } from '../query/athena/survey.js';
import { readSurveys, type Surveyed } from '../query/athena/surveyed.js';
import { HOUR_MS, MINUTE_MS } from '../units.js';
import type { ResultRow, RunStatement, SurveyBook } from './athena-port.js';

const DAY_MINUTES = 1440;
/** After this a day has all that it will have: AWS delivers within minutes, at worst hours. */
const SETTLED_MS = 6 * HOUR_MS;
/** A survey of a day that is not over yet is good for so long. */
export const FRESH_MS = HOUR_MS;
const AT_ONCE = 3;

export interface SurveyDeps {
  readonly tables: readonly FlowTable[];
  readonly run: RunStatement;
  readonly book: SurveyBook;
  readonly scan?: ScanOptions | undefined;
}

export interface SurveyResult {
  readonly surveyed: Surveyed;
  /** What finding out cost; 0 where everything was known. */
  readonly bytesScanned: number;
  /** When a day that is not over was looked at, the earliest of them; undefined where all of them are over. */
  readonly openSinceMs: number | undefined;
}

/** The days of the stretches that no kept survey tells of, oldest first. */
export async function missingSurveys(
  deps: Pick<SurveyDeps, 'tables' | 'book'>,
  stretches: readonly Minutes[],
  nowMs: number,
): Promise<readonly number[]> {
  const found = await Promise.all(
    daysOf(stretches).map(async (day) => ((await readKept(deps, day, nowMs)) === undefined ? [day] : [])),
  );
  return found.flat();
}

/** What the rows of the days around the stretches tell together, from what is kept and by a statement for each other day. */
export async function surveyDays(
  deps: SurveyDeps,
  stretches: readonly Minutes[],
  input: {
    readonly nowMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<SurveyResult> {
  const days = [...daysOf(stretches)];
  const results = new Map<number, readonly ResultRow[]>();
  let bytesScanned = 0;
  let openSinceMs: number | undefined;
  // One that fails ends the others: nobody would read what they give, and it would be billed.
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(input.signal === undefined ? [] : [input.signal])]);
  const take = (day: number, atMs: number, rows: readonly ResultRow[]): void => {
    results.set(day, rows);
    if (!isOver(day, atMs)) openSinceMs = Math.min(openSinceMs ?? atMs, atMs);
  };
  const work = async (): Promise<void> => {
    for (let day = days.shift(); day !== undefined; day = days.shift()) {
      const kept = await readKept(deps, day, input.nowMs);
      if (kept !== undefined) {
        take(day, kept.atMs, kept.rows);
        continue;
      }
      const stretch = { fromMinute: day * DAY_MINUTES, toMinute: (day + 1) * DAY_MINUTES };
      const { rows, bytesScanned: bytes } = await deps.run({
        sql: compileSurvey(deps.tables, stretch, deps.scan),
        // Of a day that goes on, Athena's own kept result is older than this look at it.
        token: `survey ${keyOf(deps.tables, day)} ${isOver(day, input.nowMs) ? `over ${Math.floor(input.nowMs / HOUR_MS)}` : Math.floor(input.nowMs / MINUTE_MS)} ${(deps.scan?.exceptPaths ?? []).join(' ')}`,
        reuseMinutes: isOver(day, input.nowMs) ? 60 : 0,
        signal,
      });
      bytesScanned += bytes;
      take(day, input.nowMs, rows);
      await deps.book.write(keyOf(deps.tables, day), input.nowMs, rows);
    }
  };
  let failure: { readonly error: unknown } | undefined;
  await Promise.all(
    Array.from({ length: AT_ONCE }, () =>
      work().catch((error: unknown) => {
        failure ??= { error };
        failed.abort();
      }),
    ),
  );
  // Thrown when all have been stopped: what each had read is known by then.
  if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
  const inOrder = [...results].sort(([a], [b]) => a - b).map(([, rows]) => rows);
  return { surveyed: readSurveys(deps.tables, inOrder), bytesScanned, openSinceMs };
}

async function readKept(
  { tables, book }: Pick<SurveyDeps, 'tables' | 'book'>,
  day: number,
  nowMs: number,
): Promise<{ readonly atMs: number; readonly rows: readonly ResultRow[] } | undefined> {
  const kept = await book.read(keyOf(tables, day));
  if (kept === undefined) return undefined;
  return isOver(day, kept.atMs) || nowMs - kept.atMs < FRESH_MS ? kept : undefined;
}

const isOver = (day: number, nowMs: number): boolean => (day + 1) * DAY_MINUTES * MINUTE_MS + SETTLED_MS <= nowMs;

function daysOf(stretches: readonly Minutes[]): readonly number[] {
  const days = new Set<number>();
  for (const { fromMinute, toMinute } of stretches) {
    for (let day = Math.floor(fromMinute / DAY_MINUTES); day * DAY_MINUTES < toMinute; day++) days.add(day);
  }
  return [...days].sort((a, b) => a - b);
}

function keyOf(tables: readonly FlowTable[], day: number): string {
  const digest = createHash('sha256').update(JSON.stringify(tables)).digest('hex').slice(0, 16);
  return `${digest} ${new Date(day * DAY_MINUTES * MINUTE_MS).toISOString().slice(0, 10)}`;
}
