import type { Kysely, Migration } from 'kysely';
import { DAY_MS, HOUR_MS } from '../units.js';
import type { StateDb } from './open-state.js';

/** Messages that were taken, so that none is taken twice. */
export interface SeenMessagesTable {
  readonly id: string;
  readonly seen_ms: number;
}

/** What the intake has counted, by name. */
export interface IntakeCountsTable {
  readonly name: string;
  readonly count: number;
  readonly last_ms: number;
  readonly detail: string;
}

/** What netcost's own detection found, by subject. */
export interface DetectionsTable {
  readonly subject: string;
  readonly began_ms: number;
  readonly last_ms: number;
}

/** What is counted: alerts that were taken, messages nobody understood, messages that were refused, test alerts. */
export type IntakeCount = 'alert' | 'not-understood' | 'refused' | 'test';

export interface IntakeMark {
  readonly name: IntakeCount;
  readonly count: number;
  readonly lastMs: number;
  readonly detail: string;
}

export const ALERT_INTAKE_MIGRATION: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('seen_messages')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('seen_ms', 'bigint', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('intake_counts')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('count', 'bigint', (column) => column.notNull())
      .addColumn('last_ms', 'bigint', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('detections')
      .addColumn('subject', 'text', (column) => column.primaryKey())
      .addColumn('began_ms', 'bigint', (column) => column.notNull())
      .addColumn('last_ms', 'bigint', (column) => column.notNull())
      .execute();
  },
};

/** Signed messages are taken for an hour; their ids are kept for a day. */
const KEPT_MS = DAY_MS;

export async function hasSeenMessage(db: StateDb, id: string): Promise<boolean> {
  const row = await db.selectFrom('seen_messages').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

/** Marks a message as taken, and forgets those of more than a day ago. */
export async function markMessage(db: StateDb, id: string, nowMs: number): Promise<void> {
  await db
    .deleteFrom('seen_messages')
    .where('seen_ms', '<', nowMs - KEPT_MS)
    .execute();
  await db
    .insertInto('seen_messages')
    .values({ id, seen_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function countIntake(db: StateDb, name: IntakeCount, nowMs: number, detail: string): Promise<void> {
  await db
    .insertInto('intake_counts')
    .values({ name, count: 1, last_ms: nowMs, detail })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({
        count: eb('intake_counts.count', '+', 1),
        last_ms: nowMs,
        detail,
      })),
    )
    .execute();
}

export async function readIntake(db: StateDb): Promise<readonly IntakeMark[]> {
  const rows = await db.selectFrom('intake_counts').selectAll().orderBy('name').execute();
  return rows.map((row) => ({
    name: row.name as IntakeCount,
    count: Number(row.count),
    lastMs: Number(row.last_ms),
    detail: row.detail,
  }));
}

/** An excess that pauses for so long and comes back is the same one. */
const SAME_MS = 12 * HOUR_MS;

/**
 * When the excess of a subject that is found again began: what was said the first time, as long as it was found without
 * a long pause. The window of the detection moves on, its names must not.
 */
export async function beganOf(db: StateDb, subject: string, fromMs: number, nowMs: number): Promise<number> {
  const known = await db.selectFrom('detections').selectAll().where('subject', '=', subject).executeTakeFirst();
  const isSame = known !== undefined && fromMs - Number(known.last_ms) <= SAME_MS;
  const beganMs = isSame ? Number(known.began_ms) : fromMs;
  await db
    .insertInto('detections')
    .values({ subject, began_ms: beganMs, last_ms: nowMs })
    .onConflict((conflict) => conflict.column('subject').doUpdateSet({ began_ms: beganMs, last_ms: nowMs }))
    .execute();
  return beganMs;
}
