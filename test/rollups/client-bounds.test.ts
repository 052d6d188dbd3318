import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import { partsByClient } from '../../src/rollups/client-bounds.js';
import { EVERYTHING, legRelation } from '../../src/rollups/relations.js';
import { buildFlowWorld, writeFlowWorld } from '../fixtures/flow-world.js';

let root: string;
let engine: Engine;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-bounds-test-'));
  const { flowLogsDir } = await writeFlowWorld(buildFlowWorld('plain', 'bounds'), root);
  engine = await openEngine({ flowLogs: flowLogsDir }, { elapsedMs: () => 0 });
});
afterAll(async () => {
  await engine.close();
  await rm(root, { recursive: true, force: true });
});

it.each([1, 7, 40, 1_000_000])(
  'cuts legs by client, %s at once: nothing is lost, and no client is in two parts',
  async (atOnce) => {
    const { store } = engine;
    const snapshot = await store.snapshot();
    const stretch = { fromMinute: 0, toMinute: 100_000_000 };
    const legs = legRelation(store.catalog.dir, snapshot, stretch, EVERYTHING);
    const clientsOf = async (relation: string): Promise<string[]> =>
      (
        await store.query(`select near, count(*), sum(bytes)::varchar from ${relation} group by near order by near`)
      ).map((row) => row.join(' '));
    const parts = await partsByClient(store, snapshot, stretch, legs, atOnce);
    const found = (await Promise.all(parts.map(clientsOf))).flat();
    expect(found.length).toBeGreaterThan(1);
    expect(found).toEqual(await clientsOf(legs));
    if (atOnce === 1_000_000) expect(parts).toEqual([legs]);
  },
);
