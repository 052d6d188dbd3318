import type { Kysely, Migration, Selectable } from 'kysely';
import type { StateDb } from './open-state.js';

/**
 * One message that netcost posts by itself (a digest, a word about a budget, a triage thread), by a key that names it
 * for ever: `digest/s1a2b3/2026-11-20`. The row is written before Slack is asked, so that a crash, a lost reply or a
 * second replica never leads to the same message twice, nor to one that nobody knows to be missing.
 *
 *   claimed  somebody works it out; nothing was sent. After the lease anybody may take it.
 *   sending  Slack may have it. After the lease it is doubtful: who takes it looks before sending again.
 *   sent     Slack confirmed it, or netcost found it in the channel.
 *   unsure   Slack's reply was lost and the channel's history may not be read. Never sent again by itself.
 *   failed   Slack refused it for good; `reason` is Slack's word.
 */
type DeliveryState = 'claimed' | 'sending' | 'sent' | 'unsure' | 'failed';

export interface Delivery {
  readonly key: string;
  readonly state: DeliveryState;
  /** Where it was sent: a channel's id; empty while nothing was sent. */
  readonly channel: string;
  readonly threadTs: string | undefined;
  /** Slack's id of the message once it is `sent`. */
  readonly ts: string | undefined;
  /** Why it is unsure or failed, in Slack's word. */
  readonly reason: string | undefined;
  /** When the first try was sent; history is searched from here. 0 while nothing was sent. */
  readonly sendingSinceMs: number;
  /** Tries so far. */
  readonly attempts: number;
  readonly createdMs: number;
  readonly updatedMs: number;
}

export interface DeliveriesTable {
  readonly key: string;
  readonly state: string;
  readonly claimed_by: string;
  readonly lease_until_ms: number;
  readonly channel: string;
  readonly thread_ts: string | null;
  readonly ts: string | null;
  readonly reason: string | null;
  readonly sending_since_ms: number;
  readonly attempts: number;
  readonly created_ms: number;
  readonly updated_ms: number;
}

/** What became of a claim. */
export type Claim =
  /** Nothing was sent yet: work it out and send it. */
  | { readonly kind: 'mine' }
  /** Whoever had it before may have sent it: look first. */
  | { readonly kind: 'doubtful'; readonly delivery: Delivery }
  /** Somebody else works on it, or it rests until its next try. */
  | { readonly kind: 'held' }
  /** It is sent, unsure or failed: there is nothing to do. */
  | { readonly kind: 'done'; readonly delivery: Delivery };

/** Who acts on a claim: `by` is made anew for each claim, so that one who slept past the lease cannot act any more. */
export interface Holder {
  readonly key: string;
  readonly by: string;
  readonly nowMs: number;
}

/** Claims a message for `leaseMs`, the first one or the one who comes after an expired lease. Atomic in both stores. */
export async function claimDelivery(db: StateDb, holder: Holder, leaseMs: number): Promise<Claim> {
  const { key, by, nowMs } = holder;
  const lease = { claimed_by: by, lease_until_ms: nowMs + leaseMs, updated_ms: nowMs };
  const fresh = { key, state: 'claimed', channel: '', sending_since_ms: 0, attempts: 0, created_ms: nowMs };
  const inserted = await db
    .insertInto('deliveries')
    .values({ ...fresh, ...lease })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('key')
    .executeTakeFirst();
  if (inserted !== undefined) return { kind: 'mine' };
  const taken = await db
    .updateTable('deliveries')
    .set(lease)
    .where('key', '=', key)
    .where('state', 'in', ['claimed', 'sending'])
    .where('lease_until_ms', '<=', nowMs)
    .returningAll()
    .executeTakeFirst();
  if (taken !== undefined) {
    return taken.state === 'sending' ? { kind: 'doubtful', delivery: toDelivery(taken) } : { kind: 'mine' };
  }
  const delivery = await readDelivery(db, key);
  const isOpen = delivery === undefined || delivery.state === 'claimed' || delivery.state === 'sending';
  return isOpen ? { kind: 'held' } : { kind: 'done', delivery };
}

