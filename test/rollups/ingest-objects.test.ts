import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import { NetcostError } from '../../src/errors.js';
import { ingestObjects } from '../../src/rollups/ingest-objects.js';
import type { ObjectSource, RemoteObject, SourceStep } from '../../src/rollups/object-source.js';
import { readSourceStates } from '../../src/rollups/source-states.js';
import { openStore } from '../../src/rollups/store.js';
import { logObject } from '../aws/bucket-fixture.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const SPOOL = 10;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-objects-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Objects of a few days, in memory; each page of seven is a step, each day a mark. */
function sourceOf(days: number, each = 20) {
  const bodies = new Map<string, Buffer>();
  const perDay: RemoteObject[][] = [];
  for (let day = 0; day < days; day++) {
    perDay.push([]);
    for (let i = 0; i < each; i++) {
      const at = new Date(NOW - (days - day) * 86_400_000 + i * 300_000);
      const body = logObject(at, 1000 + day * each + i);
      const key = `bucket/${at.toISOString().slice(0, 10)}/${String(i).padStart(3, '0')}.log.gz`;
      bodies.set(key, body);
      perDay[day]!.push({ key, size: body.length, modifiedMs: at.getTime() + 123 });
    }
  }
  const seen = { fetched: [] as string[], listedFrom: [] as (string | undefined)[] };
  const refuse = new Set<string>();
  const gone = new Set<string>();
  let fetches = Number.POSITIVE_INFINITY;
  const source: ObjectSource = {
    name: 'memory://bucket/',
    async *list(state): AsyncIterable<SourceStep> {
      seen.listedFrom.push(state);
      for (let day = Number(state ?? 0); day < days; day++) {
        const objects = perDay[day]!;
        for (let i = 0; i < objects.length; i += 7) yield { kind: 'objects', objects: objects.slice(i, i + 7) };
        yield { kind: 'reached', state: String(day + 1) };
      }
    },
    async fetch({ key }, file) {
      if (refuse.has(key)) throw new NetcostError('upstream', `no ${key}`);
      if (gone.has(key)) return 'gone';
      if (fetches-- <= 0) throw new Error('the power is cut');
      seen.fetched.push(key);
      await writeFile(file, bodies.get(key)!);
      return 'fetched';
    },
  };
  const keys = [...bodies.keys()];
  return { source, seen, refuse, gone, keys, cutAfter: (n: number) => (fetches = n) };
}

async function ingest(dir: string, sources: readonly ObjectSource[], signal?: AbortSignal) {
  const store = await openStore(dir, { create: true });
  try {
    const options = {
      elapsedMs: () => 0,
      nowMs: NOW,
      spoolObjects: SPOOL,
      fetchesAtOnce: 3,
      ...(signal && { signal }),
    };
    return { ...(await ingestObjects(store.catalog, sources, options)), states: readSourceStates(store.catalog) };
  } finally {
    store.close();
  }
}

async function totalOf(dir: string): Promise<bigint> {
  const engine = await openEngine({ store: dir }, { elapsedMs: () => 0 });
  try {
    return (await engine.ask({ text: 'since=30d', nowMs: NOW })).total.bytes;
  } finally {
    await engine.close();
  }
}
const sumOf = (count: number) => BigInt(Array.from({ length: count }, (_, i) => 1000 + i).reduce((a, b) => a + b, 0));

