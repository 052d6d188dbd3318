import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { benchCache } from './generate-logs.js';
import { FIRST_MS, OBJECTS_OF_A_DAY, type ObjectsJob } from './generate-objects.js';
import { makeLogCompany, ownersYaml } from './log-company.js';

/** What was read for one question, in bytes, as Trino counts it. */
interface Measured {
  readonly question: string;
  readonly rowsBytes: number;
  readonly sumsBytes: number;
  /** Where an answer is not the embedded engine's. */
  readonly difference?: string;
}

/** Sums by the hour against the rows that they were made of, by question. */
export interface AthenaResult {
  readonly rows: number;
  readonly measured: readonly Measured[];
  /** Why nothing was measured. */
  readonly notRun?: string;
}

/** As many rows an hour as in 75M a week: where logs begin to outgrow one machine. */
const ROWS_OF_AN_HOUR = 450_000;
const HOURS = 1;
const OBJECTS_OF_AN_HOUR = OBJECTS_OF_A_DAY / 24;
/** The afternoon of the first day. */
const FIRST_OBJECT = 15 * OBJECTS_OF_AN_HOUR;
const SEED = 1;
/** What a script says that could not set its server up (test/counterparts/run.ts). */
const COULD_NOT_BE_SET_UP = 75;

/** The questions by the least that sums have to save, 0 = only told: what asks for remotes needs a row for each pair. */
export const ATHENA_QUESTIONS: Readonly<Record<string, number>> = {
  'by=team': 100,
  'team=payments by=client': 100,
  'by=service': 0,
};

/**
 * Asks Trino, set up as for `npm run test:trino`, over a dense hour of generated flow logs. Throws where an answer is
 * not the embedded engine's: less bytes for a wrong answer are no gain.
 */
export async function benchAthena(say: (line: string) => void): Promise<AthenaResult> {
  const dir = join(benchCache(), `athena-${ROWS_OF_AN_HOUR * HOURS}-${SEED}`);
  const [logs, owners] = [join(dir, 'logs'), join(dir, 'owners.yaml')];
  const rows = ROWS_OF_AN_HOUR * HOURS;
  if (!existsSync(owners)) {
    say(`Generating ${rows.toLocaleString('en')} rows in ${dir}`);
    mkdirSync(dir, { recursive: true });
    const objects = Array.from({ length: HOURS * OBJECTS_OF_AN_HOUR }, (_, i) => ({
      index: FIRST_OBJECT + i,
      rows: ROWS_OF_AN_HOUR / OBJECTS_OF_AN_HOUR,
    }));
    await generate({ dir: logs, seed: SEED, objects });
    // Last: a folder without it was left by a run that was stopped.
    writeFileSync(owners, ownersYaml(makeLogCompany(SEED)));
  }
  const fromMs = FIRST_MS + (FIRST_OBJECT / OBJECTS_OF_AN_HOUR) * 3_600_000;
  const toMs = fromMs + HOURS * 3_600_000;
  const window = [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 16)).join('..');
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const script = ['tsx', 'test/counterparts/run.ts', 'trino', '--script', 'test/counterparts/measure-rollup.ts'];
  const args = [...script, logs, owners, window, String(toMs), ...Object.keys(ATHENA_QUESTIONS)];
  const child = spawn('npx', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number>((resolve) => {
    child.once('error', () => resolve(COULD_NOT_BE_SET_UP));
    child.once('close', (status) => resolve(status ?? 1));
  });
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), code]);
  if (status === COULD_NOT_BE_SET_UP) return { rows, measured: [], notRun: stderr.trim().split('\n').at(-1) ?? '' };
  if (status !== 0) throw new Error(`The measurement on Trino ended with ${status}: ${stderr.trim().slice(-500)}`);
  const measured = (JSON.parse(stdout) as { results: Measured[] }).results;
  const wrong = measured.find(({ difference }) => difference !== undefined);
  if (wrong) throw new Error(`Wrong answer to ${wrong.question}: ${wrong.difference}`);
  return { rows, measured };
}

/** The table for people; true where a target was missed. */
export function printAthena({ rows, measured, notRun }: AthenaResult, say: (line: string) => void): boolean {
  if (notRun !== undefined) {
    say(`athena: not run: ${notRun}`);
    return false;
  }
  say(`athena: bytes read of ${rows.toLocaleString('en')} rows of an hour, and of their sums`);
  let hasMissed = false;
  for (const { question, rowsBytes, sumsBytes } of measured) {
    const times = rowsBytes / sumsBytes;
    const least = ATHENA_QUESTIONS[question] ?? 0;
    hasMissed ||= times < least;
    const verdict = least === 0 ? '-' : times >= least ? `≥ ${least}` : `MISSED ${least}`;
    say(
      `  ${question.padEnd(26)} ${String(rowsBytes).padStart(11)} ${String(sumsBytes).padStart(9)} ${times.toFixed(0).padStart(5)} × less  ${verdict}`,
    );
  }
  return hasMissed;
}

function generate(job: ObjectsJob): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./generate-objects.js', import.meta.url), { workerData: job });
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
}