/** Says that Slack is asked from now on. False where the claim is somebody else's by now: then nothing may be sent. */
export async function beginSending(
  db: StateDb,
  holder: Holder,
  place: { readonly channel: string; readonly threadTs?: string | undefined },
  leaseMs: number,
): Promise<boolean> {
  const { key, by, nowMs } = holder;
  const row = await db
    .updateTable('deliveries')
    .set((eb) => ({
      state: 'sending',
      channel: place.channel,
      thread_ts: place.threadTs ?? null,
      lease_until_ms: nowMs + leaseMs,
      updated_ms: nowMs,
      attempts: eb('attempts', '+', 1),
      sending_since_ms: eb.case().when('sending_since_ms', '=', 0).then(nowMs).else(eb.ref('sending_since_ms')).end(),
    }))
    .where('key', '=', key)
    .where('claimed_by', '=', by)
    .where('state', 'in', ['claimed', 'sending'])
    .returning('key')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Writes how it ended. `sent` is a fact whoever knows it, so it is written over another's claim and over `unsure` too;
 * the other endings need the claim.
 */
export async function endDelivery(
  db: StateDb,
  holder: Holder,
  end:
    | { readonly state: 'sent'; readonly channel: string; readonly ts: string }
    | { readonly state: 'unsure' | 'failed'; readonly reason: string },
): Promise<void> {
  const change = end.state === 'sent' ? { ...end, reason: null } : { state: end.state, reason: end.reason };
  const update = db
    .updateTable('deliveries')
    .set({ ...change, lease_until_ms: 0, updated_ms: holder.nowMs })
    .where('key', '=', holder.key);
  if (end.state === 'sent') await update.execute();
  else await update.where('claimed_by', '=', holder.by).where('state', 'in', ['claimed', 'sending']).execute();
}

/**
 * Lets the claim rest until `untilMs`: until then it is still its holder's, afterwards anybody's. `wasSent` keeps it
 * doubtful, so that whoever takes it looks before sending; without it Slack certainly has nothing.
 */
export async function releaseDelivery(
  db: StateDb,
  holder: Holder,
  options: { readonly untilMs: number; readonly wasSent: boolean },
): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({
      state: options.wasSent ? 'sending' : 'claimed',
      lease_until_ms: options.untilMs,
      updated_ms: holder.nowMs,
      ...(options.wasSent ? {} : { sending_since_ms: 0 }),
    })
    .where('key', '=', holder.key)
    .where('claimed_by', '=', holder.by)
    .where('state', 'in', ['claimed', 'sending'])
    .execute();
}

export async function readDelivery(db: StateDb, key: string): Promise<Delivery | undefined> {
  const row = await db.selectFrom('deliveries').selectAll().where('key', '=', key).executeTakeFirst();
  return row === undefined ? undefined : toDelivery(row);
}

/** Forgets what ended before a moment. Keys hold dates, so a message that old is not due again. */
export async function pruneDeliveries(db: StateDb, beforeMs: number): Promise<void> {
  await db
    .deleteFrom('deliveries')
    .where('state', 'in', ['sent', 'unsure', 'failed'])
    .where('updated_ms', '<', beforeMs)
    .execute();
}

function toDelivery(row: Selectable<DeliveriesTable>): Delivery {
  return {
    key: row.key,
    state: row.state as DeliveryState,
    channel: row.channel,
    threadTs: row.thread_ts ?? undefined,
    ts: row.ts ?? undefined,
    reason: row.reason ?? undefined,
    sendingSinceMs: Number(row.sending_since_ms),
    attempts: Number(row.attempts),
    createdMs: Number(row.created_ms),
    updatedMs: Number(row.updated_ms),
  };
}

export const DELIVERIES_MIGRATION: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('deliveries')
      .addColumn('key', 'text', (column) => column.primaryKey())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('claimed_by', 'text', (column) => column.notNull())
      .addColumn('lease_until_ms', 'bigint', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('thread_ts', 'text')
      .addColumn('ts', 'text')
      .addColumn('reason', 'text')
      .addColumn('sending_since_ms', 'bigint', (column) => column.notNull())
      .addColumn('attempts', 'bigint', (column) => column.notNull())
      .addColumn('created_ms', 'bigint', (column) => column.notNull())
      .addColumn('updated_ms', 'bigint', (column) => column.notNull())
      .execute();
  },
};
