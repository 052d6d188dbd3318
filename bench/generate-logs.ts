import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FIRST_MS, OBJECTS_OF_A_DAY, type ObjectsJob, type ObjectsTruth } from './generate-objects.js';
import { makeLogCompany, ownersYaml } from './log-company.js';

/** Bulk logs in the cache folder, with what is true of them. */
export interface BulkLogs {
  /** Everything of these logs, stores made of them included. */
  readonly dir: string;
  /** Seven days. */
  readonly logs: string;
  /** The hours after them, to be ingested while questions are asked; as dense. */
  readonly later: string;
  readonly owners: string;
  readonly truth: LogTruth;
}

export interface LogTruth {
  readonly rows: number;
  readonly objects: number;
  readonly textBytes: number;
  readonly gzipBytes: number;
  readonly laterRows: number;
  /** The moment after the last row of the seven days, UTC ms. */
  readonly endMs: number;
  /** Bytes that the gateways processed, as decimal text: of everything, and of each team by day. */
  readonly bytes: string;
  readonly bytesOfTeam: Readonly<Record<string, readonly string[]>>;
}

const DAYS = 7;
const LATER_OBJECTS = 144;
const THREADS = 2;
/** Changes with the generator, so that nobody measures logs of an older one. */
const FORM = 1;

/**
 * Realistic flow logs in bulk: version 5, all fields in AWS's default order, three NAT gateways, four legs for each
 * connection, the shape of days, sticky pairs, refused and empty rows, five-minute objects in AWS's key layout. The
 * same rows and seed give the same bytes. Made once (10M rows take about a minute) and kept in the cache folder.
 */
export async function generateLogs(input: {
  readonly rows: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}): Promise<BulkLogs> {
  const dir = join(benchCache(), `${input.rows}-${input.seed}`);
  const [logs, later, owners, truthFile] = ['logs', 'later', 'owners.yaml', `truth-${FORM}.json`].map((name) =>
    join(dir, name),
  ) as [string, string, string, string];
  if (!existsSync(truthFile)) {
    input.say(`Generating ${input.rows.toLocaleString('en')} rows in ${dir}`);
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    const shares = objectShares();
    const objects = shares.map((share, index) => ({ index, rows: Math.round(input.rows * share) }));
    const ofWeek = await writeInThreads(logs, input.seed, objects);
    const next = objects.slice(0, LATER_OBJECTS).map(({ rows }, i) => ({ index: objects.length + i, rows }));
    const ofLater = await writeInThreads(later, input.seed, next);
    const company = makeLogCompany(input.seed);
    writeFileSync(owners, ownersYaml(company));
    const truth: LogTruth = {
      rows: ofWeek.rows,
      objects: objects.length,
      textBytes: ofWeek.textBytes,
      gzipBytes: ofWeek.gzipBytes,
      laterRows: ofLater.rows,
      endMs: FIRST_MS + DAYS * 86_400_000,
      bytes: String(ofWeek.bytes.flat().reduce((sum, bytes) => sum + bytes, 0n)),
      bytesOfTeam: Object.fromEntries(
        company.teams.map((team, i) => [team, ofWeek.bytes.map((ofDay) => String(ofDay[i]))]),
      ),
    };
    // Last and whole: a folder without it was left by a run that was stopped.
    writeFileSync(`${truthFile}.tmp`, JSON.stringify(truth));
    renameSync(`${truthFile}.tmp`, truthFile);
  }
  return { dir, logs, later, owners, truth: JSON.parse(readFileSync(truthFile, 'utf8')) as LogTruth };
}

/** Where logs, stores and results of benchmarks are kept; free to be removed. */
export function benchCache(): string {
  return join(tmpdir(), 'netcost-bench');
}

/** The share of each object of the week: little at night, most in the afternoon. */
function objectShares(): number[] {
  const weights = Array.from({ length: DAYS * OBJECTS_OF_A_DAY }, (_, i) => {
    const hour = (i % OBJECTS_OF_A_DAY) / 12;
    return 1 + 0.55 * Math.sin(((hour - 9) / 24) * 2 * Math.PI);
  });
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / all);
}

async function writeInThreads(dir: string, seed: number, objects: ObjectsJob['objects']): Promise<ObjectsTruth> {
  const parts = await Promise.all(
    Array.from({ length: THREADS }, (_, thread) =>
      runThread({ dir, seed, objects: objects.filter((_, i) => i % THREADS === thread) }),
    ),
  );
  const days = Math.max(...parts.map((part) => part.bytes.length));
  const add = (of: (part: ObjectsTruth) => number): number => parts.reduce((sum, part) => sum + of(part), 0);
  return {
    rows: add((part) => part.rows),
    textBytes: add((part) => part.textBytes),
    gzipBytes: add((part) => part.gzipBytes),
    bytes: Array.from({ length: days }, (_, day) => addUp(parts.map((part) => part.bytes[day] ?? []))),
  };
}

const addUp = (lists: readonly (readonly bigint[])[]): bigint[] =>
  Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, i) =>
    lists.reduce((sum, list) => sum + (list[i] ?? 0n), 0n),
  );

function runThread(job: ObjectsJob): Promise<ObjectsTruth> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./generate-objects.js', import.meta.url), { workerData: job });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      if (code !== 0) reject(new Error(`A thread that generates logs ended with ${code}.`));
    });
  });
}
