import { readFileSync } from 'node:fs';
import type { Answer } from '../src/answers/answer.js';
import { openEngine } from '../src/answers/open-engine.js';
import { BENCH_QUESTIONS, type BenchQuestion, benchTeams, textOf } from './bench-questions.js';
import type { LogTruth } from './generate-logs.js';

// A program of its own: one process that stays, as the bot does, and is asked the same kinds of question again and again.
// node ask-warm.js STORE OWNERS TRUTH REPETITIONS

/** Milliseconds of each repetition, without the first question of each kind, which stands apart. */
export interface WarmTimes {
  readonly questions: Readonly<Record<BenchQuestion, { readonly firstMs: number; readonly ms: readonly number[] }>>;
  /** What the store says and what is true, where they differ. */
  readonly wrong: readonly string[];
}

const MINUTE_MS = 60_000;

async function askWarm(store: string, owners: string, truth: LogTruth, repetitions: number): Promise<WarmTimes> {
  const engine = await openEngine({ store, owners }, { elapsedMs: () => performance.now() });
  const questions: Partial<Record<BenchQuestion, { firstMs: number; ms: number[] }>> = {};
  const wrong: string[] = [];
  const check = (what: string, got: bigint, wanted: bigint): void => {
    if (got !== wanted) wrong.push(`${what}: ${got} bytes, true are ${wanted}`);
  };
  for (const name of Object.keys(BENCH_QUESTIONS) as BenchQuestion[]) {
    const text = textOf(name, truth);
    const times = { firstMs: 0, ms: [] as number[] };
    for (let i = 0; i <= repetitions; i += 1) {
      // The clock goes on by a minute from one question to the next, so that none is answered from the one before.
      const started = performance.now();
      const answer = await engine.ask({ text, nowMs: truth.endMs - (repetitions - i) * MINUTE_MS });
      const took = performance.now() - started;
      if (i === 0) times.firstMs = took;
      else times.ms.push(took);
      if (i === repetitions) checkAnswer(name, answer, truth, check);
    }
    questions[name] = times;
  }
  await engine.close();
  return { questions: questions as WarmTimes['questions'], wrong };
}

/** The last repetition asks for whole days, of which the generator knows the bytes. */
function checkAnswer(
  name: BenchQuestion,
  answer: Answer,
  truth: LogTruth,
  check: (what: string, got: bigint, wanted: bigint) => void,
): void {
  const days = name.includes('7 d') ? 7 : 1;
  const ofTeam = (team: string): bigint =>
    (truth.bytesOfTeam[team] ?? []).slice(-days).reduce((sum, bytes) => sum + BigInt(bytes), 0n);
  const teams = Object.keys(truth.bytesOfTeam);
  const all = teams.reduce((sum, team) => sum + ofTeam(team), 0n);
  if (days === 7 && all !== BigInt(truth.bytes)) throw new Error('The truth of the logs contradicts itself.');
  const { usual, largest } = benchTeams(truth);
  const wanted = name.startsWith('team') ? ofTeam(usual) : name.startsWith('largest') ? ofTeam(largest) : all;
  check(name, answer.total.bytes, wanted);
  check(
    `${name}, its rows and the rest`,
    answer.rows.reduce((sum, row) => sum + row.bytes, answer.rest.bytes),
    answer.total.bytes,
  );
  if (name !== 'all teams 24 h') return;
  for (const team of teams) {
    check(`${name}, ${team}`, answer.rows.find((row) => row.key.team === team)?.bytes ?? 0n, ofTeam(team));
  }
}

const [store, owners, truthFile, repetitions] = process.argv.slice(2) as [string, string, string, string];
const truth = JSON.parse(readFileSync(truthFile, 'utf8')) as LogTruth;
process.stdout.write(JSON.stringify(await askWarm(store, owners, truth, Number(repetitions))));
process.exit(0);
