import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTriageThread } from '../../src/main/triage-thread.js';
import type { DiagnosisRequest, LiveDiagnosed } from '../../src/triage/live.js';
import { openLiveThread } from '../../src/triage/live-thread.js';
import { recorded, writeIncident } from '../end-to-end/triage-fixture.js';
import { random, type World, writeWorld } from '../scenarios/incident-world.js';

const root = mkdtempSync(join(tmpdir(), 'netcost-live-thread-'));
const small = join(root, 'small');
const large = join(root, 'large');
const thread = openTriageThread(undefined, async () => small);

beforeAll(() => {
  const world = writeIncident(small, 'a service reads a bucket of its Region');
  writeWorld(withManyTalkers(world), large);
}, 60_000);
afterAll(async () => {
  await thread.close();
  rmSync(root, { recursive: true, force: true });
});

/** Twenty thousand more pairs of clients and remotes, over the hours of the logs. */
function withManyTalkers(world: World): World {
  const next = random(7);
  const hours = (world.endMs - world.onsetMs) / 3_600_000 + 6;
  const flows = Array.from({ length: 20_000 }, (_, index) => ({
    atMs: world.onsetMs + Math.floor(next() * hours * 6 - 36) * 600_000,
    nat: 0,
    client: `10.7.33.${10 + (index % 200)}`,
    remote: `198.51.100.${index % 250}`,
    port: 1_024 + (index % 40_000),
    up: 2_000,
    down: 9_000,
  }));
  return { ...world, flows: [...world.flows, ...flows.filter(({ atMs }) => atMs < world.endMs - 600_000)] };
}

const request = (turns: Partial<DiagnosisRequest> = {}): DiagnosisRequest => ({
  subject: { kind: 'last' },
  nowMs: 0,
  signal: new AbortController().signal,
  ...turns,
});

/** All but how long it took, and the function. */
function said({ save: _, ...diagnosed }: LiveDiagnosed) {
  return { ...diagnosed, report: { ...diagnosed.report, tookMs: 0 } };
}

/** How long this thread's loop was at work, in ms: what others would have waited for. */
async function busyMs<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const before = performance.eventLoopUtilization();
  const result = await work();
  return { result, ms: performance.eventLoopUtilization(before).active };
}

/** A thread's file that does what `code` says of each message. */
const entryOf = (code: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads'; parentPort.on('message', (message) => { ${code} });`)}`,
  );

describe('a diagnosis in a thread', () => {
  it('gives the report, the chart, the arrivals and the bundle that it gives without one', async () => {
    const told: [string[], string[]] = [[], []];
    const inThread = await thread.diagnose(request({ onEvidence: ({ source }) => told[0].push(source) }));
    const live = recorded(small);
    const here = await live.diagnose(request({ onEvidence: ({ source }) => told[1].push(source) }));
    expect(said(inThread)).toEqual(said(here));
    expect(JSON.stringify(inThread.report.evidence)).toBe(JSON.stringify(here.report.evidence));
    expect(told[0].sort()).toEqual(told[1].sort());
    const target = join(root, 'saved');
    mkdirSync(target);
    await inThread.save(target);
    for (const name of readdirSync(small).filter((each) => each.includes('.') && each !== 'truth.json'))
      expect(readFileSync(join(target, name))).toEqual(readFileSync(join(small, name)));
    const ids = here.report.alert.natGatewayIds;
    const window = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
    expect(await thread.readGatewayBytes(ids, window)).toEqual(await live.readGatewayBytes(ids, window));
  });

  it('leaves the loop to others while a large store is read and judged', async () => {
    const ofLarge = openTriageThread(undefined, async () => large);
    try {
      // The thread and this side's modules are there before it is measured.
      await ofLarge.diagnose(request());
      const here = await busyMs(() => recorded(large).diagnose(request()));
      const inThread = await busyMs(() => ofLarge.diagnose(request({ onEvidence: () => {} })));
      process.stdout.write(
        `loop at work: ${Math.round(inThread.ms)} ms in a thread, ${Math.round(here.ms)} ms without one\n`,
      );
      expect(said(inThread.result)).toEqual(said(here.result));
      expect(inThread.ms).toBeLessThan(here.ms / 5);
    } finally {
      await ofLarge.close();
    }
  });

  it('is left at once where it is stopped, and the next one runs', async () => {
    const stop = new AbortController();
    const asked = thread.diagnose(request({ signal: stop.signal, onEvidence: () => stop.abort() }));
    await expect(asked).rejects.toMatchObject({ code: 'cancelled', message: 'The diagnosis was stopped.' });
    await expect(thread.diagnose(request({ signal: stop.signal }))).rejects.toMatchObject({ code: 'cancelled' });
    expect((await thread.diagnose(request())).report.causes[0]?.id).toBe('s3-same-region');
  });

  it('fails with its own words where there is no evidence', async () => {
    const nobody = openTriageThread(undefined, async () => join(root, 'nowhere'));
    try {
      await expect(nobody.diagnose(request())).rejects.toMatchObject({
        code: 'input',
        message: expect.stringContaining('cannot be read'),
        hint: expect.stringContaining('Give a folder'),
      });
      expect(await nobody.readGatewayBytes([], { fromMs: 0, toMs: 1 })).toMatchObject({ state: 'failed' });
    } finally {
      await nobody.close();
    }
  });

  it.each([
    ['throws', 'throw new Error("secret of the host")'],
    ['ends', 'process.exit(3)'],
    ['runs out of memory', 'const all = []; for (;;) all.push(new Array(100_000).fill(message.id + all.length));'],
  ])(
    'is an error of one line where the thread %s, for all who wait',
    async (_, code) => {
      const broken = openLiveThread(entryOf(code), undefined, undefined, { maxOldGenerationSizeMb: 24 });
      const all = await Promise.allSettled([broken.diagnose(request()), broken.diagnose(request())]);
      for (const one of all)
        expect(one).toMatchObject({
          status: 'rejected',
          reason: { name: 'NetcostError', code: 'internal', message: 'The thread that diagnoses ended early.' },
        });
      await broken.close();
    },
    30_000,
  );

  it('starts another thread after one that broke', async () => {
    const broken = openLiveThread(
      entryOf(`
        if (message.question.nowMs === 1) process.exit(1);
        parentPort.postMessage({ id: message.id, type: 'done', answer: { alert: { id: 'well' } } });`),
      undefined,
    );
    await expect(broken.diagnose(request({ nowMs: 1 }))).rejects.toMatchObject({ code: 'internal' });
    const next = await broken.diagnose(request());
    expect(next.alert.id).toBe('well');
    await expect(broken.diagnose(request({ nowMs: 1 }))).rejects.toMatchObject({ code: 'internal' });
    await expect(next.save(root)).rejects.toMatchObject({ code: 'input', hint: 'Run it again.' });
    await broken.close();
  });

  it('is cancelled where it is closed, and takes no more', async () => {
    const closing = openTriageThread(undefined, async () => small);
    const asked = closing.diagnose(request()).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await closing.close();
    expect(await asked).toMatchObject({ code: 'cancelled' });
    await expect(closing.diagnose(request())).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each(['dist/src/main/triage-worker.js', 'dist/netcost/triage-worker.js'])('runs from %s', async (path) => {
    const entry = new URL(`../../${path}`, import.meta.url);
    const compiled = openLiveThread(entry, { config: undefined }, async () => small);
    try {
      expect(said(await compiled.diagnose(request()))).toEqual(said(await thread.diagnose(request())));
    } finally {
      await compiled.close();
    }
  });
});
