import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { openEngine } from '../src/answers/open-engine.js';
import { ingestFolder } from '../src/rollups/ingest.js';
import type { LogTruth } from './generate-logs.js';

// A program of its own: a warm bot that brings in the newest hours and is asked twenty questions at once meanwhile.
// node ask-while-ingesting.js STORE OWNERS LATER TRUTH; STORE is changed.

export interface LoopDelay {
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
  readonly slowestAnswerMs: number;
  readonly medianAnswerMs: number;
  readonly ingestMs: number;
  readonly rows: number;
  /** Whether the ingest was still running when the last answer came: only then is it what it says. */
  readonly isOverlapping: boolean;
}

const PEOPLE = 20;
/** What people ask: their own team mostly, one in five everybody. */
const KINDS = [
  'team=TEAM since=24h by=service',
  'team=TEAM since=24h by=remote',
  'team=TEAM since=7d by=service',
  'team=TEAM since=24h by=hour',
  'since=24h by=team',
];
const RESOLUTION_MS = 5;
/** Nobody asks at midnight sharp: the window's ends come from fine rows. */
const ASKED_BEFORE_END_MS = 37 * 60_000;
/** How long before all ask at once each has asked alone. */
const ASKED_BEFORE_MS = 10 * 60_000;
/** So that the ingest is at work when the questions come. */
const BEFORE_QUESTIONS_MS = 300;

async function askWhileIngesting(store: string, owners: string, later: string, truth: LogTruth): Promise<LoopDelay> {
  const elapsedMs = (): number => performance.now();
  const engine = await openEngine({ store, owners }, { elapsedMs });
  const teams = Object.keys(truth.bytesOfTeam);
  const questions = Array.from({ length: PEOPLE }, (_, i) =>
    KINDS[i % KINDS.length]!.replace('TEAM', teams[i % teams.length]!),
  );
  const nowMs = truth.endMs - ASKED_BEFORE_END_MS;
  // Warm: these people have asked before, some minutes ago.
  for (const text of questions) await engine.ask({ text, nowMs: nowMs - ASKED_BEFORE_MS });

  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  const started = elapsedMs();
  let ingestMs = 0;
  const ingest = ingestFolder(engine.store.catalog, { flowLogs: later, keepLoopFree: true, elapsedMs }).then(
    (report) => {
      ingestMs = elapsedMs() - started;
      return report;
    },
  );
  await delay(BEFORE_QUESTIONS_MS);
  const times = await Promise.all(
    questions.map(async (text) => {
      const asked = elapsedMs();
      await engine.ask({ text, nowMs });
      return elapsedMs() - asked;
    }),
  );
  const answeredMs = elapsedMs() - started;
  const { rows } = await ingest;
  await engine.store.settle();
  // A stall is only seen when the loop turns again.
  await delay(4 * RESOLUTION_MS);
  loop.disable();
  await engine.close();
  times.sort((a, b) => a - b);
  return {
    loopDelayP99Ms: Math.max(0, loop.percentile(99) / 1e6 - RESOLUTION_MS),
    loopDelayMaxMs: Math.max(0, loop.max / 1e6 - RESOLUTION_MS),
    slowestAnswerMs: times.at(-1)!,
    medianAnswerMs: times[times.length >> 1]!,
    ingestMs,
    rows,
    isOverlapping: answeredMs <= ingestMs,
  };
}

const [store, owners, later, truthFile] = process.argv.slice(2) as [string, string, string, string];
const truth = JSON.parse(readFileSync(truthFile, 'utf8')) as LogTruth;
process.stdout.write(JSON.stringify(await askWhileIngesting(store, owners, later, truth)));
process.exit(0);
