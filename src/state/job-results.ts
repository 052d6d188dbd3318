import type { StateDb } from './open-state.js';

/** How the last run of a job ended. */
export interface JobResult {
  readonly name: string;
  readonly startedMs: number;
  readonly tookMs: number;
  readonly outcome: 'ok' | 'failed' | 'timeout';
  /** One line for a person. */
  readonly detail: string;
  readonly runs: number;
  readonly failures: number;
}

/** Keeps the result of one run, and counts it. */
export async function writeJobResult(db: StateDb, result: Omit<JobResult, 'runs' | 'failures'>): Promise<void> {
  const failed = result.outcome === 'ok' ? 0 : 1;
  const row = { started_ms: result.startedMs, took_ms: result.tookMs, outcome: result.outcome, detail: result.detail };
  await db
    .insertInto('job_results')
    .values({ name: result.name, ...row, runs: 1, failures: failed })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({
        ...row,
        runs: eb('job_results.runs', '+', 1),
        failures: eb('job_results.failures', '+', failed),
      })),
    )
    .execute();
}

export async function readJobResults(db: StateDb): Promise<readonly JobResult[]> {
  const rows = await db.selectFrom('job_results').selectAll().orderBy('name').execute();
  return rows.map((row) => ({
    name: row.name,
    startedMs: Number(row.started_ms),
    tookMs: Number(row.took_ms),
    outcome: row.outcome as JobResult['outcome'],
    detail: row.detail,
    runs: Number(row.runs),
    failures: Number(row.failures),
  }));
}
