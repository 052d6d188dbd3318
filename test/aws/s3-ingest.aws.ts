import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import { randomFor } from '../../src/demo/random.js';
import { fill, keyOf, logObject, makeBucket, put } from './bucket-fixture.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const OBJECTS = Number(process.env.NETCOST_OBJECTS ?? 10_000);
const KILLS = Number(process.env.NETCOST_KILLS ?? 8);
const BUCKET = 'netcost-ingest-10000';

interface Done {
  readonly objectsRead: number;
  readonly objectsKnown: number;
  readonly rows: number;
  readonly duplicates: number;
  readonly tookMs: number;
  readonly mostRss: number;
  readonly remote: {
    readonly objects: number;
    readonly bytes: number;
    readonly requests: number;
    readonly usd: string;
    readonly failures: readonly string[];
  };
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-s3-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/**
 * Runs the ingest in a process of its own; killed some ms after it has read so many objects, whatever it does then.
 * Undefined where it was killed.
 */
function ingest(
  bucket: string,
  store: string,
  options: { kill?: { afterObjects: number; afterMs: number }; now?: Date; days?: number } = {},
) {
  const { kill, now = NOW, days = 60 } = options;
  let isDoomed = false;
  return new Promise<Done | undefined>((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/aws/ingest-bucket-child.ts', bucket, '', store, now.toISOString(), String(days)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      const read = Number(
        said
          .match(/^read (\d+)$/gm)
          ?.at(-1)
          ?.slice(5) ?? 0,
      );
      if (kill === undefined || isDoomed || read < kill.afterObjects) return;
      isDoomed = true;
      setTimeout(() => child.kill('SIGKILL'), kill.afterMs);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const done = /^done (.*)$/m.exec(said)?.[1];
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the ingest ended with ${code}`));
      else resolve(done === undefined ? undefined : (JSON.parse(done) as Done));
    });
  });
}

async function totalBytes(store: string, question = 'since=60d'): Promise<bigint> {
  const engine = await openEngine({ store }, { elapsedMs: () => 0 });
  try {
    return (await engine.ask({ text: question, nowMs: NOW.getTime() })).total.bytes;
  } finally {
    await engine.close();
  }
}

describe(`${OBJECTS} objects of a bucket`, () => {
  let expected = 0;
  beforeAll(async () => {
    await makeBucket(BUCKET);
    const half = Math.ceil(OBJECTS / 2);
    expected += await fill(BUCKET, half, NOW, { bytes: (i) => 1000 + i });
    const other = { account: '444455556666', region: 'eu-west-1', flowLog: 'fl-0other', client: '10.30.1.1' };
    expected += await fill(BUCKET, OBJECTS - half, NOW, { ...other, bytes: (i) => 7 * i });
  }, 900_000);

  it(`are in the store once after ${KILLS} kills, and a second run reads nothing twice`, async () => {
    const store = join(root, 'killed');
    const random = randomFor('bucket kills');
    let kills = 0;
    let last: Done | undefined;
    while (kills < KILLS && last === undefined) {
      last = await ingest(BUCKET, store, {
        kill: { afterObjects: random.between(0, 1200), afterMs: random.between(0, 1500) },
      });
      if (last === undefined) kills += 1;
    }
    while (last === undefined) last = await ingest(BUCKET, store);
    console.log(`after ${kills} kills: ${JSON.stringify(last)}`);
    // What a killed run had committed was neither fetched nor, but for the days it stopped in, listed again.
    expect(last.objectsRead).toBeLessThan(OBJECTS);
    expect(last.remote.objects).toBe(last.objectsRead);
    expect(await totalBytes(store)).toBe(BigInt(expected));
    expect(await readdir(join(store, 'spool'))).not.toContain('batch-0');

    const again = await ingest(BUCKET, store);
    console.log(`again: ${JSON.stringify(again)}`);
    expect(again).toMatchObject({ objectsRead: 0, rows: 0, remote: { objects: 0, bytes: 0 } });
    // Two lanes, three days each at most: late objects alone are looked for.
    expect(again!.remote.requests).toBeLessThanOrEqual(6);
    expect(await totalBytes(store)).toBe(BigInt(expected));
  }, 900_000);

  it('take bounded memory, and an undisturbed run costs a list for each day and a read for each object', async () => {
    const store = join(root, 'undisturbed');
    const done = (await ingest(BUCKET, store))!;
    console.log(`undisturbed: ${JSON.stringify(done)}`);
    expect(done).toMatchObject({ objectsRead: OBJECTS, objectsKnown: 0, duplicates: 0 });
    expect(await totalBytes(store)).toBe(BigInt(expected));
    expect(done.mostRss).toBeLessThan(700 * 1024 * 1024);
    expect(done.remote.requests).toBeLessThanOrEqual(OBJECTS + 2 * 60 + 10);
  }, 900_000);
});

describe('what arrives later', () => {
  const bucket = 'netcost-ingest-later';
  const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);

  it('is found: new objects, late ones, a new day, a new account', async () => {
    await makeBucket(bucket);
    const store = join(root, 'later');
    let expected = await fill(bucket, 600, NOW, { bytes: (i) => i });
    expect((await ingest(bucket, store))?.objectsRead).toBe(600);

    await put(bucket, keyOf(later(0)), logObject(later(-2), 5));
    await put(bucket, keyOf(later(-200), { flowLog: 'fl-0late' }), logObject(later(-200), 50, { client: '10.20.9.9' }));
    expected += 5;
    const second = await ingest(bucket, store, { now: later(5) });
    expect(second).toMatchObject({ objectsRead: 2, remote: { objects: 2 } });
    expect(second!.remote.requests).toBeLessThanOrEqual(2 + 3);

    // Past midnight, days that were read are looked at once more.
    await put(bucket, keyOf(later(12 * 60 + 5)), logObject(later(12 * 60 + 5), 500));
    await put(bucket, keyOf(later(-30 * 60), { flowLog: 'fl-0very' }), logObject(later(-30 * 60), 1));
    const third = await ingest(bucket, store, { now: later(12 * 60 + 10) });
    expect(third).toMatchObject({ objectsRead: 2, remote: { objects: 2 } });

    const account = '777788889999';
    await put(bucket, keyOf(later(-9), { account }), logObject(later(-9), 9, { account, client: '10.40.0.1' }));
    expect(await ingest(bucket, store, { now: later(14 * 60) })).toMatchObject({ objectsRead: 1 });
    expect(expected).toBeGreaterThan(0);
  });

  it('reads a prefix that is not laid out as AWS does it, whole, and each object once', async () => {
    const free = 'netcost-ingest-free';
    await makeBucket(free);
    await put(free, 'a.log.gz', logObject(later(-60), 10));
    await put(free, 'b/../c.log.gz', logObject(later(-60), 1));
    await put(free, 'b/.hidden.log.gz', logObject(later(-60), 1));
    await put(free, 'b/picture.png', Buffer.from('not a log'));
    await put(free, 'b/c.log', Buffer.from('not a log'));
    const store = join(root, 'free');
    expect(await ingest(free, store)).toMatchObject({ objectsRead: 1, remote: { objects: 2 } });
    expect(await ingest(free, store)).toMatchObject({ objectsRead: 0, objectsKnown: 2, remote: { objects: 0 } });
    expect(await totalBytes(store)).toBe(10n);
  });
});
