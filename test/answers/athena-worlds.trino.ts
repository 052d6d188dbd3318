import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskAthenaDeps, askAthena } from '../../src/answers/ask-athena.js';
import type { ResultRow } from '../../src/answers/athena-port.js';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import type { InventoryFiles } from '../../src/attribution/inventory-files.js';
import { inventoryBorders } from '../../src/query/athena/inventory-borders.js';
import { answerJson } from '../../src/terminal/answer-json.js';
import { buildFlowWorld, SHAPES, type ShapeName, worldTruth, writeFlowWorld } from '../fixtures/flow-world.js';
import { runOnTrino } from '../fixtures/trino.js';
import { makeTrinoTables } from '../fixtures/trino-tables.js';

// The same questions over the same bucket: the embedded engine reads the objects, Trino runs the Athena statement over
// tables of them. All of the answer has to be the same, its coverage and caveats too; the total is held to the ledger.

let root: string;
let nth = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-athena-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function open(shape: ShapeName, seed: string, file: 'as-is' | 'parquet', withInventory: boolean) {
  nth += 1;
  const world = buildFlowWorld(shape, seed);
  const files = await writeFlowWorld(world, join(root, String(nth)), { withInventory });
  const engine = await openEngine(
    { flowLogs: files.flowLogsDir, owners: files.ownersFile, ipRanges: files.ipRangesFile },
    { elapsedMs: () => 0 },
  );
  const tables = await makeTrinoTables(`w${nth}_${process.pid}`, files.flowLogsDir, file);
  return { world, engine, deps: athenaOver(engine, tables) };
}

function athenaOver(engine: Engine, tables: AskAthenaDeps['tables']): AskAthenaDeps {
  const inventory = engine.store.catalog.meta('inventory');
  const kept = new Map<string, { atMs: number; rows: readonly ResultRow[] }>();
  return {
    tables,
    naming: engine.naming,
    inventory: engine.store.inventory,
    inventoryBorders: inventory ? inventoryBorders(JSON.parse(inventory) as InventoryFiles) : [],
    run: runOnTrino,
    book: {
      read: async (key) => kept.get(key),
      write: async (key, atMs, rows) => void kept.set(key, { atMs, rows }),
    },
    elapsedMs: () => 0,
  };
}

const WINDOW = 'since=2026-11-21T08:00..2026-11-21T11:00';

/** An answer as the contract's JSON, without what an engine says of itself. */
function documentOf(answer: Parameters<typeof answerJson>[0]): Record<string, unknown> {
  const { cost: _cost, tookMs: _tookMs, ...rest } = JSON.parse(answerJson(answer)) as Record<string, unknown>;
  return rest;
}

async function expectSame(
  { world, engine, deps }: Awaited<ReturnType<typeof open>>,
  questions: readonly string[],
): Promise<void> {
  const { bytes } = worldTruth(world).total;
  for (const words of questions) {
    const input = { text: `${WINDOW}${words.includes('top=') ? '' : ' top=1000'} ${words}`, nowMs: world.nowMs };
    const [embedded, athena] = [await engine.ask(input), await askAthena(deps, input)];
    expect(documentOf(athena), words).toEqual(documentOf(embedded));
    if (!words.includes('=') || words.startsWith('by=')) expect(athena.total.bytes, words).toBe(bytes);
    expect(athena.cost).toMatchObject({ engine: 'athena', usd: expect.stringMatching(/^0\.0\d+$/) });
  }
}

const shapes = Object.keys(SHAPES) as ShapeName[];
const QUESTIONS = ['by=client,remote', 'by=team,hour'];

describe('over text', () => {
  it.each(shapes)('answers %s as the embedded engine does', async (shape) => {
    const opened = await open(shape, '1', 'as-is', true);
    await expectSame(opened, QUESTIONS);
    await opened.engine.close();
  });

  // Without an inventory the survey has to find the gateways and their addresses from the rows.
  it.each(['plain', 'secondary-addresses', 'overlap', 'workload-and-gateway-v11'] as const)(
    'finds the gateways of %s from the rows',
    async (shape) => {
      const opened = await open(shape, '2', 'as-is', false);
      await expectSame(opened, ['by=pair']);
      await opened.engine.close();
    },
  );
});

describe('over Parquet', () => {
  it.each(['plain', 'whole-vpc', 'regional', 'no-pkt', 'large-counts', 'transit-logs'] as const)(
    'answers %s as the embedded engine does',
    async (shape) => {
      const opened = await open(shape, '3', 'parquet', true);
      await expectSame(opened, ['by=client,remote', 'by=account,service']);
      await opened.engine.close();
    },
  );
});

it('understands every key, filters, exclusions and an earlier window as the embedded engine does', async () => {
  const opened = await open('whole-vpc', '4', 'as-is', true);
  const { rows } = await opened.engine.ask({ text: `${WINDOW} by=client,remote`, nowMs: opened.world.nowMs });
  const [{ key }] = rows as [(typeof rows)[0]];
  await expectSame(opened, [
    'by=vpc,az',
    'by=workload,env',
    'by=provider,region',
    'by=port,protocol',
    'by=crossaz,nataz',
    'by=direction,day',
    `client=${key.client},10.0.0.0/9 direction=up by=remote`,
    `remote=!${key.remote} team=!unattributed protocol=tcp,17 by=team`,
    'label.tier=x service=!S3 port=443 by=service top=2',
    'compare=previous by=hour',
    'compare=lastweek by=team',
  ]);
  await opened.engine.close();
});
