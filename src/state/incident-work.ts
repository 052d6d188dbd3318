import { type Incident, readIncident, toIncident } from './incidents.js';
import type { StateDb } from './open-state.js';

/** How long a claim holds without being renewed: what a killed replica's work waits for. */
export const LEASE_MS = 30_000;

/**
 * Takes the incident that has waited longest for work, for this worker alone: until the lease runs out no other replica
 * gets it. `except` are those that the worker itself is still at, whose lease it renewed too late. Undefined where
 * nothing is due.
 */
export async function claimIncident(
  db: StateDb,
  worker: string,
  nowMs: number,
  leaseMs: number = LEASE_MS,
  except: ReadonlySet<string> = new Set(),
): Promise<Incident | undefined> {
  const due = await db
    .selectFrom('incidents')
    .select(['id', 'lease_until_ms'])
    .where('next_ms', '<=', nowMs)
    .where((eb) => eb.or([eb('lease_until_ms', 'is', null), eb('lease_until_ms', '<=', nowMs)]))
    .orderBy('next_ms')
    .orderBy('id')
    .limit(10 + except.size)
    .execute();
  for (const { id } of due) {
    if (except.has(id)) continue;
    const row = await db
      .updateTable('incidents')
      .set({ lease_by: worker, lease_until_ms: nowMs + leaseMs })
      .where('id', '=', id)
      .where((eb) => eb.or([eb('lease_until_ms', 'is', null), eb('lease_until_ms', '<=', nowMs)]))
      .returningAll()
      .executeTakeFirst();
    if (row !== undefined) return toIncident(row);
  }
  return undefined;
}

