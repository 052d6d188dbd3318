import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import { writeDemo } from '../../src/demo/write-demo.js';
import { FILTER_KEYS, GROUP_ONLY_KEYS } from '../../src/query/query.js';
import { buildFlowWorld, worldTruth, writeFlowWorld } from '../fixtures/flow-world.js';
import { duplicateObjects, reorderColumns, shuffleRows, splitObjects } from '../fixtures/shuffle.js';
import { natLegs, row, textOf, V5, writeFiles } from '../fixtures/small-bucket.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
/** Charges have dollars of their own and stand alone: charges.test.ts. */
const BY = [...FILTER_KEYS, ...GROUP_ONLY_KEYS.filter((key) => key !== 'charge'), 'label.customer', 'label.nobody'];
const WHERE = [
  'team=payments',
  'team=!payments,!search',
  'team=unattributed',
  'team=!unattributed',
  'env=PROD',
  'label.customer=acme',
  'label.nobody=!x',
  'account=111122223333',
  'vpc=!vpc-none',
  'az=use1-az1',
  'workload=!x',
  'nat=!nat-none',
  'nataz=use1-az1,use1-az2',
  'crossaz=yes',
  'crossaz=!yes',
  'client=10.0.0.0/8',
  'client=!2600::/16',
  'remote=!10.0.0.0/8',
  'service=S3,EC2',
  'provider=!aws',
  'region=us-east-1',
  'port=443',
  'protocol=!udp',
  'protocol=6',
  'direction=down',
];
const SINCE = [
  '24h',
  '90m',
  'today',
  '2d',
  '2026-11-20',
  '2026-11-19..2026-11-20',
  '2026-11-20T23:07..2026-11-21T03:11',
];

let root: string;
let engine: Engine;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-questions-'));
  const { flowLogsDir, ownersFile } = await writeDemo({
    dir: join(root, 'demo'),
    nowMs: NOW,
    seed: 'questions',
    days: 2,
  });
  engine = await openEngine(
    { flowLogs: flowLogsDir, owners: ownersFile, store: join(root, 'store') },
    { elapsedMs: () => 0 },
  );
}, 60_000);
afterAll(async () => {
  await engine.close();
  await rm(root, { recursive: true, force: true });
});

const toUnits = (usd: string | undefined): bigint => BigInt((usd ?? 'none').replace('.', ''));

async function expectSums(text: string): Promise<void> {
  const { rows, rest, total } = await engine.ask({ text, nowMs: NOW });
  const sum = rows.reduce((all, one) => all + one.bytes, rest.bytes);
  expect(sum, `bytes of ${text}`).toBe(total.bytes);
  expect(total.bytesUp + total.bytesDown, text).toBe(total.bytes);
  for (const one of rows) expect(one.bytesUp + one.bytesDown, text).toBe(one.bytes);
  if (total.usd !== undefined && rows.length > 0) {
    const usd = rows.reduce((all, one) => all + toUnits(one.usd), toUnits(rest.usd));
    expect(usd, `usd of ${text}`).toBe(toUnits(total.usd));
  }
}

