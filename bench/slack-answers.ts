import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SILENT } from '../src/log.js';
import { runDemo } from '../src/main/demo.js';

/** What the benchmark of the way from slash command to answer found. Milliseconds. */
export interface SlackAnswersResult {
  readonly questions: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  /** The same way with `/netcost help`, which asks no engine: what Slack's protocol alone costs in this run. */
  readonly floorP50Ms: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
}

const PERSON = 'U0DANA001';
const CHANNEL = 'C0COSTS01';
const QUESTIONS = [
  'since=24h by=team',
  'team=payments since=24h by=service',
  'since=7d by=service',
  'since=7d by=day',
  'since=24h by=client top=20',
  'since=24h by=team,service',
  'since=24h by=team compare=previous',
  'since=1h by=remote',
];
/** Finer than the delays that are looked for, coarse enough not to be the load itself. */
const RESOLUTION_MS = 5;

/**
 * Asks the demo through the real Slack app over signed HTTP, one question after the other, and takes the time until the
 * answer stands in the channel. The event loop is that of the bot and of the workspace together.
 */
export async function benchSlackAnswers(rounds: number): Promise<SlackAnswersResult> {
  const signal = new AbortController().signal;
  const demo = await runDemo(
    { port: 0 },
    { nowMs: () => Date.now(), elapsedMs: () => performance.now(), log: SILENT, signal },
  );
  try {
    const { room, acts } = demo.workspace;
    const once = async (question: string): Promise<number> => {
      const started = performance.now();
      const answered = new Promise<number>((resolve) => {
        const stop = room.subscribe((event) => {
          if (event.kind !== 'message' || event.message.text.startsWith('Reading')) return;
          stop();
          resolve(performance.now());
        });
      });
      await acts.say(PERSON, CHANNEL, undefined, `/netcost ${question}`);
      return (await answered) - started;
    };
    for (const question of [...QUESTIONS, 'help']) await once(question);
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    const times: number[] = [];
    const floor: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const question of QUESTIONS) times.push(await once(question));
      floor.push(await once('help'));
    }
    delay.disable();
    return {
      questions: times.length,
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
      maxMs: percentile(times, 1),
      floorP50Ms: percentile(floor, 0.5),
      loopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
      loopDelayMaxMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
    };
  } finally {
    await demo.stop();
  }
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