describe('objects of a source', () => {
  it('are fetched in batches that are removed when they are read, and remembered', async () => {
    const dir = join(root, 'batches');
    const { source, seen } = sourceOf(3);
    let most = 0;
    const watched: ObjectSource = {
      ...source,
      fetch: async (object, file, signal) => {
        const there = readdirSync(join(dir, 'spool'), { recursive: true, encoding: 'utf8' });
        most = Math.max(most, there.filter((name) => name.endsWith('.gz')).length);
        return source.fetch(object, file, signal);
      },
    };
    const report = await ingest(dir, [watched]);
    expect(report).toMatchObject({ objectsRead: 60, rows: 60, fetched: { objects: 60 }, failures: [] });
    expect(most).toBeLessThanOrEqual(2 * SPOOL);
    expect(report.states).toEqual([{ name: source.name, state: '3', wholeMs: NOW, failures: [] }]);
    expect(await totalOf(dir)).toBe(sumOf(60));
    expect(readdirSync(join(dir, 'spool'))).toEqual(['writer.lock']);

    expect(await ingest(dir, [source])).toMatchObject({ objectsRead: 0, objectsKnown: 0, fetched: { objects: 0 } });
    expect(seen.listedFrom).toEqual([undefined, '3']);
    expect(seen.fetched).toHaveLength(60);
  });

  it('that were in the store when the run broke off are not fetched again, wherever it broke', async () => {
    for (const cut of [1, 10, 11, 40]) {
      const dir = join(root, `cut-${cut}`);
      const { source, seen, cutAfter } = sourceOf(3);
      cutAfter(cut);
      const broken = await ingest(dir, [source]);
      expect(broken.failures.length, String(cut)).toBeGreaterThan(0);
      cutAfter(Number.POSITIVE_INFINITY);
      expect((await ingest(dir, [source])).failures).toEqual([]);
      expect(await totalOf(dir)).toBe(sumOf(60));
      expect(new Set(seen.fetched).size, String(cut)).toBe(seen.fetched.length);
    }
  });

  it('that fail hold nothing up but what is remembered; five in a row end their source', async () => {
    const dir = join(root, 'refused');
    const { source, seen, refuse, keys } = sourceOf(3);
    refuse.add(keys[25]!);
    const report = await ingest(dir, [source]);
    expect(report.fetched.objects).toBe(59);
    expect(report.failures).toMatchObject([{ source: source.name, what: keys[25] }]);
    expect(report.states).toMatchObject([{ wholeMs: undefined, failures: [`${keys[25]}: no ${keys[25]}`] }]);
    // Not past the day of what is missing.
    expect([undefined, '1']).toContain(report.states[0]!.state);
    refuse.clear();
    expect(await ingest(dir, [source])).toMatchObject({ fetched: { objects: 1 }, failures: [] });
    expect(seen.fetched).toHaveLength(60);

    const other = sourceOf(3);
    for (const key of other.keys) other.refuse.add(key);
    const given = await ingest(join(root, 'given-up'), [other.source]);
    expect(given.failures.length).toBeLessThan(10);
    expect(given.states).toMatchObject([{ state: undefined }]);
  });

  it('that are gone when their turn comes are nobody’s failure', async () => {
    const { source, gone, keys } = sourceOf(1);
    gone.add(keys[3]!);
    expect(await ingest(join(root, 'gone'), [source])).toMatchObject({
      objectsRead: 19,
      failures: [],
      states: [{ state: '1' }],
    });
  });

  it('are left alone by a second netcost on the same store', async () => {
    const dir = join(root, 'twice');
    const { source } = sourceOf(1);
    const results = await Promise.allSettled([ingest(dir, [source]), ingest(dir, [source])]);
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(String((refused[0] as PromiseRejectedResult).reason)).toContain('Another netcost is writing');
    expect(await totalOf(dir)).toBe(sumOf(20));
  });

  it('are put aside when the run is stopped, without a trace on the disk', async () => {
    const dir = join(root, 'stopped');
    const { source } = sourceOf(3);
    const stop = new AbortController();
    let left = 15;
    const stopping: ObjectSource = {
      ...source,
      fetch: async (object, file, signal) => {
        if (left-- === 0) stop.abort();
        return source.fetch(object, file, signal);
      },
    };
    await expect(ingest(dir, [stopping], stop.signal)).rejects.toThrow('Stopped.');
    expect(existsSync(join(dir, 'spool/batch-0')) || existsSync(join(dir, 'spool/batch-1'))).toBe(false);
    expect(await ingest(dir, [source])).toMatchObject({ failures: [] });
    expect(await totalOf(dir)).toBe(sumOf(60));
  });

  it('come from several sources at once, each remembered for itself', async () => {
    const dir = join(root, 'several');
    const [one, two] = [sourceOf(2), sourceOf(2)];
    const second: ObjectSource = {
      ...two.source,
      name: 'memory://second/',
      async *list(state, signal) {
        for await (const step of two.source.list(state, signal)) {
          yield step.kind === 'objects'
            ? { kind: 'objects', objects: step.objects.map((each) => ({ ...each, key: `second/${each.key}` })) }
            : step;
        }
      },
      fetch: (object, file, signal) => two.source.fetch({ ...object, key: object.key.slice(7) }, file, signal),
    };
    const report = await ingest(dir, [one.source, second]);
    // The same content under two names counts once.
    expect(report).toMatchObject({ fetched: { objects: 80 }, objectsRead: 40, duplicates: 40, failures: [] });
    expect(report.states.map(({ name, state }) => [name, state])).toEqual([
      ['memory://bucket/', '2'],
      ['memory://second/', '2'],
    ]);
    expect(await totalOf(dir)).toBe(sumOf(40));
  });
});
