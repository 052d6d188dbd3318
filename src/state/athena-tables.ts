import type { Kysely, Migration } from 'kysely';
import type { StateDb } from './open-state.js';

/** What netcost remembers of its statements in Athena. */
export interface AthenaTables {
  /** What surveys gave, so that a day is surveyed once; `body` is JSON. */
  readonly athena_surveys: { readonly key: string; readonly at_ms: number; readonly body: string };
  /** Hours of a rollup table that are whole. */
  readonly athena_rollups: {
    readonly table_name: string;
    readonly hour: number;
    /** The attempt whose rows count. */
    readonly attempt: string;
    /** What the hour's sums were made from. */
    readonly digest: string;
  };
  /** Bytes that a person's questions made Athena read on a day (UTC, days since 1970). */
  readonly athena_bytes: { readonly person: string; readonly day: number; readonly bytes: number };
}

export const ATHENA_MIGRATION: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('athena_surveys')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('athena_rollups')
      .addColumn('table_name', 'text', (column) => column.notNull())
      .addColumn('hour', 'bigint', (column) => column.notNull())
      .addColumn('attempt', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('athena_rollups_key', ['table_name', 'hour'])
      .execute();
    await db.schema
      .createTable('athena_bytes')
      .addColumn('person', 'text', (column) => column.notNull())
      .addColumn('day', 'bigint', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('athena_bytes_key', ['person', 'day'])
      .execute();
  },
};

export async function readSurvey(
  db: StateDb,
  key: string,
): Promise<{ readonly atMs: number; readonly rows: readonly (readonly (string | null)[])[] } | undefined> {
  const row = await db.selectFrom('athena_surveys').selectAll().where('key', '=', key).executeTakeFirst();
  return row && { atMs: Number(row.at_ms), rows: JSON.parse(row.body) as (string | null)[][] };
}

export async function writeSurvey(
  db: StateDb,
  key: string,
  atMs: number,
  rows: readonly (readonly (string | null)[])[],
): Promise<void> {
  const body = JSON.stringify(rows);
  await db
    .insertInto('athena_surveys')
    .values({ key, at_ms: atMs, body })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ at_ms: atMs, body }))
    .execute();
}

/** The hours of a rollup table that are whole, from ≤ hour < to. */
export async function readRolledHours(
  db: StateDb,
  table: string,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, { readonly attempt: string; readonly digest: string }>> {
  const rows = await db
    .selectFrom('athena_rollups')
    .selectAll()
    .where('table_name', '=', table)
    .where('hour', '>=', from)
    .where('hour', '<', to)
    .execute();
  return new Map(rows.map(({ hour, attempt, digest }) => [Number(hour), { attempt, digest }]));
}

/** From now on this attempt is the hour. One row an hour: whatever other attempts wrote is read by nobody. */
export async function commitRolledHour(
  db: StateDb,
  table: string,
  hour: number,
  done: { readonly attempt: string; readonly digest: string },
): Promise<void> {
  await db
    .insertInto('athena_rollups')
    .values({ table_name: table, hour, ...done })
    .onConflict((conflict) => conflict.columns(['table_name', 'hour']).doUpdateSet(done))
    .execute();
}

/** Bytes that the person's questions have read on the day so far. */
export async function readScannedBytes(db: StateDb, person: string, day: number): Promise<number> {
  const row = await db
    .selectFrom('athena_bytes')
    .select('bytes')
    .where('person', '=', person)
    .where('day', '=', day)
    .executeTakeFirst();
  return Number(row?.bytes ?? 0);
}

/** Adds what a question read; what is older than a month goes. */
export async function addScannedBytes(db: StateDb, person: string, day: number, bytes: number): Promise<void> {
  await db
    .insertInto('athena_bytes')
    .values({ person, day, bytes })
    .onConflict((conflict) =>
      conflict.columns(['person', 'day']).doUpdateSet((add) => ({ bytes: add('athena_bytes.bytes', '+', bytes) })),
    )
    .execute();
  await db
    .deleteFrom('athena_bytes')
    .where('day', '<', day - 31)
    .execute();
}
