import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { randomFor } from '../../../src/demo/random.js';
import { DEFAULT_FORMAT, FIELDS } from '../../../src/flows/fields.js';
import { compileAthena } from '../../../src/query/athena/compile.js';
import { compileRollup } from '../../../src/query/athena/rollup-legs.js';
import { compileSurvey } from '../../../src/query/athena/survey.js';
import { parseQuestion } from '../../../src/query/parse.js';
import { FILTER_KEYS, GROUP_ONLY_KEYS } from '../../../src/query/query.js';
import { makeRollupTable } from '../../fixtures/athena-on-trino.js';
import { athenaSources, flowTable } from '../../fixtures/athena-sources.js';
import { TRINO_ROOT, trino } from '../../fixtures/trino.js';
import { makeSchema, trinoDdl } from '../../fixtures/trino-tables.js';

// Every pair of choices that shape a statement is in one that Trino understands: keys, filters, exclusions, an earlier
// window, how many rows, the form and layout of the table, and whether sums by the hour take part.

const nowMs = Date.UTC(2026, 10, 22, 12);
const id = process.pid;
const VALUES: Readonly<Record<string, string>> = {
  client: '10.0.1.5',
  remote: '203.0.113.0/24',
  port: '443',
  protocol: 'tcp',
  direction: 'up',
  crossaz: 'yes',
  nat: 'nat-1',
};
/** Keys of the embedded engine alone: these are refused in words. */
const NOT_IN_ATHENA = ['charge', 'domain'];
const isAnswered = (key: string): boolean => !NOT_IN_ATHENA.includes(key);
const GROUPS = [...FILTER_KEYS, ...GROUP_ONLY_KEYS, 'label.tier', 'label.none'].filter(isAnswered);
const FILTERS = [...FILTER_KEYS, 'label.tier'].filter(isAnswered);
const WITHOUT_TRANSIT = FIELDS.filter(({ version }) => version !== 6).map(({ name }) => name);
const TABLES = [
  flowTable({ name: `v_text_${id}` }),
  flowTable({ name: `v_default_${id}`, fields: DEFAULT_FORMAT, layout: 'hive', isHourly: true }),
  flowTable({ name: `v_parquet_${id}`, file: 'parquet', isHourly: true, fields: WITHOUT_TRANSIT }),
  flowTable({ name: `v_hive_${id}`, file: 'parquet', layout: 'hive', fields: WITHOUT_TRANSIT }),
];
const ROLLUP = { database: 'netcost', name: `v_rollup_${id}` };

beforeAll(async () => {
  await makeSchema();
  for (const table of TABLES) {
    await mkdir(join(TRINO_ROOT, table.name), { recursive: true });
    await trino(trinoDdl(table, `local:///${table.name}`));
  }
  await makeRollupTable(ROLLUP.name);
});

interface Shape {
  readonly by: readonly string[];
  readonly where: readonly string[];
  readonly compare: string;
  readonly table: number;
  readonly rolled: boolean;
  readonly top: number;
}

const choicesOf = ({ by, where, compare, table, rolled, top }: Shape): string[] => [
  ...by.map((key) => `by ${key}`),
  ...where.map((key) => `where ${key}`),
  `compare ${compare}`,
  `table ${table}`,
  `rolled ${rolled}`,
  `top ${top}`,
];
const pairsOf = (shape: Shape): string[] => {
  const choices = choicesOf(shape).sort();
  return choices.flatMap((a, i) => choices.slice(i + 1).map((b) => `${a} × ${b}`));
};

const COMPARES = ['', 'previous', 'lastweek'];
const TOPS = [1, 10, 1000];
const SIGNED = FILTERS.flatMap((key) => [key, `!${key}`]);

