import type { Selectable, Transaction } from 'kysely';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../units.js';
import type { IncidentTables } from './incident-tables.js';
import { type Incident, type IncidentState, readIncident, toIncident } from './incidents.js';
import type { StateDb } from './open-state.js';
import type { StateSchema } from './schema.js';

/** An alert, as far as it decides which thread it belongs to. */
export interface ArrivedAlert {
  /** Anomaly id, alarm ARN, budget name: the same alert sent again has the same id. */
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly state: 'alarm' | 'ok' | 'unknown';
  readonly accountIds: readonly string[];
  readonly regions: readonly string[];
  readonly natGatewayIds: readonly string[];
  readonly usd: string | undefined;
  readonly sentAtMs: number | undefined;
}

export interface Arrival {
  readonly alert: ArrivedAlert;
  /** The alert as it is kept for the diagnosis. */
  readonly whole: unknown;
  /** Whether it may be about NAT gateways: only such alerts join others of the same place. */
  readonly isAboutNat: boolean;
  /** The text as it came, for the evidence bundle. */
  readonly payload: string | null;
  readonly nowMs: number;
  readonly channel: string;
  /** A message of somebody else to hang the thread below. */
  readonly threadTs?: string;
  /** A person asked for it: it is diagnosed at once, and never put among a burst. */
  readonly isAsked?: boolean;
  readonly newId: () => string;
}

/** `opened`: a new thread. `joined`: another alert of the same place. `updated`: the same alert with news. */
export interface Accepted {
  readonly outcome: 'opened' | 'joined' | 'updated' | 'duplicate' | 'ignored';
  readonly incident: Incident | undefined;
}

/** How many threads alerts may open in a channel within the window; what comes beyond shares one. */
export const BURST = { threads: 4, windowMs: 10 * MINUTE_MS, openMs: HOUR_MS, waitMs: 5 * MINUTE_MS } as const;
/** An alert of the same gateway within this long is the same story. */
const JOIN_MS = 3 * DAY_MS;
/** An alarm that fires again this long after its incident was over is a new story. */
const OVER_MS = DAY_MS;
const SILENCED_MS = 7 * DAY_MS;
/** A grown alert is diagnosed again at most this often. */
const AGAIN_MS = 6 * HOUR_MS;
const MAX_PAYLOAD = 300_000;

type Tx = Transaction<StateSchema>;

/**
 * Takes an alert for good: when this resolves it is in the state, in the one incident that it belongs to. The same
 * delivery again changes nothing, whatever replica it reaches; an older state that arrives late changes nothing either.
 */
export async function acceptAlert(db: StateDb, arrival: Arrival): Promise<Accepted> {
  return db.transaction().execute(async (tx) => {
    // Two alerts of one place at the same moment, on two replicas: the second has to see what the first opened.
    await tx
      .updateTable('incident_gate')
      .set((eb) => ({ passed: eb('passed', '+', 1) }))
      .where('id', '=', 1)
      .execute();
    const known = await findKnown(tx, arrival);
    if (known !== undefined) return again(tx, known.incident, known.alert, arrival);
    if (arrival.alert.state === 'ok') return { outcome: 'ignored', incident: undefined };
    const neighbour = await findNeighbour(tx, arrival);
    if (neighbour !== undefined) return join(tx, neighbour, arrival);
    return open(tx, arrival);
  });
}

interface Known {
  readonly incident: Incident;
  readonly alert: Selectable<IncidentTables['incident_alerts']>;
}

/** The incident that this very alert belongs to, unless that is over so long that it is another story. */
async function findKnown(tx: Tx, { alert, nowMs }: Arrival): Promise<Known | undefined> {
  const rows = await tx.selectFrom('incident_alerts').selectAll().where('alert_id', '=', alert.id).execute();
  const found = await Promise.all(
    rows.map(async (row) => {
      const incident = await tx
        .selectFrom('incidents')
        .selectAll()
        .where('id', '=', row.incident_id)
        .executeTakeFirst();
      return incident === undefined ? undefined : { alert: row, incident: toIncident(incident) };
    }),
  );
  const newest = found
    .filter((one): one is Known => one !== undefined)
    .sort((a, b) => b.incident.openedMs - a.incident.openedMs)[0];
  if (newest === undefined) return undefined;
  const { incident } = newest;
  // An anomaly of Cost Anomaly Detection has an id of its own for life; an alarm's ARN serves for every time it fires.
  const keepMs = alert.kind === 'cost-anomaly' ? Number.POSITIVE_INFINITY : keepFor(incident.state);
  return nowMs - incident.stateMs > keepMs && alert.state !== 'ok' ? undefined : newest;
}

function keepFor(state: IncidentState): number {
  if (state === 'open') return Number.POSITIVE_INFINITY;
  return state === 'fixed' || state === 'ended' ? OVER_MS : SILENCED_MS;
}

