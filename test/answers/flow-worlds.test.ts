import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/answers/answer.js';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import type { GroupKey } from '../../src/query/query.js';
import type { WorldObject } from '../fixtures/flow-world/assemble.js';
import {
  buildFlowWorld,
  type FlowWorld,
  SHAPES,
  type ShapeName,
  worldTruth,
  writeFlowWorld,
} from '../fixtures/flow-world.js';
import {
  addUnknownColumn,
  duplicateObjects,
  millisecondTimes,
  reorderColumns,
  shuffleObjects,
  shuffleRows,
  splitObjects,
  uncompressObjects,
} from '../fixtures/shuffle.js';

// The oracle is the worlds' own ledger of connections; the engine sees the rows alone.

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-worlds-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

let nth = 0;
async function open(world: FlowWorld, withInventory: boolean): Promise<Engine> {
  nth += 1;
  const files = await writeFlowWorld(world, join(root, String(nth)), { withInventory });
  return openEngine(
    { flowLogs: files.flowLogsDir, owners: files.ownersFile, ipRanges: files.ipRangesFile },
    { elapsedMs: () => 0 },
  );
}

const ask = (engine: Engine, world: FlowWorld, words: string): Promise<Answer> =>
  engine.ask({ text: `since=2026-11-21T08:00..2026-11-21T11:00 top=1000 ${words}`, nowMs: world.nowMs });

const keyOf = (key: Readonly<Record<string, unknown>>): string => Object.values(key).map(String).join(' | ');

function sums(answer: Answer): Record<string, string> {
  return Object.fromEntries(
    answer.rows.map((row) => [keyOf(row.key), `${row.bytesUp} up ${row.bytesDown} down ${row.packets} packets`]),
  );
}

function truth(world: FlowWorld, by: readonly GroupKey[]): Record<string, string> {
  const answer = worldTruth(world, { by });
  return Object.fromEntries(
    answer.rows.map((row) => [keyOf(row.key), `${row.bytesUp} up ${row.bytesDown} down ${row.packets} packets`]),
  );
}

async function expectTruth(engine: Engine, world: FlowWorld, keys: readonly GroupKey[]): Promise<void> {
  const total = await ask(engine, world, '');
  const expected = worldTruth(world).total;
  expect({ bytes: total.total.bytes, up: total.total.bytesUp, packets: total.total.packets }, 'total').toEqual({
    bytes: expected.bytes,
    up: expected.bytesUp,
    packets: expected.packets,
  });
  for (const key of keys) {
    const answer = await ask(engine, world, `by=${key}`);
    expect(sums(answer), `by=${key}`).toEqual(truth(world, [key]));
    const parts = answer.rows.reduce((sum, row) => sum + row.bytes, 0n) + answer.rest.bytes;
    expect(parts, `rows + rest of by=${key}`).toBe(answer.total.bytes);
  }
  const { skipDataRows, noDataRows, rejectedFlows } = world.coverage;
  expect(total.coverage).toMatchObject({ skipDataRows, noDataRows, rejectedFlows });
}

const names = Object.keys(SHAPES) as ShapeName[];
describe.each(names)('flow logs of the shape %s', (shape) => {
  it.each(['1', '2', '3', '4'])('are answered as the ledger says, seed %s, with the inventory', async (seed) => {
    const world = buildFlowWorld(shape, seed);
    const engine = await open(world, true);
    try {
      await expectTruth(engine, world, [...world.sureKeys, ...world.sureWithInventory]);
    } finally {
      await engine.close();
    }
  });
});

// Secondary addresses are found from the rows too, although not with certainty in every bucket.
const enoughRows = names.filter(
  (name) => name === 'secondary-addresses' || buildFlowWorld(name, '1').inventory !== 'needed',
);
describe.each(enoughRows)('flow logs of the shape %s without an inventory', (shape) => {
  it.each(['1', '2', '3'])('are answered from the rows alone, seed %s', async (seed) => {
    const world = buildFlowWorld(shape, seed);
    const engine = await open(world, false);
    try {
      await expectTruth(engine, world, world.sureKeys);
    } finally {
      await engine.close();
    }
  });
});

const CHANGES: Readonly<Record<string, (objects: readonly WorldObject[], seed: string) => readonly WorldObject[]>> = {
  'rows in another order': shuffleRows,
  'objects in another order': shuffleObjects,
  'objects cut in pieces': splitObjects,
  'objects delivered twice': duplicateObjects,
  'columns in another order': reorderColumns,
  'no compression': uncompressObjects,
  'a column that nobody knows': addUnknownColumn,
  'times in milliseconds': millisecondTimes,
};

describe.each(Object.entries(CHANGES))('%s', (_name, change) => {
  it.each(['plain', 'whole-vpc', 'overlap'] as const)('changes no answer over %s', async (shape) => {
    const world = buildFlowWorld(shape, '7');
    const engine = await open({ ...world, objects: change(world.objects, 'change') }, true);
    try {
      await expectTruth(engine, world, ['team', 'client', 'direction', 'service']);
    } finally {
      await engine.close();
    }
  });
});
