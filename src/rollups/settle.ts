import { mkdirSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalog } from './catalog.js';
import { boundsExpression, cutsAt } from './client-bounds.js';
import { quoteList, quoteLiteral } from './duckdb.js';
import { choicesOfDay, fineSql, type Knowledge, presenceSql } from './knowledge.js';
import { writeParquet } from './parquet-files.js';
import { legsOf, overlaps, presenceOf, type Snapshot } from './relations.js';

/** What the rollups of a day were made from: they are good as long as this is the same. */
export const dayKey = (knowledge: Knowledge, day: number): string =>
  `${knowledge.digest} ${choicesOfDay(knowledge, day)}`;

/** Sums and hourly presence of one day, written beside and renamed, then named in the catalog. */
export async function settleDay(
  connection: DuckDBConnection,
  root: string,
  catalog: Catalog,
  now: Snapshot,
  day: number,
): Promise<void> {
  mkdirSync(`${root}/rollups`, { recursive: true });
  const stem = `${new Date(day * 86_400_000).toISOString().slice(0, 10)}-${now.revision}`;
  const [hoursFile, daysFile, clientsFile, presenceFile] = ['hours', 'days', 'clients', 'presence'].map(
    (what) => `${stem}.${what}.parquet`,
  ) as [string, string, string, string];
  const segments = now.segments.filter((segment) => overlaps(segment, day * 1440, (day + 1) * 1440));
  await sumDay(connection, root, now, day, segments);
  await writeParquet(connection, `${root}/rollups/${hoursFile}`, 'select * from hours_of_day');
  await writeParquet(connection, `${root}/rollups/${daysFile}`, 'select * from sums_of_day');
  await writeParquet(connection, `${root}/rollups/${clientsFile}`, 'select * from clients_of_day');
  await connection.run('drop table hours_of_day; drop table sums_of_day; drop table clients_of_day');
  const presence = `(select * from ${presenceOf(root, segments)} where "minute" >= ${day * 1440} and "minute" < ${(day + 1) * 1440})`;
  await writeParquet(
    connection,
    `${root}/rollups/${presenceFile}`,
    `select "minute" // 60 as "hour", context, sum(ok)::bigint as ok, sum(no_data)::bigint as no_data,
     sum(skip_data)::bigint as skip_data, sum(rejected)::bigint as rejected
     from ${presenceSql(now.knowledge, presence, now.replaced)} group by all order by "hour"`,
  );
  catalog.settleDay({ day, isDirty: false, isFinal: false, hoursFile, daysFile, clientsFile, presenceFile });
  catalog.setMeta(`day ${day}`, dayKey(now.knowledge, day));
}

/** Rows at or above this (64 TiB) keep a row of their own, so that no sum of a day leaves 63 bits (leg-rows.ts adds up to it). */
const HUGE_COUNT = 2n ** 46n;
const KEYS = 'context, near, far, port, protocol, service';

const EXACT_DOUBLE = 2n ** 53n;
const MEASURES = ['bytes', 'packets', 'bytes_up', 'packets_up'];
const APART = `case when ${MEASURES.map((count) => `${count} >= ${HUGE_COUNT}`).join(' or ')} then random() end`;

/** Legs that are summed in one go: their sums stay in memory, instead of on the disk and back. */
const LEGS_AT_ONCE = 500_000;

/**
 * The counted legs of a day summed into tables of this connection, client by client: by hour (`hours_of_day`), by day
 * (`sums_of_day`), and by hour and client alone, whatever the remote (`clients_of_day`); in the order of their ids, so that whoever writes the tables need not sort them.
 */
async function sumDay(
  connection: DuckDBConnection,
  root: string,
  snapshot: Snapshot,
  day: number,
  segments: Snapshot['segments'],
): Promise<void> {
  const files = segments.filter((segment) => segment.legs > 0).map((one) => `${root}/segments/${one.legsFile}`);
  const legs = `(select * from ${legsOf(root, segments)} where "minute" >= ${day * 1440} and "minute" < ${(day + 1) * 1440})`;
  const parts = Math.ceil(segments.reduce((sum, segment) => sum + segment.legs, 0) / LEGS_AT_ONCE);
  const { bounds, counts } = await lookOver(connection, files, parts);
  for (const [part, clients] of cutsAt(bounds).entries()) {
    const ofClients = `(select * from ${legs} where ${clients})`;
    const into = (table: string): string =>
      part === 0 ? `create or replace temporary table ${table} as` : `insert into ${table}`;
    await connection.run(`${into('hours_of_day')} ${sumsByHour(snapshot, ofClients, counts)} order by near, far`);
    await connection.run(
      `${into('sums_of_day')} select ${day} as "day", * from (${sumsOfHours(KEYS, clients, counts)}) order by near, far`,
    );
    await connection.run(
      `${into('clients_of_day')} ${sumsOfHours('"hour", context, near', clients, counts)} order by near, "hour"`,
    );
  }
}

/** How large counts are, which decides how they may be summed: all of a day below 2^53, each below 2^46, or neither. */
type Counts = 'small' | 'large' | 'huge';

/**
 * What the bounds of the groups of segment files tell without reading a row: ids of clients that cut their legs into so
 * many parts of about one size, and how large the counts may be.
 */
async function lookOver(
  connection: DuckDBConnection,
  files: readonly string[],
  parts: number,
): Promise<{ readonly bounds: readonly bigint[]; readonly counts: Counts }> {
  if (files.length === 0) return { bounds: [], counts: 'small' };
  const result = await connection.runAndReadAll(
    `with chunk as (select path_in_schema, stats_min_value, stats_max_value, num_values from parquet_metadata(${quoteList(files)})
       where path_in_schema in ('near', ${MEASURES.map(quoteLiteral).join(', ')})),
     measure as (select count(*) = count(stats_max_value) as is_known, max(stats_max_value::hugeint) as largest,
       sum(stats_max_value::double * num_values) as total from chunk where path_in_schema <> 'near' group by path_in_schema)
     select (select ${boundsExpression(parts)} from chunk),
       (select coalesce(bool_and(is_known and largest < ${HUGE_COUNT}), false) from measure),
       (select coalesce(bool_and(is_known and total < ${EXACT_DOUBLE}), false) from measure)`,
  );
  const [bounds, areLarge, areSmall] = result.getRowsJS()[0] as [bigint[] | null, boolean, boolean];
  return { bounds: bounds ?? [], counts: areSmall ? 'small' : areLarge ? 'large' : 'huge' };
}

/** Sums of doubles take a fifth less time, and are exact as long as they stay below 2^53. */
function sumsOf(counts: Counts): string {
  return [...MEASURES, 'flows', 'flows_up']
    .map((count) => `sum(${count}${counts === 'small' ? '::double' : ''})::bigint as ${count}`)
    .join(', ');
}

/** The counted ones of some legs by hour. */
function sumsByHour(snapshot: Snapshot, legs: string, counts: Counts): string {
  return `select "minute" // 60 as "hour", ${KEYS}, ${sumsOf(counts)}
    from ${fineSql(snapshot.knowledge, legs, snapshot.replaced)} group by "hour", ${KEYS}${counts === 'huge' ? `, ${APART}` : ''}`;
}

/** Sums by these columns from those of the hours, of some clients. */
function sumsOfHours(by: string, clients: string, counts: Counts): string {
  const apart = counts === 'small' ? '' : `, ${APART}`;
  return `select ${by}, ${sumsOf(counts)} from hours_of_day where ${clients} group by ${by}${apart}`;
}
