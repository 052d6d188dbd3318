import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/answers/answer.js';
import { ingestInto } from '../../src/answers/ingest-into.js';
import { openEngine } from '../../src/answers/open-engine.js';
import { writeDemo } from '../../src/demo/write-demo.js';
import { compactStore } from '../../src/rollups/compact.js';
import { openStore } from '../../src/rollups/store.js';
import { lockForWriting } from '../../src/rollups/write-lock.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const options = { elapsedMs: () => 0 };
const QUESTIONS = [
  'since=4d by=client top=1000',
  'since=4d by=remote,port top=1000',
  'since=30h by=hour top=1000',
  'since=90m by=direction',
];

let root: string;
let flowLogs: string;
let objects: string[];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-store-'));
  flowLogs = (await writeDemo({ dir: join(root, 'demo'), nowMs: NOW, seed: 'store', days: 3 })).flowLogsDir;
  objects = (await readdir(flowLogs, { recursive: true }))
    .filter((name) => name.endsWith('.log.gz'))
    .sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
}, 120_000);
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

let nth = 0;
const fresh = (): string => join(root, `case-${++nth}`);

async function ask(
  dir: string,
  texts: readonly string[] = QUESTIONS,
): Promise<Pick<Answer, 'rows' | 'rest' | 'total' | 'window'>[]> {
  const engine = await openEngine({ store: dir }, options);
  try {
    const found = [];
    for (const text of texts) {
      const { rows, rest, total, window } = await engine.ask({ text, nowMs: NOW });
      found.push({ rows, rest, total, window });
    }
    return found;
  } finally {
    await engine.close();
  }
}

async function copyObjects(names: readonly string[], to: string): Promise<void> {
  for (const name of names) await cp(join(flowLogs, name), join(to, name));
}

let expected: Awaited<ReturnType<typeof ask>>;
beforeAll(async () => {
  const dir = fresh();
  await ingestInto(dir, flowLogs, undefined, options, true);
  expected = await ask(dir);
}, 120_000);

describe('a store', () => {
  it('reads an object once, however often it is asked to', async () => {
    const dir = fresh();
    const first = await ingestInto(dir, flowLogs, undefined, options, true);
    const again = await ingestInto(dir, flowLogs, undefined, options, true);
    expect(first.objectsRead).toBe(objects.length);
    expect(again).toMatchObject({ objectsRead: 0, objectsKnown: objects.length, rows: 0 });
    expect(await ask(dir)).toEqual(expected);
  });

  it('answers the same from rollups and from the fine rows', async () => {
    const dir = fresh();
    await ingestInto(dir, flowLogs, undefined, options, false);
    expect(await ask(dir)).toEqual(expected);
  });

  it('takes objects in any order, late ones into their hour', async () => {
    const [dir, inbox] = [fresh(), fresh()];
    const late = objects.filter((_, i) => i % 3 === 1);
    await copyObjects(
      objects.filter((_, i) => i % 3 !== 1),
      inbox,
    );
    await ingestInto(dir, inbox, undefined, options, true);
    await copyObjects(late.reverse(), inbox);
    await ingestInto(dir, inbox, undefined, options, true);
    expect(await ask(dir)).toEqual(expected);
  });

  it('counts an object that is delivered twice once, under the same name and under another', async () => {
    const [dir, inbox] = [fresh(), fresh()];
    await copyObjects(objects, inbox);
    await copyObjects(objects.slice(0, 9), join(inbox, 'copied-bucket'));
    for (const [i, name] of objects.slice(9, 15).entries())
      await cp(join(flowLogs, name), join(inbox, `renamed-${i}-${basename(name)}`));
    await ingestInto(dir, inbox, undefined, options, true);
    expect(await ask(dir)).toEqual(expected);
  });

  it('puts an object that was cut off and is whole now in the place of its first part', async () => {
    const [dir, inbox] = [fresh(), fresh()];
    await copyObjects(objects, inbox);
    const cut = join(inbox, objects[20]!);
    const whole = await readFile(cut);
    await writeFile(cut, whole.subarray(0, Math.floor(whole.length / 2)));
    await ingestInto(dir, inbox, undefined, options, true);
    const [before] = await ask(dir, ['since=4d']);
    expect(before!.total.bytes).toBeLessThan(expected[0]!.total.bytes);
    await writeFile(cut, whole);
    await ingestInto(dir, inbox, undefined, options, true);
    expect(await ask(dir)).toEqual(expected);
  });

  it('says what it could not read to the end, and that the totals are then a lower bound', async () => {
    const inbox = fresh();
    await copyObjects(objects.slice(-20), inbox);
    const cut = join(inbox, objects.at(-3)!);
    const whole = await readFile(cut);
    await writeFile(cut, whole.subarray(0, whole.length - 30));
    const engine = await openEngine({ flowLogs: inbox }, options);
    const answer = await engine.ask({ text: 'since=2h', nowMs: NOW });
    await engine.close();
    expect(answer.coverage.lowerBound).toBe(true);
    expect(answer.caveats.join('\n')).toMatch(/could not be read to the end/);
  });

  it('has one writer at a time; a second one is told so in one line', async () => {
    const dir = fresh();
    await ingestInto(dir, flowLogs, undefined, options, false);
    const unlock = lockForWriting(dir);
    await expect(ingestInto(dir, flowLogs, undefined, options, false)).rejects.toThrow(
      `Another netcost is writing to the store in ${dir}.`,
    );
    expect(await ask(dir)).toEqual(expected);
    unlock();
    await ingestInto(dir, flowLogs, undefined, options, false);
  });

  it('stays whole on a full disk, says so, and goes on when there is room', async () => {
    const dir = fresh();
    // A limit on the size of a file is what a process without rights can have of a full disk: writes fail alike.
    const full = spawnSync(
      'bash',
      [
        '-c',
        `ulimit -f 300; exec "$0" dist/netcost/cli.js ingest --flow-logs "$1" --store "$2"`,
        process.execPath,
        flowLogs,
        dir,
      ],
      { encoding: 'utf8' },
    );
    expect(full.status).toBe(1);
    expect(full.stderr.trim().split('\n').at(-1)).toMatch(/could not be written|full|store/i);
    expect(full.stderr).not.toMatch(/^\s+at /m);
    await ingestInto(dir, flowLogs, undefined, options, true);
    expect(await ask(dir)).toEqual(expected);
  });

  it('refuses a folder that holds no store, and a store of another version', async () => {
    await mkdir(join(root, 'empty'), { recursive: true });
    await expect(openStore(join(root, 'empty'), { create: false })).rejects.toThrow(/There is no netcost store in/);
    const dir = fresh();
    await ingestInto(dir, flowLogs, undefined, options, false);
    await writeFile(join(dir, 'netcost-store.json'), '{"version": 999}');
    await expect(openStore(dir, { create: false })).rejects.toThrow(/has version 999/);
  });
});

