import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAthena } from '../../src/answers/ask-athena.js';
import { rollUpHours } from '../../src/answers/athena-rollup.js';
import { openEngine } from '../../src/answers/open-engine.js';
import { athenaOnTrino, documentOf, withRollup } from '../fixtures/athena-on-trino.js';
import type { WorldObject } from '../fixtures/flow-world/assemble.js';
import { buildFlowWorld, SHAPES, type ShapeName, worldTruth, writeFlowWorld } from '../fixtures/flow-world.js';
import { hiveFolders, millisecondTimes } from '../fixtures/shuffle.js';
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

type Change = (objects: readonly WorldObject[]) => readonly WorldObject[];

async function open(
  shape: ShapeName,
  seed: string,
  file: 'as-is' | 'parquet',
  withInventory: boolean,
  change: Change = (objects) => objects,
) {
  const name = `w${++nth}_${process.pid}`;
  const made = buildFlowWorld(shape, seed);
  const world = { ...made, objects: change(made.objects) };
  const files = await writeFlowWorld(world, join(root, name), { withInventory });
  const engine = await openEngine(
    { flowLogs: files.flowLogsDir, owners: files.ownersFile, ipRanges: files.ipRangesFile },
    { elapsedMs: () => 0 },
  );
  const tables = await makeTrinoTables(name, files.flowLogsDir, file);
  return { name, world, engine, deps: athenaOnTrino(engine, tables) };
}

const WINDOW = 'since=2026-11-21T08:00..2026-11-21T11:00';

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

describe.concurrent('over text', () => {
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

describe.concurrent('over Parquet', () => {
  it.each(['plain', 'whole-vpc', 'regional', 'no-pkt', 'large-counts', 'transit-logs'] as const)(
    'answers %s as the embedded engine does',
    async (shape) => {
      const opened = await open(shape, '3', 'parquet', true);
      await expectSame(opened, ['by=client,remote', 'by=account,service']);
      await opened.engine.close();
    },
  );
});

/** A column that AWS may add one day, in the same place in every object, as a table wants it. */
const withUnknownColumn: Change = (objects) =>
  objects.map((object) => ({
    ...object,
    fields: [...object.fields.slice(0, 3), 'made-up-field', ...object.fields.slice(3)],
    rows: object.rows.map((row) => ({ ...row, 'made-up-field': 'x%2Dy' })),
  }));

describe.concurrent('over sums by the hour', () => {
  it.each([
    ['whole-vpc', 'as-is', 'in Hive’s folders by the hour', hiveFolders],
    ['overlap', 'parquet', 'in Hive’s folders by the hour', hiveFolders],
    ['no-pkt', 'as-is', 'with a column that nobody knows', withUnknownColumn],
    ['nat64', 'as-is', 'with times in milliseconds', millisecondTimes],
  ] as const satisfies readonly (readonly [ShapeName, 'as-is' | 'parquet', string, Change])[])(
    'answers %s (%s, %s) as the embedded engine does',
    async (shape, file, _how, change) => {
      const opened = await open(shape, '5', file, true, change);
      const { deps } = await withRollup(opened.deps, `sums_${opened.name}`);
      expect((await rollUpHours(deps, { nowMs: opened.world.nowMs })).hours).toBeGreaterThan(0);
      // One from the sums by client, one from those by remote.
      await expectSame({ ...opened, deps }, ['by=client,account', 'by=pair']);
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