async function again(tx: Tx, incident: Incident, row: Known['alert'], arrival: Arrival): Promise<Accepted> {
  const { alert, nowMs } = arrival;
  const digest = digestOf(alert);
  const sentMs = alert.sentAtMs ?? null;
  const isOlder = sentMs !== null && row.sent_ms !== null && sentMs < Number(row.sent_ms);
  if (!arrival.isAsked && (row.digest === digest || isOlder)) return { outcome: 'duplicate', incident };
  await tx
    .updateTable('incident_alerts')
    .set({
      title: alert.title,
      state: alert.state,
      usd: alert.usd ?? row.usd,
      sent_ms: sentMs,
      last_ms: nowMs,
      times: Number(row.times) + 1,
      digest,
    })
    .where('incident_id', '=', incident.id)
    .where('alert_id', '=', alert.id)
    .execute();
  await grow(tx, incident, arrival, 'it came again');
  return { outcome: 'updated', incident: await reread(tx, incident.id) };
}

async function join(tx: Tx, incident: Incident, arrival: Arrival): Promise<Accepted> {
  await insertAlert(tx, incident.id, arrival);
  await grow(tx, incident, arrival, 'another alert joined');
  return { outcome: 'joined', incident: await reread(tx, incident.id) };
}

/** Adds to an incident what an alert brings: places, dollars; opens it again where it was over; asks for a diagnosis. */
async function grow(tx: Tx, incident: Incident, arrival: Arrival, why: string): Promise<void> {
  const { alert, nowMs } = arrival;
  const isBack = incident.state === 'ended' && alert.state !== 'ok';
  const isOpen = incident.state === 'open' || isBack;
  const isSnoozed = incident.snoozeUntilMs !== null && incident.snoozeUntilMs > nowMs;
  const isStale = incident.diagnosedMs !== null && nowMs - incident.diagnosedMs > AGAIN_MS;
  const isNews = alert.natGatewayIds.some((id) => !incident.gateways.includes(id));
  const isDue =
    arrival.isAsked === true || isBack || (isOpen && !isSnoozed && alert.state !== 'ok' && (isStale || isNews));
  // A diagnosis that is under way does not know of what joins now: the new moment makes it run once more.
  const dueMs = incident.isBurst ? Math.min(nowMs + MINUTE_MS, incident.openedMs + BURST.waitMs) : nowMs;
  const counts = await tx
    .selectFrom('incident_alerts')
    .select((eb) => eb.fn.sum<number>('times').as('times'))
    .where('incident_id', '=', incident.id)
    .executeTakeFirst();
  await tx
    .updateTable('incidents')
    .set((eb) => ({
      gateways: union(incident.gateways, alert.natGatewayIds),
      accounts: union(incident.accounts, alert.accountIds),
      regions: union(incident.regions, alert.regions),
      alert: JSON.stringify(merge(incident.alert, arrival.whole)),
      usd: alert.usd ?? incident.usd,
      alert_count: Number(counts?.times ?? 1),
      updated_ms: nowMs,
      next_ms: nowMs,
      wake: eb('wake', '+', 1),
      ...(isBack ? { state: 'open', state_by: null, state_ms: nowMs } : {}),
      ...(isDue ? { diagnose_ms: dueMs, diagnose_why: incident.runs === 0 ? null : why } : {}),
      ...(alert.state === 'ok' ? { watch_ms: nowMs } : {}),
    }))
    .where('id', '=', incident.id)
    .execute();
  if (isBack)
    await addNote(tx, {
      incidentId: incident.id,
      slot: `back:${nowMs}`,
      atMs: nowMs,
      says: 'It is back: the alert fires again.',
    });
}

async function open(tx: Tx, arrival: Arrival): Promise<Accepted> {
  const { alert, nowMs } = arrival;
  const isBurst = arrival.isAsked !== true && (await countRecent(tx, arrival)) >= BURST.threads;
  if (isBurst) {
    const row = await tx
      .selectFrom('incidents')
      .selectAll()
      .where('is_burst', '=', 1)
      .where('state', '=', 'open')
      .where('channel', '=', arrival.channel)
      .where('opened_ms', '>', nowMs - BURST.openMs)
      .orderBy('opened_ms', 'desc')
      .executeTakeFirst();
    if (row !== undefined) return join(tx, toIncident(row), arrival);
  }
  const id = arrival.newId();
  await tx
    .insertInto('incidents')
    .values({
      id,
      kind: alert.kind,
      title: alert.title,
      state: 'open',
      state_by: null,
      state_ms: nowMs,
      snooze_until_ms: null,
      is_security: 0,
      is_burst: isBurst ? 1 : 0,
      channel: arrival.channel,
      thread_ts: arrival.threadTs ?? null,
      gateways: JSON.stringify(alert.natGatewayIds),
      accounts: JSON.stringify(alert.accountIds),
      regions: JSON.stringify(alert.regions),
      teams: '[]',
      alert: JSON.stringify(arrival.whole),
      usd: alert.usd ?? null,
      usd_per_day: null,
      opened_ms: nowMs,
      updated_ms: nowMs,
      alert_count: 1,
      // A burst is diagnosed when most of it is there.
      diagnose_ms: isBurst ? nowMs + MINUTE_MS : nowMs,
      diagnose_why: null,
      diagnosed: null,
      diagnosed_ms: null,
      progress: null,
      feedback: null,
      feedback_result: null,
      verdict: null,
      trail_again_ms: null,
      watch_ms: null,
      verdict_ms: null,
      next_ms: nowMs,
      lease_by: null,
      lease_until_ms: null,
    })
    .execute();
  await insertAlert(tx, id, arrival);
  return { outcome: 'opened', incident: await reread(tx, id) };
}