describe('keeping a store small', () => {
  async function compacted(fineDays: number): Promise<string> {
    const [dir, inbox] = [fresh(), fresh()];
    // Many small deliveries, as a job makes them every few minutes.
    for (let i = 0; i < objects.length; i += 60) {
      await copyObjects(objects.slice(i, i + 60), inbox);
      await ingestInto(dir, inbox, undefined, options, true);
    }
    const store = await openStore(dir, { create: false });
    await compactStore(store, NOW, { fineDays, rollupDays: 400 });
    await store.settle();
    store.close();
    return dir;
  }

  it('joins the segments of past days without a change of any answer', async () => {
    const dir = await compacted(35);
    const store = await openStore(dir, { create: false });
    const past = store.catalog.segments().filter((segment) => segment.lastMinute < Math.floor(NOW / 86_400_000) * 1440);
    store.close();
    expect(past.length).toBeLessThanOrEqual(4);
    expect(await ask(dir)).toEqual(expected);
  });

  it('keeps hourly sums when the fine rows go, widens a window to whole hours there, and says so', async () => {
    const dir = await compacted(1);
    expect(await ask(dir, QUESTIONS.slice(2))).toEqual(expected.slice(2));
    const engine = await openEngine({ store: dir }, options);
    const whole = await engine.ask({ text: 'since=2026-11-18..2026-11-19 by=client', nowMs: NOW });
    const part = await engine.ask({ text: 'since=2026-11-18T10:20..2026-11-18T11:40', nowMs: NOW });
    const hours = await engine.ask({ text: 'since=2026-11-18T10:00..2026-11-18T12:00', nowMs: NOW });
    // The window before lies in a day that has hours alone: both are widened, and are of one length.
    const compared = await engine.ask({
      text: 'since=2026-11-19T00:20..2026-11-19T01:10 compare=previous',
      nowMs: NOW,
    });
    const [now, before] = [
      await engine.ask({ text: 'since=2026-11-19T00:00..2026-11-19T02:00', nowMs: NOW }),
      await engine.ask({ text: 'since=2026-11-18T22:00..2026-11-19T00:00', nowMs: NOW }),
    ];
    await engine.close();
    expect([compared.total.bytes, compared.total.previous?.bytes]).toEqual([now.total.bytes, before.total.bytes]);
    expect(compared.caveats.join('\n')).toMatch(/widened to whole hours/);
    expect(part.window).toEqual({ from: '2026-11-18T10:00:00Z', to: '2026-11-18T12:00:00Z' });
    expect(part.caveats.join('\n')).toMatch(/widened to whole hours/);
    expect(part.total).toEqual(hours.total);
    expect(hours.caveats.join('\n')).not.toMatch(/widened/);
    expect(whole.total.bytes).toBeGreaterThan(0n);
  });
});

describe('the hours of a window', () => {
  it('are those that were asked, also off the full minute', async () => {
    const engine = await openEngine({ flowLogs }, options);
    const answer = await engine.ask({ text: 'since=24h', nowMs: NOW + 4_567 });
    await engine.close();
    expect(answer.coverage).toMatchObject({ hoursAsked: 24, hoursWithData: 24, lowerBound: false });
  });
});