/** Keeps the claim. False where another worker has taken over: then this one must stop. */
export async function renewLease(
  db: StateDb,
  id: string,
  worker: string,
  nowMs: number,
  leaseMs: number = LEASE_MS,
): Promise<boolean> {
  const result = await db
    .updateTable('incidents')
    .set({ lease_until_ms: nowMs + leaseMs })
    .where('id', '=', id)
    .where('lease_by', '=', worker)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/**
 * Gives an incident back. `nextMs` is when there is work again; where something woke it meanwhile (`wake` is another
 * than the worker read), it stays due at once.
 */
export async function releaseIncident(
  db: StateDb,
  claim: { readonly id: string; readonly worker: string; readonly wake: number; readonly nextMs: number | null },
): Promise<void> {
  await db
    .updateTable('incidents')
    .set((eb) => ({
      lease_by: null,
      lease_until_ms: null,
      next_ms: eb.case().when('wake', '=', claim.wake).then(claim.nextMs).else(eb.ref('next_ms')).end(),
    }))
    .where('id', '=', claim.id)
    .where('lease_by', '=', claim.worker)
    .execute();
}

/** Slack may still work on a call of a process that just died: its outcome is looked for after this long. */
const SETTLE_MS = 3_000;

/**
 * Frees what a process of before this one held, incidents and the messages of their threads. For SQLite alone: there no
 * other process can be at work.
 */
export async function dropLeases(db: StateDb, nowMs: number): Promise<void> {
  await db.updateTable('incidents').set({ lease_by: null, lease_until_ms: null }).execute();
  await db
    .updateTable('deliveries')
    .set({ lease_until_ms: nowMs + SETTLE_MS })
    .where('key', 'like', 'incident/%')
    .where('lease_until_ms', '>', nowMs + SETTLE_MS)
    .where('state', 'in', ['claimed', 'sending'])
    .execute();
}

/** When there is work next; null where no incident waits. */
export async function nextWorkMs(db: StateDb): Promise<number | null> {
  const row = await db
    .selectFrom('incidents')
    .select((eb) => eb.fn.min('next_ms').as('next'))
    .executeTakeFirst();
  return row?.next === null || row?.next === undefined ? null : Number(row.next);
}

/** One alert of an incident. */
export interface IncidentAlert {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly state: string;
  readonly usd: string | null;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly times: number;
}

/** The alerts of an incident, oldest first. */
export async function alertsOf(db: StateDb, incidentId: string): Promise<readonly IncidentAlert[]> {
  const rows = await db
    .selectFrom('incident_alerts')
    .select(['alert_id', 'kind', 'title', 'state', 'usd', 'first_ms', 'last_ms', 'times'])
    .where('incident_id', '=', incidentId)
    .orderBy('first_ms')
    .orderBy('alert_id')
    .execute();
  return rows.map((row) => ({
    id: row.alert_id,
    kind: row.kind,
    title: row.title,
    state: row.state,
    usd: row.usd,
    firstMs: Number(row.first_ms),
    lastMs: Number(row.last_ms),
    times: Number(row.times),
  }));
}

/** The text of the first alert as it came. */
export async function payloadOf(db: StateDb, incidentId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('incident_alerts')
    .select('payload')
    .where('incident_id', '=', incidentId)
    .where('payload', 'is not', null)
    .orderBy('first_ms')
    .limit(1)
    .executeTakeFirst();
  return row?.payload ?? undefined;
}

export interface IncidentNote {
  readonly slot: string;
  readonly atMs: number;
  readonly says: string;
}

export async function notesOf(db: StateDb, incidentId: string): Promise<readonly IncidentNote[]> {
  const rows = await db
    .selectFrom('incident_notes')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .orderBy('at_ms')
    .orderBy('slot')
    .execute();
  return rows.map((row) => ({ slot: row.slot, atMs: Number(row.at_ms), says: row.says }));
}

/** A message of a thread: where it stands, and the digest of what it shows. */
export interface IncidentPost {
  readonly slot: string;
  readonly channel: string;
  readonly ts: string;
  readonly shown: string;
}

export async function postsOf(db: StateDb, incidentId: string): Promise<ReadonlyMap<string, IncidentPost>> {
  const rows = await db.selectFrom('incident_posts').selectAll().where('incident_id', '=', incidentId).execute();
  return new Map(rows.map(({ slot, channel, ts, shown }) => [slot, { slot, channel, ts, shown }]));
}

export async function keepPost(db: StateDb, incidentId: string, post: IncidentPost, nowMs: number): Promise<void> {
  const { slot, channel, ts, shown } = post;
  await db
    .insertInto('incident_posts')
    .values({ incident_id: incidentId, slot, channel, ts, shown, posted_ms: nowMs })
    .onConflict((conflict) => conflict.columns(['incident_id', 'slot']).doUpdateSet({ channel, ts, shown }))
    .execute();
}

export async function dropPost(db: StateDb, incidentId: string, slot: string): Promise<void> {
  await db.deleteFrom('incident_posts').where('incident_id', '=', incidentId).where('slot', '=', slot).execute();
}

/** The incident whose thread a message stands in. */
export async function incidentOfThread(db: StateDb, channel: string, ts: string): Promise<Incident | undefined> {
  const post = await db
    .selectFrom('incident_posts')
    .select('incident_id')
    .where('channel', '=', channel)
    .where('ts', '=', ts)
    .executeTakeFirst();
  if (post !== undefined) return readIncident(db, post.incident_id);
  const row = await db
    .selectFrom('incidents')
    .selectAll()
    .where('channel', '=', channel)
    .where('thread_ts', '=', ts)
    .executeTakeFirst();
  return row === undefined ? undefined : toIncident(row);
}

/** An alert by its id, the newest where it served for several incidents. */
export async function findAlert(
  db: StateDb,
  alertId: string,
): Promise<Pick<IncidentAlert, 'id' | 'kind' | 'title'> | undefined> {
  return db
    .selectFrom('incident_alerts')
    .select(['alert_id as id', 'kind', 'title'])
    .where('alert_id', '=', alertId)
    .orderBy('last_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The text of the alert that arrived last, whatever incident it belongs to. */
export async function lastPayload(db: StateDb): Promise<string | undefined> {
  const row = await db
    .selectFrom('incident_alerts')
    .select('payload')
    .where('payload', 'is not', null)
    .orderBy('last_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.payload ?? undefined;
}