async function countRecent(tx: Tx, { channel, nowMs }: Arrival): Promise<number> {
  const row = await tx
    .selectFrom('incidents')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('channel', '=', channel)
    .where('is_burst', '=', 0)
    .where('kind', '!=', 'manual')
    .where('opened_ms', '>', nowMs - BURST.windowMs)
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** An open incident of the same gateway, or, where one of the two names no gateway, of the same account and Region. */
async function findNeighbour(tx: Tx, { alert, isAboutNat, nowMs }: Arrival): Promise<Incident | undefined> {
  if (!isAboutNat) return undefined;
  const rows = await tx
    .selectFrom('incidents')
    .selectAll()
    .where('state', '=', 'open')
    .where('is_burst', '=', 0)
    .where('opened_ms', '>', nowMs - JOIN_MS)
    .orderBy('opened_ms', 'desc')
    .limit(500)
    .execute();
  return rows.map(toIncident).find((incident) => isSamePlace(incident, alert));
}

function isSamePlace(incident: Incident, alert: ArrivedAlert): boolean {
  const overlaps = (mine: readonly string[], theirs: readonly string[]) => mine.some((one) => theirs.includes(one));
  if (incident.gateways.length > 0 && alert.natGatewayIds.length > 0)
    return overlaps(incident.gateways, alert.natGatewayIds);
  return overlaps(incident.accounts, alert.accountIds) && overlaps(incident.regions, alert.regions);
}

async function insertAlert(tx: Tx, incidentId: string, { alert, payload, nowMs }: Arrival): Promise<void> {
  await tx
    .insertInto('incident_alerts')
    .values({
      incident_id: incidentId,
      alert_id: alert.id,
      kind: alert.kind,
      title: alert.title,
      state: alert.state,
      usd: alert.usd ?? null,
      sent_ms: alert.sentAtMs ?? null,
      first_ms: nowMs,
      last_ms: nowMs,
      times: 1,
      digest: digestOf(alert),
      payload: payload === null ? null : payload.slice(0, MAX_PAYLOAD),
    })
    .execute();
}

/** What makes two deliveries of an alert the same news. */
function digestOf(alert: ArrivedAlert): string {
  return JSON.stringify([alert.state, alert.usd ?? null, alert.sentAtMs ?? null, [...alert.natGatewayIds].sort()]);
}

/** A line that the thread gets once, under a name of its own. Writing it again changes nothing. */
export async function addNote(
  db: StateDb | Tx,
  note: { readonly incidentId: string; readonly slot: string; readonly atMs: number; readonly says: string },
): Promise<void> {
  await db
    .insertInto('incident_notes')
    .values({ incident_id: note.incidentId, slot: note.slot, at_ms: note.atMs, says: note.says })
    .onConflict((conflict) => conflict.columns(['incident_id', 'slot']).doNothing())
    .execute();
}

const LISTS = ['natGatewayIds', 'accountIds', 'regions', 'usageTypes', 'metricNames', 'childAlarms'] as const;

/** The first alert with the lists of the later one added: one diagnosis asks about all of them. */
function merge(first: unknown, later: unknown): unknown {
  if (typeof first !== 'object' || first === null || typeof later !== 'object' || later === null) return first;
  const mine = first as Readonly<Record<string, unknown>>;
  const theirs = later as Readonly<Record<string, unknown>>;
  const lists = LISTS.map((name) => [name, [...new Set([...listOf(mine[name]), ...listOf(theirs[name])])]] as const);
  const usd = theirs.usd ?? mine.usd;
  return { ...mine, ...Object.fromEntries(lists), ...(usd === undefined ? {} : { usd }) };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function union(mine: readonly string[], theirs: readonly string[]): string {
  return JSON.stringify([...new Set([...mine, ...theirs])]);
}

async function reread(tx: Tx, id: string): Promise<Incident | undefined> {
  return readIncident(tx, id);
}