/** Every two choices that one question can have. */
function allPairs(): Set<string> {
  const kinds = [
    GROUPS.map((key) => `by ${key}`),
    SIGNED.map((key) => `where ${key}`),
    COMPARES.map((key) => `compare ${key}`),
    TABLES.map((_, i) => `table ${i}`),
    [true, false].map((rolled) => `rolled ${rolled}`),
    TOPS.map((top) => `top ${top}`),
  ];
  const pairs = new Set<string>();
  const add = (a: string, b: string): void => void pairs.add([a, b].sort().join(' × '));
  for (const [i, some] of kinds.entries()) {
    for (const others of kinds.slice(i + 1)) for (const a of some) for (const b of others) add(a, b);
  }
  for (const [i, a] of GROUPS.entries()) for (const b of GROUPS.slice(i + 1)) add(`by ${a}`, `by ${b}`);
  for (const a of SIGNED) {
    // A key is filtered by or excluded by: the same key twice is one filter of two values.
    for (const b of SIGNED) if (a.replace('!', '') !== b.replace('!', '')) add(`where ${a}`, `where ${b}`);
  }
  return pairs;
}

/** A covering set of pairs: of many random shapes the one that adds most, until nothing is missing. */
function coveringShapes(): Shape[] {
  const random = randomFor('pairs');
  const two = (list: readonly string[]): string[] => [...new Set([random.pick(list), random.pick(list)])];
  const any = (): Shape => ({
    by: two(GROUPS),
    where: [...two(FILTERS), ...two(FILTERS)]
      .filter((key, i, all) => all.indexOf(key) === i)
      .map((key) => (random.next() < 0.5 ? key : `!${key}`)),
    compare: random.pick(COMPARES),
    table: random.between(0, TABLES.length - 1),
    rolled: random.next() < 0.5,
    top: random.pick(TOPS),
  });
  const wanted = allPairs();
  const shapes: Shape[] = [];
  while (wanted.size > 0) {
    let [best, gain] = [any(), -1];
    for (let n = 0; n < 60; n++) {
      const shape = any();
      const adds = pairsOf(shape).filter((pair) => wanted.has(pair)).length;
      if (adds > gain) [best, gain] = [shape, adds];
    }
    if (gain <= 0) continue;
    for (const pair of pairsOf(best)) wanted.delete(pair);
    shapes.push(best);
  }
  return shapes;
}

it('writes statements that Trino understands, for every pair of choices', async () => {
  const sources = await Promise.all(TABLES.map((table) => athenaSources(3, [table])));
  const shapes = coveringShapes();
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (let shape = shapes.pop(); shape; shape = shapes.pop()) {
      const words = [
        `by=${shape.by.join(',')} top=${shape.top}`,
        ...shape.where.map(
          (key) => `${key.replace('!', '')}=${key.startsWith('!') ? '!' : ''}${VALUES[key.replace('!', '')] ?? 'x'}`,
        ),
        ...(shape.compare === '' ? [] : [`compare=${shape.compare}`]),
      ].join(' ');
      const query = parseQuestion(`since=2026-11-21..2026-11-21 ${words}`, { nowMs });
      const source = sources[shape.table]!;
      const hour = source.stretch.fromMinute / 60;
      const { sql } = compileAthena(query, {
        ...source,
        previous: query.compare && {
          fromMinute: source.stretch.fromMinute - 1440,
          toMinute: source.stretch.fromMinute,
        },
        rollup: shape.rolled
          ? {
              ...ROLLUP,
              attempts: new Map([
                [hour, 'a'],
                [hour + 1, 'b'],
              ]),
            }
          : undefined,
      });
      await trino(`explain (type validate) ${sql}`).catch((error: Error) =>
        failures.push(`${words}: ${error.message}`),
      );
    }
  };
  console.info(`${shapes.length} statements cover every pair`);
  expect(shapes.length).toBeGreaterThan(50);
  await Promise.all([work(), work(), work()]);
  expect(failures).toEqual([]);
});

it('writes surveys and rollups that Trino understands', async () => {
  const stretch = { fromMinute: 29_920_320, toMinute: 29_921_760 };
  for (const table of TABLES) {
    const { knowledge } = await athenaSources(3, [table]);
    await trino(`explain (type validate) ${compileSurvey([table], stretch, { exceptPaths: ["s3://b/it's.gz"] })}`);
    await trino(`explain (type validate) ${compileRollup([table], knowledge, ROLLUP, 498_672, 'a')}`);
  }
});
