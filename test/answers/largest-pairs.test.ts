import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import type { GroupKey } from '../../src/query/query.js';
import {
  buildFlowWorld,
  type FlowWorld,
  SHAPES,
  type ShapeName,
  worldTruth,
  writeFlowWorld,
} from '../fixtures/flow-world.js';

// The largest pairs are found by one sum each, and all else is asked of their clients alone. What all pairs are is held
// to the ledger in flow-worlds.test.ts; here the few are held to them, and the total to the question without a key.

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-pairs-test-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

const [FROM, TO] = ['2026-11-21T08:10:00Z', '2026-11-21T10:50:00Z'];
const WINDOW = `since=${FROM}..${TO}`;
const stretch = { fromMs: Date.parse(FROM), toMs: Date.parse(TO) };

/** Whether rows and inventory tell a key for certain. */
const isSure = (world: FlowWorld, key: GroupKey): boolean =>
  (key === 'pair' ? ['client', 'remote'] : [key]).every((one) =>
    [...world.sureKeys, ...world.sureWithInventory].includes(one as GroupKey),
  );

const bytesOf = (rows: readonly { readonly key: Readonly<Record<string, unknown>>; readonly bytes: bigint }[]) =>
  new Map(rows.map(({ key, bytes }) => [Object.values(key).map(String).join(' '), bytes]));

describe.each(Object.keys(SHAPES) as ShapeName[])('pairs of the shape %s', (shape) => {
  it('have sums, a rest, a total and a number of groups as they are', async () => {
    const world = buildFlowWorld(shape, 'pairs');
    const files = await writeFlowWorld(world, join(root, shape));
    const engine = await openEngine({ flowLogs: files.flowLogsDir, owners: files.ownersFile }, { elapsedMs: () => 0 });
    try {
      const ask = (words: string) => engine.ask({ text: `${WINDOW} ${words}`, nowMs: world.nowMs });
      const whole = await ask('');
      for (const by of ['pair', 'client,remote']) {
        const few = await ask(`by=${by} top=3`);
        const all = await ask(`by=${by} top=1000`);
        expect(few.total).toEqual(whole.total);
        expect(few.rows.map(({ usd: _usd, ...row }) => row)).toEqual(
          all.rows.slice(0, 3).map(({ usd: _usd, ...row }) => row),
        );
        expect(few.rest.groups).toBe(Math.max(0, all.rows.length - 3));
        expect(few.rest.bytes).toBe(all.rows.slice(3).reduce((sum, row) => sum + row.bytes, 0n));
        expect(all.rows.reduce((sum, row) => sum + row.flows, 0n)).toBe(whole.total.flows);
        const keys = by.split(',') as GroupKey[];
        if (keys.every((key) => isSure(world, key)))
          expect(bytesOf(all.rows)).toEqual(bytesOf(worldTruth(world, { ...stretch, by: keys }).rows));
      }
    } finally {
      await engine.close();
    }
  });
});
