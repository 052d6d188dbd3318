import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import { randomFor } from '../../src/demo/random.js';
import { writeDemo } from '../../src/demo/write-demo.js';

const KILLS = Number(process.env.NETCOST_KILLS ?? 20);
const NOW = Date.parse('2026-11-21T12:00:00Z');
const QUESTIONS = [
  'since=3d by=client top=1000',
  'since=3d by=pair top=1000',
  'since=3d by=hour top=1000',
  'since=50h by=port',
];

let root: string;
let flowLogs: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-kill-'));
  const demo = await writeDemo({ dir: join(root, 'demo'), nowMs: NOW, seed: 'kill', days: 2 });
  flowLogs = demo.flowLogsDir;
}, 120_000);
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Runs the ingest; kills it so many ms after it began. True where it was faster than that. */
function ingest(dir: string, killAfterMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/rollups/ingest-child.ts', flowLogs, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let isDone = false;
    child.stdout.on('data', (data: Buffer) => {
      const text = data.toString();
      if (text.includes('begun')) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      if (text.includes('done')) isDone = true;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the ingest ended with ${code}`));
      else resolve(isDone);
    });
  });
}

async function answers(sources: { flowLogs?: string; store?: string }): Promise<unknown> {
  const engine = await openEngine(sources, { elapsedMs: () => 0 });
  try {
    const found = [];
    for (const text of QUESTIONS) {
      const { rows, rest, total, coverage } = await engine.ask({ text, nowMs: NOW });
      found.push({ rows, rest, total, coverage });
    }
    return found;
  } finally {
    await engine.close();
  }
}

it(`an ingest killed ${KILLS} times at random moments answers like an undisturbed one`, async () => {
  const random = randomFor('kills');
  const undisturbed = await answers({ flowLogs });
  let dir = join(root, 'store-0');
  let finished = 0;
  for (let kills = 0; kills < KILLS; ) {
    const isDone = await ingest(dir, random.between(0, 1500));
    if (!isDone) {
      kills += 1;
      continue;
    }
    expect(await answers({ store: dir })).toEqual(undisturbed);
    finished += 1;
    await rm(dir, { recursive: true, force: true });
    dir = join(root, `store-${finished}`);
  }
  while (!(await ingest(dir, 600_000))) finished += 0;
  expect(await answers({ store: dir })).toEqual(undisturbed);
}, 3_600_000);
