import { mkdirSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalog } from './catalog.js';
import { choicesOfDay, fineSql, type Knowledge, presenceSql } from './knowledge.js';
import { writeParquet } from './parquet-files.js';
import { legsOf, overlaps, presenceOf, type Snapshot } from './relations.js';

/** What the rollups of a day were made from: they are good as long as this is the same. */
export const dayKey = (knowledge: Knowledge, day: number): string =>
  `${knowledge.digest} ${choicesOfDay(knowledge, day)}`;

/** Hourly and daily sums and hourly presence of one day, written beside and renamed, then named in the catalog. */
export async function settleDay(
  connection: DuckDBConnection,
  root: string,
  catalog: Catalog,
  now: Snapshot,
  day: number,
): Promise<void> {
  mkdirSync(`${root}/rollups`, { recursive: true });
  const stem = `${new Date(day * 86_400_000).toISOString().slice(0, 10)}-${now.revision}`;
  const [hoursFile, daysFile, presenceFile] = [
    `${stem}.hours.parquet`,
    `${stem}.days.parquet`,
    `${stem}.presence.parquet`,
  ];
  const segments = now.segments.filter((segment) => overlaps(segment, day * 1440, (day + 1) * 1440));
  await sumHours(connection, root, now, day, segments);
  await writeParquet(connection, `${root}/rollups/${hoursFile}`, 'select * from hours_of_day order by near');
  await writeParquet(connection, `${root}/rollups/${daysFile}`, `${sumOfHours(day)} order by near`);
  await connection.run('drop table hours_of_day');
  const presence = `(select * from ${presenceOf(root, segments)} where "minute" >= ${day * 1440} and "minute" < ${(day + 1) * 1440})`;
  await writeParquet(
    connection,
    `${root}/rollups/${presenceFile}`,
    `select "minute" // 60 as "hour", context, sum(ok)::bigint as ok, sum(no_data)::bigint as no_data,
     sum(skip_data)::bigint as skip_data, sum(rejected)::bigint as rejected
     from ${presenceSql(now.knowledge, presence, now.replaced)} group by all order by "hour"`,
  );
  catalog.settleDay({ day, isDirty: false, isFinal: false, hoursFile, daysFile, presenceFile });
  catalog.setMeta(`day ${day}`, dayKey(now.knowledge, day));
}

/** Rows at or above this (64 TiB) keep a row of their own, so that no sum of a day leaves 63 bits. */
const HUGE_COUNT = 2n ** 46n;
const KEYS = 'context, near, far, port, protocol, service';

/** Legs that are summed in one go: their sums stay in memory, instead of on the disk and back. */
const LEGS_AT_ONCE = 2_000_000;

/** The counted legs of a day summed by hour into a table of this connection, `hours_of_day`. */
async function sumHours(
  connection: DuckDBConnection,
  root: string,
  snapshot: Snapshot,
  day: number,
  segments: Snapshot['segments'],
): Promise<void> {
  const legs = segments.reduce((sum, segment) => sum + segment.legs, 0);
  const hours = Math.max(1, Math.floor(24 / Math.ceil(legs / LEGS_AT_ONCE || 1)));
  for (let hour = 0; hour < 24; hour += hours) {
    const from = day * 1440 + hour * 60;
    const sums = sumsByHour(root, snapshot, from, Math.min(from + hours * 60, (day + 1) * 1440));
    await connection.run(
      `${hour === 0 ? 'create or replace temporary table hours_of_day as' : 'insert into hours_of_day'} ${sums}`,
    );
  }
}

/** The counted legs of the minutes [from, to) by hour, both directions in one row: half as many rows to look through. */
function sumsByHour(root: string, snapshot: Snapshot, from: number, to: number): string {
  const segments = snapshot.segments.filter((segment) => overlaps(segment, from, to));
  const legs = `(select * from ${legsOf(root, segments)} where "minute" >= ${from} and "minute" < ${to})`;
  const sum = (column: string, up: 0 | 1): string =>
    `sum(case up when ${up} then ${column} else 0 end)::bigint as ${column}_${up === 1 ? 'up' : 'down'}`;
  return `select "minute" // 60 as "hour", ${KEYS}, ${sum('bytes', 1)}, ${sum('bytes', 0)}, ${sum('packets', 1)}, ${sum('packets', 0)},
      sum(up)::bigint as flows_up, count(*) - sum(up)::bigint as flows_down
    from (select *, case when bytes >= ${HUGE_COUNT} or packets >= ${HUGE_COUNT} then random() end as apart
      from ${fineSql(snapshot.knowledge, legs, snapshot.replaced)}) group by "hour", ${KEYS}, apart`;
}

/** Sums of a day from those of its hours. */
function sumOfHours(day: number): string {
  const counts = ['bytes', 'packets', 'flows'].flatMap((count) => [`${count}_up`, `${count}_down`]);
  const isHuge = counts.map((count) => `${count} >= ${HUGE_COUNT}`).join(' or ');
  return `select ${day} as "day", ${KEYS}, ${counts.map((count) => `sum(${count})::bigint as ${count}`).join(', ')}
    from (select *, case when ${isHuge} then random() end as apart from hours_of_day) group by ${KEYS}, apart`;
}
