import type { Kysely, Migration, Selectable } from 'kysely';
import type { StateDb } from './open-state.js';

/** A digest that somebody has ordered: whose traffic, when, where to. */
export interface Subscription {
  readonly id: string;
  /** Undefined for the whole organisation. */
  readonly team: string | undefined;
  readonly every: 'daily' | 'weekly';
  /** 1 is Monday, 7 Sunday; of a weekly one. */
  readonly weekday: number;
  /** Of the local day, 0 to 1439. */
  readonly minute: number;
  /** IANA name of the zone. */
  readonly zone: string;
  /** A channel's id, or the owner's for their direct messages. */
  readonly channel: string;
  /** Slack id of who ordered it: it is posted with their rights of that moment, and they are told what goes wrong. */
  readonly owner: string;
  /** The workspace that the owner called from. */
  readonly homeId: string | undefined;
  /** `paused` by a person, or by netcost where `problem` says why. */
  readonly state: 'active' | 'paused';
  /** One line: why netcost has paused it, and what to do. */
  readonly problem: string | undefined;
  /** Everything that was due up to here is settled: posted, or said to be missed. */
  readonly settledMs: number;
  /** When the next one is due. */
  readonly nextMs: number;
  readonly createdMs: number;
}

export interface SubscriptionsTable {
  readonly id: string;
  readonly team: string;
  readonly every: string;
  readonly weekday: number;
  readonly minute: number;
  readonly zone: string;
  readonly channel: string;
  readonly owner: string;
  readonly home_id: string | null;
  readonly state: string;
  readonly problem: string | null;
  readonly settled_ms: number;
  readonly next_ms: number;
  readonly created_ms: number;
}

/** What makes two subscriptions the same one: whose, how often, where. */
export type Order = Omit<Subscription, 'id' | 'state' | 'problem' | 'settledMs' | 'nextMs' | 'createdMs'>;

/**
 * Adds a subscription. Where there is one of the same team, rhythm and channel already nothing is changed, and that one
 * is returned.
 */