describe('any question', () => {
  it('runs, with every key as a group, every kind of filter and every kind of window, and its parts add up', async () => {
    // Each key meets each filter once or more over the runs of the day; here each key, filter and window stands with another.
    const count = Math.max(BY.length, WHERE.length) * 2;
    for (let i = 0; i < count; i++) {
      const [a, b] = [BY[i % BY.length]!, BY[(i * 7 + 3 + Math.floor(i / BY.length)) % BY.length]!];
      const by = a === b || i % 3 === 0 ? a : `${a},${b}`;
      const compare = ['', ' compare=previous', ' compare=lastweek'][i % 3]!;
      const since = SINCE[i % SINCE.length]!;
      await expectSums(`since=${since} by=${by} ${WHERE[i % WHERE.length]} top=${1 + (i % 5)}${compare}`);
    }
  }, 60_000);

  it('has a total that no key of grouping changes', async () => {
    const { total } = await engine.ask({ text: 'since=2d', nowMs: NOW });
    expect(total.bytes).toBeGreaterThan(0n);
    for (const by of BY) {
      const answer = await engine.ask({ text: `since=2d by=${by} top=1000`, nowMs: NOW });
      expect(answer.total, by).toEqual(total);
    }
  }, 60_000);

  it('splits into those that match and those that do not', async () => {
    const { total } = await engine.ask({ text: 'since=2d', nowMs: NOW });
    for (const filter of WHERE.filter((one) => !one.includes('!') && !one.includes(','))) {
      const [key, value] = filter.split('=') as [string, string];
      const parts = [];
      for (const text of [filter, `${key}=!${value}`]) {
        parts.push((await engine.ask({ text: `since=2d ${text}`, nowMs: NOW })).total.bytes);
      }
      expect(parts[0]! + parts[1]!, filter).toBe(total.bytes);
    }
  }, 60_000);

  it('adds up over random pairs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...BY), { minLength: 1, maxLength: 2 }),
        fc.subarray(WHERE, { maxLength: 3 }),
        fc.constantFrom(...SINCE),
        fc.integer({ min: 1, max: 30 }),
        async (by, where, since, top) => {
          const keys = where.map((one) => one.split('=')[0]);
          fc.pre(new Set(keys).size === keys.length);
          await expectSums(`since=${since} by=${by.join(',')} ${where.join(' ')} top=${top}`);
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 8_000, markInterruptAsFailure: false, seed: 20261121 },
    );
  }, 60_000);
});

describe('what must not change an answer', () => {
  it('does not, in any mixture: rows shuffled, objects split and doubled, columns moved, strangers added', async () => {
    let nth = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('plain', 'whole-vpc', 'overlap', 'regional', 'chain', 'nat64', 'workload-v11' as const),
        fc.nat(1000),
        // Doubled last: a copy that is then cut in other places is new content under new names.
        fc.subarray([shuffleRows, splitObjects, reorderColumns, duplicateObjects]),
        fc.nat(1000),
        async (shape, seed, changes, other) => {
          const world = buildFlowWorld(shape, String(seed));
          const objects = changes.reduce((list, change) => [...change(list, String(other))], [...world.objects]);
          nth += 1;
          const files = await writeFlowWorld({ ...world, objects }, join(root, `world-${nth}`));
          await writeFiles(files.flowLogsDir, strangers(other));
          const own = await openEngine(
            { flowLogs: files.flowLogsDir, owners: files.ownersFile },
            { elapsedMs: () => 0 },
          );
          try {
            const { total } = await own.ask({ text: 'since=2026-11-21T08:00..2026-11-21T11:00', nowMs: NOW });
            const truth = worldTruth(world).total;
            expect([total.bytes, total.bytesUp, total.packets]).toEqual([truth.bytes, truth.bytesUp, truth.packets]);
          } finally {
            await own.close();
          }
        },
      ),
      { numRuns: 25, interruptAfterTimeLimit: 12_000, markInterruptAsFailure: false, seed: 4 },
    );
  }, 60_000);
});

/** Interfaces that have nothing to do with a gateway: instances that talk to each other and to the internet. */
function strangers(seed: number): Record<string, string> {
  const rows = Array.from({ length: 40 }, (_, i) => [
    row({
      'interface-id': `eni-0stranger${i % 4}`,
      'instance-id': `i-0stranger${i % 4}`,
      srcaddr: `10.99.0.${i + 1}`,
      dstaddr: `10.99.1.${((i + seed) % 200) + 1}`,
      'pkt-srcaddr': i % 5 === 0 ? `10.99.7.${i + 1}` : `10.99.0.${i + 1}`,
      'pkt-dstaddr': `10.99.1.${((i + seed) % 200) + 1}`,
      bytes: 1_000_000 + i,
      start: Date.parse('2026-11-21T09:00:00Z') / 1000 + i * 60,
    }),
  ]).flat();
  const instance = natLegs({
    client: '10.99.0.1',
    remote: '198.18.9.9',
    up: 5_000_000,
    own: '10.99.0.77',
    more: { 'interface-id': 'eni-0natinstance', 'instance-id': 'i-0natinstance' },
  });
  return { 'strangers/fl-0eeeeeeee.log': textOf(V5, [...rows, ...instance]) };
}
