import { mkdirSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalog } from './catalog.js';
import { choicesOfDay, fineSql, type Knowledge, presenceSql } from './knowledge.js';
import { writeParquet } from './parquet-files.js';
import { legsOf, overlaps, presenceOf, type Snapshot } from './relations.js';

/** What the rollups of a day were made from: they are good as long as this is the same. */
export const dayKey = (knowledge: Knowledge, day: number): string =>
  `${knowledge.digest} ${choicesOfDay(knowledge, day)}`;

/** Daily sums and hourly presence of one day, written beside and renamed, then named in the catalog. */
export async function settleDay(
  connection: DuckDBConnection,
  root: string,
  catalog: Catalog,
  now: Snapshot,
  day: number,
): Promise<void> {
  mkdirSync(`${root}/rollups`, { recursive: true });
  const stem = `${new Date(day * 86_400_000).toISOString().slice(0, 10)}-${now.revision}`;
  const [daysFile, presenceFile] = [`${stem}.days.parquet`, `${stem}.presence.parquet`];
  await writeParquet(connection, `${root}/rollups/${daysFile}`, `${sumsOfDay(root, now, day, 1440)} order by near`);
  const segments = now.segments.filter((segment) => overlaps(segment, day * 1440, (day + 1) * 1440));
  const presence = `(select * from ${presenceOf(root, segments)} where "minute" >= ${day * 1440} and "minute" < ${(day + 1) * 1440})`;
  await writeParquet(
    connection,
    `${root}/rollups/${presenceFile}`,
    `select "minute" // 60 as "hour", context, sum(ok)::bigint as ok, sum(no_data)::bigint as no_data,
     sum(skip_data)::bigint as skip_data, sum(rejected)::bigint as rejected
     from ${presenceSql(now.knowledge, presence, now.replaced)} group by all order by "hour"`,
  );
  catalog.settleDay({ day, isDirty: false, isFinal: false, hoursFile: undefined, daysFile, presenceFile });
  catalog.setMeta(`day ${day}`, dayKey(now.knowledge, day));
}

/** Rows at or above this (64 TiB) keep a row of their own, so that no sum of a day leaves 63 bits. */
const HUGE_COUNT = 2n ** 46n;

/** The counted legs of a day summed by stretches of `minutes` (60 or 1440), as SQL; the column of time is "hour" or "day". */
export function sumsOfDay(root: string, snapshot: Snapshot, day: number, minutes: 60 | 1440): string {
  const [from, to] = [day * 1440, (day + 1) * 1440];
  const segments = snapshot.segments.filter((segment) => overlaps(segment, from, to));
  const legs = `(select * from ${legsOf(root, segments)} where "minute" >= ${from} and "minute" < ${to})`;
  // What is the same in all rows is no key: each key costs an eighth of the whole.
  const [time, timeKey] = minutes === 60 ? ['"minute" // 60 as "hour",', '"hour",'] : [`${day} as "day",`, ''];
  const keys = 'context, near, far, port, protocol, up, service';
  return `select ${time} ${keys}, sum(bytes)::bigint as bytes, sum(packets)::bigint as packets, count(*)::bigint as flows
    from (select *, case when bytes >= ${HUGE_COUNT} or packets >= ${HUGE_COUNT} then random() end as apart
      from ${fineSql(snapshot.knowledge, legs, snapshot.replaced)}) group by ${timeKey} ${keys}, apart`;
}
