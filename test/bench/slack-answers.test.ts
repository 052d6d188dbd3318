import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { SlackAnswersResult } from '../../bench/slack-answers.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

// The limits of the benchmark itself (p95 150 ms, loop delay p99 20 ms and at most 100 ms) hold on a machine that does
// nothing else; a test that shares two cores allows for that, and still fails where answering blocks or waits.
test('from slash command to answer on the demo data it takes a fraction of a second, and the loop goes on turning', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/bench/run.js', 'slack-answers'], { cwd: root });
  const result = JSON.parse(stdout) as SlackAnswersResult;
  expect(result.questions).toBe(120);
  expect(result.p50Ms).toBeLessThan(400);
  expect(result.p95Ms).toBeLessThan(1_500);
  expect(result.loopDelayP99Ms).toBeLessThan(250);
}, 90_000);
