import { cpSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { RawTime } from './ask-raw.js';
import type { WarmTimes } from './ask-warm.js';
import type { LoopDelay } from './ask-while-ingesting.js';
import { BENCH_QUESTIONS, type BenchQuestion, benchTeams, median, percentile, textOf } from './bench-questions.js';
import { runScript, timeScript, timeShell } from './child-process.js';
import { ENGINE_TARGETS, judge } from './engine-targets.js';
import { type BulkLogs, benchCache, generateLogs } from './generate-logs.js';

export const ENGINE_PARTS = ['ingest', 'questions', 'raw', 'cold', 'loop'] as const;
export type EnginePart = (typeof ENGINE_PARTS)[number];

export interface EngineOptions {
  readonly rows: readonly number[];
  /** Whole runs; the figures are their medians. */
  readonly repeats: number;
  /** All parts where empty. */
  readonly only: readonly EnginePart[];
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface EngineResult {
  readonly rows: number;
  /** By the name of the line in the table; what was not measured is not there. */
  readonly figures: Readonly<Record<string, number>>;
  /** What else was seen, in seconds and megabytes: the floor itself, CPU time, medians. */
  readonly details: Readonly<Record<string, number>>;
  readonly missed: readonly string[];
  /** Answers that are not what the generator knows to be true. */
  readonly wrong: readonly string[];
}

/** The floor: the same objects decompressed and counted by tools that everybody has. */
const FLOOR = `find "$1" -name '*.log.gz' -print0 | sort -z | xargs -0 -P2 -n126 gzip -dc | wc -l`;
const INTO_PAGE_CACHE = `find "$1" -type f -print0 | xargs -0 cat > /dev/null`;
const REPETITIONS = 30;
const COLD_RUNS = 8;

type Figures = Map<string, number>;

/**
 * Measures the engine over generated logs, from gzip objects to answers, each program in a process of its own; prints a
 * table with must and aim and writes the figures as JSON beside the logs. Answers are compared with what the generator
 * knows: a fast wrong path is a failure.
 */
export async function benchEngine(options: EngineOptions): Promise<EngineResult[]> {
  const results: EngineResult[] = [];
  for (const rows of options.rows) {
    const logs = await generateLogs({ rows, seed: options.seed, say: options.say });
    const result = await benchRows(logs, options);
    const name = ['engine', rows, ...options.only].join('-');
    writeFileSync(join(benchCache(), `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
    options.say(tableText(result));
    results.push(result);
  }
  return results;
}

async function benchRows(logs: BulkLogs, { repeats, only, say }: EngineOptions): Promise<EngineResult> {
  const has = (part: EnginePart): boolean => only.length === 0 || only.includes(part);
  const store = join(logs.dir, 'store');
  const wrong: string[] = [];
  const runs: Figures[] = [];
  const details: Figures[] = [];
  await timeShell(INTO_PAGE_CACHE, [logs.logs]);
  for (let run = 0; run < repeats; run += 1) {
    const figures: Figures = new Map();
    // Two cores are all there is: with a load before the run begins, only the answers are worth looking at.
    const seen: Figures = new Map([['load average before the run', loadavg()[0]!]]);
    if (has('ingest')) await measureIngest(logs, store, figures, seen, wrong);
    else if (!existsSync(store))
      await timeScript('netcost/cli.js', ['ingest', '--flow-logs', logs.logs, '--store', store]);
    if (has('questions')) await measureQuestions(logs, store, figures, seen, wrong);
    if (has('raw') && run === 0) await measureRaw(logs, seen, wrong);
    if (has('cold')) await measureCold(logs, store, figures, seen, wrong);
    if (has('loop')) await measureLoop(logs, store, figures, seen);
    runs.push(figures);
    details.push(seen);
    say(`run ${run + 1} of ${repeats}: ${[...figures].map(([name, value]) => `${name} ${shown(value)}`).join('; ')}`);
  }
  const figures = medians(runs);
  const medianDetails = medians(details);
  const raw = medianDetails.get('raw objects, seconds');
  const same = medianDetails.get('team 24 h by remote, p50');
  if (raw !== undefined && same !== undefined) figures.set('than DuckDB over the objects', (raw * 1000) / same);
  const { rows } = logs.truth;
  const missed = ENGINE_TARGETS.filter(
    (target) => figures.has(target.name) && judge(target, figures.get(target.name)!, rows) === 'MISSED',
  ).map(({ name }) => name);
  return { rows, figures: Object.fromEntries(figures), details: Object.fromEntries(medianDetails), missed, wrong };
}

async function measureIngest(
  { logs, truth }: BulkLogs,
  store: string,
  figures: Figures,
  seen: Figures,
  wrong: string[],
): Promise<void> {
  const floor = await timeShell(FLOOR, [logs]);
  const lines = Number(floor.stdout);
  if (lines !== truth.rows + truth.objects) wrong.push(`The floor counts ${lines} lines of ${truth.rows} rows.`);
  rmSync(store, { recursive: true, force: true });
  const ingest = await runScript('netcost/cli.js', ['ingest', '--flow-logs', logs, '--store', store, '--json']);
  const { rows } = JSON.parse(ingest.stdout) as { rows: number };
  if (rows !== truth.rows) wrong.push(`ingest: ${rows} rows, true are ${truth.rows}`);
  figures.set('ingest', ingest.wallMs / floor.wallMs);
  figures.set('ingest, peak memory', ingest.peakMb);
  figures.set('stored per raw row', bytesBelow(store) / truth.rows);
  seen.set('floor, seconds', floor.wallMs / 1000);
  seen.set('ingest, seconds', ingest.wallMs / 1000);
  seen.set('ingest, CPU seconds', ingest.cpuSeconds);
  seen.set('ingest, million rows a second', truth.rows / ingest.wallMs / 1000);
}

async function measureQuestions(
  { dir, owners }: BulkLogs,
  store: string,
  figures: Figures,
  seen: Figures,
  wrong: string[],
): Promise<void> {
  const ended = await runScript('bench/ask-warm.js', [store, owners, truthFile(dir), String(REPETITIONS)]);
  const warm = JSON.parse(ended.stdout) as WarmTimes;
  wrong.push(...warm.wrong);
  for (const name of Object.keys(BENCH_QUESTIONS) as BenchQuestion[]) {
    const { firstMs, ms } = warm.questions[name];
    figures.set(`${name}, p95`, percentile(ms, 0.95));
    seen.set(`${name}, p50`, median(ms));
    seen.set(`${name}, first`, firstMs);
  }
  figures.set('query process, peak memory', ended.peakMb);
}

async function measureRaw({ dir, logs, owners, truth }: BulkLogs, seen: Figures, wrong: string[]): Promise<void> {
  const raw = JSON.parse((await runScript('bench/ask-raw.js', [logs, owners, truthFile(dir)])).stdout) as RawTime;
  const wanted = truth.bytesOfTeam[benchTeams(truth).usual]!.at(-1);
  if (raw.bytes !== wanted) wrong.push(`raw objects: ${raw.bytes} bytes, true are ${wanted}`);
  seen.set('raw objects, seconds', raw.ms / 1000);
}

/**
 * Fresh processes, one after another, as a person types them. Without NODE_EXTRA_CA_CERTS: Node reads the certificates
 * that it names before any program's first line (55 to 80 ms), and a question about a store opens no connection. Where a
 * shell has it, what it makes of the same question is `seen`.
 */
async function measureCold(
  { owners, truth }: BulkLogs,
  store: string,
  figures: Figures,
  seen: Figures,
  wrong: string[],
): Promise<void> {
  const question = textOf('team 24 h by remote', truth);
  const now = new Date(truth.endMs).toISOString();
  const { NODE_EXTRA_CA_CERTS: certificates, ...plain } = process.env;
  const environments = certificates === undefined ? [plain] : [plain, process.env];
  const times = environments.map((): number[] => []);
  for (let run = 0; run <= COLD_RUNS; run += 1) {
    for (const [i, env] of environments.entries()) {
      const ended = await timeScript(
        'netcost/cli.js',
        ['ask', ...question.split(' '), '--store', store, '--owners', owners, '--now', now, '--json'],
        env,
      );
      const { total } = JSON.parse(ended.stdout) as { total: { bytes: number | string } };
      const wanted = truth.bytesOfTeam[benchTeams(truth).usual]!.at(-1);
      if (String(total.bytes) !== wanted) wrong.push(`cold: ${total.bytes} bytes, true are ${wanted}`);
      // The first run only brings the program into the page cache.
      if (run > 0) times[i]!.push(ended.wallMs);
    }
  }
  figures.set('cold netcost ask --store', median(times[0]!));
  if (times[1] !== undefined) seen.set('cold, with the certificates of NODE_EXTRA_CA_CERTS', median(times[1]));
}

async function measureLoop(
  { dir, owners, later }: BulkLogs,
  store: string,
  figures: Figures,
  seen: Figures,
): Promise<void> {
  const live = `${store}-live`;
  rmSync(live, { recursive: true, force: true });
  cpSync(store, live, { recursive: true });
  const ended = await runScript('bench/ask-while-ingesting.js', [live, owners, later, truthFile(dir)]);
  rmSync(live, { recursive: true, force: true });
  const delay = JSON.parse(ended.stdout) as LoopDelay;
  figures.set('event loop in the bot, p99', delay.loopDelayP99Ms);
  figures.set('event loop in the bot, max', delay.loopDelayMaxMs);
  figures.set('20 questions at once, slowest', delay.slowestAnswerMs);
  seen.set('20 questions at once, median', delay.medianAnswerMs);
  seen.set('20 questions at once, rows ingested meanwhile', delay.rows);
  seen.set('20 questions at once, ingest was longer (1 = yes)', delay.isOverlapping ? 1 : 0);
}

const truthFile = (dir: string): string => join(dir, readdirSync(dir).find((name) => name.startsWith('truth-'))!);

function bytesBelow(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function medians(runs: readonly Figures[]): Figures {
  const names = new Set(runs.flatMap((run) => [...run.keys()]));
  return new Map([...names].map((name) => [name, median(runs.flatMap((run) => run.get(name) ?? []))]));
}

function shown(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The lines that were measured, in columns; then what else was seen; then what is wrong. */
function tableText({ rows, figures, details, wrong }: EngineResult): string {
  const lines = ENGINE_TARGETS.filter(({ name }) => figures[name] !== undefined).map((target) => {
    const sign = target.isAtLeast ? '≥ ' : '≤ ';
    const bound = (value: number | undefined): string => (value === undefined ? '' : `${sign}${value}`);
    const value = figures[target.name]!;
    return [target.name, target.unit, bound(target.must), bound(target.aim), shown(value), judge(target, value, rows)];
  });
  const table = [['', 'unit', 'must', 'aim', 'measured', 'ok'], ...lines];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const text = table.map((line) =>
    line
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const more = Object.entries(details).map(([name, value]) => `  ${name}: ${shown(value)}`);
  const errors = wrong.map((what) => `WRONG ${what}`);
  return [`\n${rows.toLocaleString('en')} rows`, ...text, 'seen:', ...more, ...errors, ''].join('\n');
}
