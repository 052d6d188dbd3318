import { expect, test } from 'vitest';
import * as status from '../../commands/status.js';
import { TERMINAL } from '../../src/answers/reply.js';

const nowMs = Date.parse('2026-11-21T12:00:00Z');

test('status says how fresh the data is and how each job last ended', async () => {
  const job = {
    name: 'ingest',
    startedMs: nowMs - 180_000,
    tookMs: 2_340,
    outcome: 'failed' as const,
    detail: 'no disk',
    runs: 9,
    failures: 2,
  };
  const deps = { completeUntil: async () => '2026-11-21T11:50:00Z', jobs: async () => [job], running: () => [] };
  const reply = await status.handle(deps, { text: '', nowMs, caller: TERMINAL });
  expect(reply).toMatchObject({
    rows: [['ingest', '2026-11-21T11:57:00Z (3 minutes ago)', '2.3 s', 'failed', 'no disk', '2 of 9']],
    notes: ['Flow logs have arrived up to 2026-11-21T11:50:00Z, 10 minutes ago.'],
  });
});

test('status of a netcost that has done nothing yet says so', async () => {
  const reply = await status.handle(
    { completeUntil: async () => null, jobs: async () => [], running: () => [] },
    { text: '', nowMs, caller: TERMINAL },
  );
  expect(reply).toMatchObject({ rows: [], empty: 'No job has run yet.', notes: ['No flow logs have been read yet.'] });
});
