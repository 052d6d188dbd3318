import { DAY_MS } from '../units.js';
import { addNote } from './incident-intake.js';
import { changeIncident, type Incident } from './incidents.js';
import type { StateDb } from './open-state.js';

/** What a person decided about an incident. */
export type Decision =
  | { readonly kind: 'expected' | 'not-an-issue' | 'fixed' | 'reopen' | 'run-again' }
  | { readonly kind: 'snooze'; readonly untilMs: number };

/** How long the bytes are watched after a fix before netcost says what became of them. */
export const VERDICT_MS = DAY_MS;

/** Writes a decision down; whoever works on the incident does the rest: the headline, the word to AWS, the watching. */
export async function decide(
  db: StateDb,
  incident: Pick<Incident, 'id'>,
  decision: Decision,
  by: { readonly userId: string; readonly nowMs: number },
): Promise<void> {
  const { nowMs, userId } = by;
  const state = { state_by: userId, state_ms: nowMs, snooze_until_ms: null, verdict_ms: null, verdict: null };
  switch (decision.kind) {
    case 'expected':
      return changeIncident(db, incident.id, nowMs, { ...state, state: 'planned', feedback: 'PLANNED_ACTIVITY' });
    case 'not-an-issue':
      return changeIncident(db, incident.id, nowMs, { ...state, state: 'not-an-issue', feedback: 'NO' });
    case 'fixed':
      return changeIncident(db, incident.id, nowMs, {
        ...state,
        state: 'fixed',
        feedback: 'YES',
        verdict_ms: nowMs + VERDICT_MS,
      });
    case 'reopen':
      return changeIncident(db, incident.id, nowMs, { ...state, state: 'open', watch_ms: nowMs });
    case 'snooze':
      return changeIncident(db, incident.id, nowMs, {
        state_by: userId,
        state_ms: nowMs,
        snooze_until_ms: decision.untilMs,
      });
    case 'run-again':
      return changeIncident(db, incident.id, nowMs, { diagnose_ms: nowMs, diagnose_why: 'somebody asked' });
  }
}

/** Ends an incident that is over by itself, once, unless somebody has decided about it meanwhile. */
export async function endIncident(
  db: StateDb,
  incident: Pick<Incident, 'id'>,
  nowMs: number,
  says: string | undefined,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable('incidents')
      .set((eb) => ({
        state: 'ended',
        state_by: null,
        state_ms: nowMs,
        updated_ms: nowMs,
        next_ms: nowMs,
        snooze_until_ms: null,
        wake: eb('wake', '+', 1),
      }))
      .where('id', '=', incident.id)
      .where('state', '=', 'open')
      .returning('id')
      .executeTakeFirst();
    if (row !== undefined && says !== undefined)
      await addNote(tx, { incidentId: incident.id, slot: `ended:${nowMs}`, atMs: nowMs, says });
  });
}

/** Moves an incident to the channel of the security team: what stood elsewhere is to be withdrawn. Once. */
export async function moveToSecurity(db: StateDb, incident: Incident, channel: string, nowMs: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable('incidents')
      .set((eb) => ({
        channel,
        thread_ts: null,
        updated_ms: nowMs,
        next_ms: nowMs,
        wake: eb('wake', '+', 1),
      }))
      .where('id', '=', incident.id)
      .where('channel', '!=', channel)
      .returning('id')
      .executeTakeFirst();
    if (row === undefined) return;
    const posts = await tx.selectFrom('incident_posts').selectAll().where('incident_id', '=', incident.id).execute();
    for (const post of posts) {
      await tx
        .updateTable('incident_posts')
        .set({ slot: `withdraw:${post.slot}:${post.ts}` })
        .where('incident_id', '=', incident.id)
        .where('slot', '=', post.slot)
        .execute();
    }
  });
}
