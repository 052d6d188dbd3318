import type { Selectable, Updateable } from 'kysely';
import type { IncidentTables } from './incident-tables.js';
import type { StateDb } from './open-state.js';

/** What people and the bytes made of an incident. A snooze is no state: it hides an open one until it expires. */
const INCIDENT_STATES = ['open', 'planned', 'not-an-issue', 'fixed', 'ended'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** One incident: one thread in Slack. Times are UTC ms, money decimal strings, teams lower case. */
export interface Incident {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly state: IncidentState;
  /** Slack id of who set the state; null where netcost did. */
  readonly stateBy: string | null;
  readonly stateMs: number;
  readonly snoozeUntilMs: number | null;
  /** Only the security team may read of it. */
  readonly isSecurity: boolean;
  /** It gathers alerts that came too many at once for a thread each. */
  readonly isBurst: boolean;
  readonly channel: string;
  /** The message of somebody else that the thread hangs below; null where netcost's headline begins it. */
  readonly threadTs: string | null;
  readonly gateways: readonly string[];
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  readonly teams: readonly string[];
  /** The alert with what later ones added: triage/alerts knows its form. */
  readonly alert: unknown;
  /** What the alerts say it costs. */
  readonly usd: string | null;
  readonly usdPerDay: string | null;
  readonly openedMs: number;
  readonly updatedMs: number;
  readonly alertCount: number;
  readonly diagnoseMs: number | null;
  readonly diagnoseWhy: string | null;
  readonly runs: number;
  /** The newest diagnosis: triage/report knows its form. */
  readonly diagnosed: unknown;
  readonly diagnosedMs: number | null;
  readonly progress: unknown;
  readonly feedback: string | null;
  readonly feedbackResult: string | null;
  readonly verdict: string | null;
  readonly trailAgainMs: number | null;
  readonly watchMs: number | null;
  readonly verdictMs: number | null;
  readonly nextMs: number | null;
  readonly wake: number;
}

/**
 * Incidents that nobody has closed, the newest first: open ones, snoozed ones among them. `teams` are those that the
 * reader may see; an incident whose owner is not known is for readers of all teams. Those for the security team are
 * left out unless asked for.
 */
export async function openIncidents(
  db: StateDb,
  teams: 'all' | readonly string[],
  options: { readonly withSecurity?: boolean } = {},
): Promise<readonly Incident[]> {
  let query = db.selectFrom('incidents').selectAll().where('state', '=', 'open');
  if (options.withSecurity !== true) query = query.where('is_security', '=', 0);
  const rows = await query.orderBy('opened_ms', 'desc').orderBy('id').execute();
  return rows.map(toIncident).filter((incident) => maySeeIncident(incident, teams));
}

/** Whether every team that the incident concerns is visible to the reader. */
export function maySeeIncident(incident: Pick<Incident, 'teams'>, teams: 'all' | readonly string[]): boolean {
  return (
    teams === 'all' || (incident.teams.length > 0 && incident.teams.every((team) => teams.includes(team.toLowerCase())))
  );
}

export async function readIncident(db: StateDb, id: string): Promise<Incident | undefined> {
  const row = await db.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toIncident(row);
}

/** The incident opened last; of those for the security team only where asked for. */
export async function lastIncident(
  db: StateDb,
  options: { readonly withSecurity?: boolean } = {},
): Promise<Incident | undefined> {
  let query = db.selectFrom('incidents').selectAll();
  if (options.withSecurity !== true) query = query.where('is_security', '=', 0);
  const row = await query.orderBy('updated_ms', 'desc').orderBy('id').limit(1).executeTakeFirst();
  return row === undefined ? undefined : toIncident(row);
}

/** Changes columns of an incident and wakes whoever works on it at `nowMs`. */
export async function changeIncident(
  db: StateDb,
  id: string,
  nowMs: number,
  change: Updateable<IncidentTables['incidents']>,
): Promise<void> {
  await db
    .updateTable('incidents')
    .set((eb) => ({ updated_ms: nowMs, next_ms: nowMs, ...change, wake: eb('wake', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

export function toIncident(row: Selectable<IncidentTables['incidents']>): Incident {
  const number = (value: number | null) => (value === null ? null : Number(value));
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    state: row.state as IncidentState,
    stateBy: row.state_by,
    stateMs: Number(row.state_ms),
    snoozeUntilMs: number(row.snooze_until_ms),
    isSecurity: Number(row.is_security) === 1,
    isBurst: Number(row.is_burst) === 1,
    channel: row.channel,
    threadTs: row.thread_ts,
    gateways: list(row.gateways),
    accounts: list(row.accounts),
    regions: list(row.regions),
    teams: list(row.teams),
    alert: JSON.parse(row.alert),
    usd: row.usd,
    usdPerDay: row.usd_per_day,
    openedMs: Number(row.opened_ms),
    updatedMs: Number(row.updated_ms),
    alertCount: Number(row.alert_count),
    diagnoseMs: number(row.diagnose_ms),
    diagnoseWhy: row.diagnose_why,
    runs: Number(row.runs),
    diagnosed: row.diagnosed === null ? null : JSON.parse(row.diagnosed),
    diagnosedMs: number(row.diagnosed_ms),
    progress: row.progress === null ? null : JSON.parse(row.progress),
    feedback: row.feedback,
    feedbackResult: row.feedback_result,
    verdict: row.verdict,
    trailAgainMs: number(row.trail_again_ms),
    watchMs: number(row.watch_ms),
    verdictMs: number(row.verdict_ms),
    nextMs: number(row.next_ms),
    wake: Number(row.wake),
  };
}

function list(text: string): readonly string[] {
  return JSON.parse(text) as string[];
}
