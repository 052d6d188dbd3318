import { presenceRelation } from '../rollups/relations.js';
import type { Store } from '../rollups/store.js';
import { DAY_MS, isoTime, MINUTE_MS } from '../units.js';
import { type DaySum, forecastFromMs, forecastMonth, type MonthForecast } from './forecast.js';
import type { Ask } from './reply.js';

/** Hours that the logs tell of, by the start of their UTC day; a day of which they tell nothing is not in it. */
export type KnownHours = ReadonlyMap<number, number>;

export interface MonthDeps {
  readonly ask: Ask;
  /** Hours of each day with a row of any gateway: the same for every team, so one reading serves many. */
  readonly knownHours: KnownHours;
}

/** The month of what a question's filter takes. */
export interface MonthSoFar extends MonthForecast {
  /** How far the logs reach; null where the store is empty. */
  readonly completeUntil: string | null;
  /** The daily sums it was made of, oldest first; a day without a row of this filter had no bytes. */
  readonly days: readonly DaySum[];
}

/**
 * The month so far and its forecast, of what `filter` takes: `team=payments`, or nothing for the organisation.
 * Throws what `ask` throws: NetcostError('usage') for a filter that is not understood.
 */
export async function readMonth(
  deps: MonthDeps,
  filter: string,
  nowMs: number,
  signal?: AbortSignal,
): Promise<MonthSoFar> {
  const dateOf = (ms: number) => isoTime(ms).slice(0, 10);
  const text = `${filter} by=day since=${dateOf(forecastFromMs(nowMs))}..${dateOf(nowMs)} top=1000`.trim();
  const { rows, coverage } = await deps.ask(signal === undefined ? { text, nowMs } : { text, nowMs, signal });
  const byDay = new Map(rows.map((row) => [Date.parse(`${row.key.day}T00:00:00Z`), row]));
  const days = [...deps.knownHours]
    .sort(([a], [b]) => a - b)
    .filter(([dayMs]) => dayMs >= forecastFromMs(nowMs) && dayMs <= nowMs)
    .map(([dayMs, hoursKnown]): DaySum => {
      const row = byDay.get(dayMs);
      if (row === undefined) return { dayMs, hoursKnown, bytes: 0n, usd: '0' };
      return { dayMs, hoursKnown, bytes: row.bytes, ...(row.usd === undefined ? {} : { usd: row.usd }) };
    });
  const { completeUntil } = coverage;
  const untilMs = completeUntil === null ? nowMs : Date.parse(completeUntil);
  return { ...forecastMonth(days, nowMs, untilMs), completeUntil, days };
}

/** Reads which hours the logs tell of, as far back as a forecast at `nowMs` looks. */
export async function readKnownHours(store: Store, nowMs: number, signal?: AbortSignal): Promise<KnownHours> {
  const snapshot = await store.snapshot();
  const stretch = { fromMinute: forecastFromMs(nowMs) / MINUTE_MS, toMinute: Math.ceil(nowMs / MINUTE_MS) };
  const rows = (await store.query(
    `select "minute" // 1440, count(distinct "minute" // 60)::double
     from ${presenceRelation(store.catalog.dir, snapshot, stretch)}
     where "minute" >= ${stretch.fromMinute} and "minute" < ${stretch.toMinute} group by 1`,
    signal,
  )) as unknown as [number | bigint, number][];
  return new Map(rows.map(([day, hours]) => [Number(day) * DAY_MS, hours]));
}