export async function addSubscription(
  db: StateDb,
  order: Order,
  about: { readonly id: string; readonly nowMs: number; readonly nextMs: number },
): Promise<{ readonly subscription: Subscription; readonly isNew: boolean }> {
  const row = {
    ...toRow(order),
    id: about.id,
    state: 'active',
    problem: null,
    settled_ms: about.nowMs,
    next_ms: about.nextMs,
    created_ms: about.nowMs,
  };
  const inserted = await db
    .insertInto('subscriptions')
    .values(row)
    .onConflict((conflict) => conflict.columns(['team', 'every', 'channel']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted !== undefined) return { subscription: toSubscription(inserted), isNew: true };
  const existing = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('team', '=', row.team)
    .where('every', '=', row.every)
    .where('channel', '=', row.channel)
    .executeTakeFirstOrThrow();
  return { subscription: toSubscription(existing), isNew: false };
}

/** Gives a subscription another time, day or zone, and lets it go on. What was due before is settled by that. */
export async function changeSubscription(
  db: StateDb,
  id: string,
  change: Pick<Subscription, 'weekday' | 'minute' | 'zone' | 'owner' | 'homeId'>,
  about: { readonly nowMs: number; readonly nextMs: number },
): Promise<Subscription | undefined> {
  const { weekday, minute, zone, owner, homeId } = change;
  const row = { weekday, minute, zone, owner, home_id: homeId ?? null };
  return update(db, id, { ...row, state: 'active', problem: null, settled_ms: about.nowMs, next_ms: about.nextMs });
}

export async function readSubscription(db: StateDb, id: string): Promise<Subscription | undefined> {
  const row = await db.selectFrom('subscriptions').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toSubscription(row);
}

/** All of them, the oldest first. */
export async function listSubscriptions(db: StateDb): Promise<readonly Subscription[]> {
  const rows = await db.selectFrom('subscriptions').selectAll().orderBy('created_ms').orderBy('id').execute();
  return rows.map(toSubscription);
}

/** Those whose next digest is due, the longest due first. */
export async function dueSubscriptions(db: StateDb, nowMs: number): Promise<readonly Subscription[]> {
  const rows = await db
    .selectFrom('subscriptions')
    .selectAll()
    .where('state', '=', 'active')
    .where('next_ms', '<=', nowMs)
    .orderBy('next_ms')
    .orderBy('id')
    .execute();
  return rows.map(toSubscription);
}

/**
 * Settles what was due: the next one is `nextMs`. False where somebody else did, or changed the subscription meanwhile;
 * then nothing is written.
 */
export async function settleSubscription(
  db: StateDb,
  before: Pick<Subscription, 'id' | 'nextMs'>,
  after: { readonly settledMs: number; readonly nextMs: number },
): Promise<boolean> {
  const row = await db
    .updateTable('subscriptions')
    .set({ settled_ms: after.settledMs, next_ms: after.nextMs })
    .where('id', '=', before.id)
    .where('next_ms', '=', before.nextMs)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Stops the digests until somebody resumes them; `problem` where it was netcost that stopped them. */
export async function pauseSubscription(db: StateDb, id: string, problem?: string): Promise<Subscription | undefined> {
  return update(db, id, { state: 'paused', problem: problem ?? null });
}

/** Lets the digests come again, from `nextMs` on; what was due meanwhile was not wanted. */
export async function resumeSubscription(
  db: StateDb,
  id: string,
  about: { readonly nowMs: number; readonly nextMs: number },
): Promise<Subscription | undefined> {
  return update(db, id, { state: 'active', problem: null, settled_ms: about.nowMs, next_ms: about.nextMs });
}

export async function removeSubscription(db: StateDb, id: string): Promise<void> {
  await db.deleteFrom('subscriptions').where('id', '=', id).execute();
}

async function update(
  db: StateDb,
  id: string,
  change: Partial<Omit<SubscriptionsTable, 'id'>>,
): Promise<Subscription | undefined> {
  const row = await db.updateTable('subscriptions').set(change).where('id', '=', id).returningAll().executeTakeFirst();
  return row === undefined ? undefined : toSubscription(row);
}

function toRow({ team, homeId, ...order }: Order) {
  const { every, weekday, minute, zone, channel, owner } = order;
  // An empty name for the organisation: databases do not find two nulls equal.
  return { team: team ?? '', every, weekday, minute, zone, channel, owner, home_id: homeId ?? null };
}

function toSubscription(row: Selectable<SubscriptionsTable>): Subscription {
  return {
    id: row.id,
    team: row.team === '' ? undefined : row.team,
    every: row.every === 'weekly' ? 'weekly' : 'daily',
    weekday: Number(row.weekday),
    minute: Number(row.minute),
    zone: row.zone,
    channel: row.channel,
    owner: row.owner,
    homeId: row.home_id ?? undefined,
    state: row.state === 'paused' ? 'paused' : 'active',
    problem: row.problem ?? undefined,
    settledMs: Number(row.settled_ms),
    nextMs: Number(row.next_ms),
    createdMs: Number(row.created_ms),
  };
}

export const SUBSCRIPTIONS_MIGRATION: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('subscriptions')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('team', 'text', (column) => column.notNull())
      .addColumn('every', 'text', (column) => column.notNull())
      .addColumn('weekday', 'integer', (column) => column.notNull())
      .addColumn('minute', 'integer', (column) => column.notNull())
      .addColumn('zone', 'text', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('home_id', 'text')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('problem', 'text')
      .addColumn('settled_ms', 'bigint', (column) => column.notNull())
      .addColumn('next_ms', 'bigint', (column) => column.notNull())
      .addColumn('created_ms', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('subscriptions_once', ['team', 'every', 'channel'])
      .execute();
  },
};
