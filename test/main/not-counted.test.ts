import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import type { Caller } from '../../src/answers/reply.js';
import { parseConfig } from '../../src/config.js';
import { SILENT } from '../../src/log.js';
import { bindHome } from '../../src/main/home.js';
import { notCountedIn } from '../../src/main/not-counted.js';
import { openStore } from '../../src/rollups/store.js';
import { homeView } from '../../src/slack/home-view.js';
import { openState, type State } from '../../src/state/open-state.js';

const ALL: Caller = { id: 'T1/U1', teams: 'all', roles: ['member'] };
const ATHENA =
  'athena: { region: us-east-1, tables: [{ name: f, location: "s3://b", accounts: ["111122223333"], regions: [us-east-1] }] }';
let dir: string;
let engine: Engine;
let state: State;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'netcost-not-counted-'));
  (await openStore(dir, { create: true })).close();
  engine = await openEngine({ store: dir }, { elapsedMs: () => 0 });
  state = await openState({ kind: 'sqlite', file: ':memory:' });
});
afterAll(async () => {
  await engine.close();
  await state.close();
  rmSync(dir, { recursive: true, force: true });
});
const whyOf = (data: string) => notCountedIn(parseConfig(`data: { ${data} }`, 'test'), engine.store);

describe('nothing is counted', () => {
  it.each([`engine: athena, ${ATHENA}`, `engine: auto, ${ATHENA}`])('with %s alone', (data) => {
    expect(whyOf(data)()).toMatchObject({ code: 'denied', message: expect.stringContaining('Athena reads them') });
  });

  it.each([
    ATHENA,
    'flowLogs: logs',
    `engine: auto, flowLogs: logs, ${ATHENA}`,
    `engine: athena, buckets: [{ name: my-logs, region: us-east-1 }], ${ATHENA}`,
  ])('but with %s it is, once it has come', (data) => {
    expect(whyOf(data)()).toBeUndefined();
  });
});

it('is said at home in place of figures, with what to do', async () => {
  const home = bindHome({
    engine,
    state,
    nowMs: () => Date.parse('2026-11-21T12:10:00Z'),
    log: SILENT,
    watches: false,
    notCounted: whyOf(`engine: athena, ${ATHENA}`),
  });
  const settings = { teams: ['payments'], zone: undefined };
  const facts = await home.facts({ caller: ALL, userId: 'U1', settings });
  const words = JSON.stringify(homeView({ ...ALL, facts, settings }).blocks);
  expect(words).toContain('⚠ netcost keeps no flow logs here: Athena reads them, question by question.');
  expect(words).toContain('name data.flowLogs, data.buckets or data.logGroups in the config');
  expect(words).not.toMatch(/\$0|nothing is known yet|nothing has been read yet/);
});
