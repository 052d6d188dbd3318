import type { StateDb } from './open-state.js';

/** A question that is being worked on: what a restart has to excuse itself for. */
export interface OpenRun {
  readonly id: string;
  /** Where the waiting line stands; the Slack side knows its form. */
  readonly place: unknown;
  readonly question: string;
  readonly startedMs: number;
}

export async function beginRun(db: StateDb, run: OpenRun): Promise<void> {
  await db
    .insertInto('runs')
    .values({ id: run.id, place: JSON.stringify(run.place), question: run.question, started_ms: run.startedMs })
    .execute();
}

export async function endRun(db: StateDb, id: string): Promise<void> {
  await db.deleteFrom('runs').where('id', '=', id).execute();
}

/** Takes the runs that an earlier process left behind, the oldest first. Each is given once. */
export async function takeAbandonedRuns(db: StateDb): Promise<readonly OpenRun[]> {
  const rows = await db.deleteFrom('runs').returningAll().execute();
  return rows
    .map((row) => ({
      id: row.id,
      place: JSON.parse(row.place) as unknown,
      question: row.question,
      startedMs: Number(row.started_ms),
    }))
    .sort((a, b) => a.startedMs - b.startedMs);
}
