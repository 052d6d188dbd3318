import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ingestSourcesInto } from '../../src/answers/ingest-into.js';
import { openEngine } from '../../src/answers/open-engine.js';
import { openAwsAccess } from '../../src/aws/access.js';
import { openFlowLogBucket } from '../../src/aws/s3-flow-logs.js';
import { keyOf, logObject } from './bucket-fixture.js';
import { type FakeS3, type Fault, startFakeS3 } from './fake-s3.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const OBJECTS = 12;
/** Each bucket is another account's; powers of two tell which are in a total. */
const FAULTS: Readonly<Record<string, Fault>> = {
  well: () => 'well',
  // Not more: the SDK then slows down as a whole.
  throttled: ({ tries, key }) => (tries <= 2 && key.includes('T1130') ? 'throttled' : 'well'),
  broken: ({ kind, tries }) => (kind === 'read' && tries <= 2 ? 'breaks' : 'well'),
  'denied-list': () => 'denied',
  'denied-read': ({ kind }) => (kind === 'read' ? 'denied' : 'well'),
  'one-denied': ({ key }) => (key.includes('T1130') ? 'denied' : 'well'),
  expired: () => 'expired',
  silent: () => 'silent',
  stalling: ({ kind }) => (kind === 'read' ? 'stalls' : 'well'),
  nowhere: () => 'nowhere',
  elsewhere: () => 'elsewhere',
  'always-throttled': () => 'throttled',
};
const NAMES = Object.keys(FAULTS);
const bytesOf = (name: string) => 2 ** (4 + NAMES.indexOf(name));

let s3: FakeS3;
let root: string;
let store: string;
beforeAll(async () => {
  s3 = await startFakeS3();
  for (const [name, value] of [
    ['AWS_ENDPOINT_URL', s3.url],
    ['AWS_ACCESS_KEY_ID', 'test'],
    ['AWS_SECRET_ACCESS_KEY', 'test'],
  ] as const)
    vi.stubEnv(name, value);
  root = await mkdtemp(join(tmpdir(), 'netcost-faults-'));
  store = join(root, 'store');
  NAMES.forEach((name, n) => {
    const account = `1111222200${String(n).padStart(2, '0')}`;
    const objects = Array.from({ length: OBJECTS }, (_, i) => {
      const at = new Date(NOW.getTime() - (OBJECTS - i) * 300_000);
      const key = keyOf(at, { account, flowLog: `fl-0${n}` });
      return [key, logObject(at, bytesOf(name), { account, eni: `eni-0nat${n}`, client: `10.20.${n}.1` })] as const;
    });
    s3.buckets.set(name, new Map(objects));
  });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.stop();
  await rm(root, { recursive: true, force: true });
});

async function ingest(names: readonly string[]) {
  const access = openAwsAccess([], {
    maxAttempts: 3,
    timeLimits: { requestTimeout: 3000, connectionTimeout: 3000, socketTimeout: 3000 },
  });
  const sources = names.map((name) =>
    openFlowLogBucket(
      access,
      {
        name,
        prefix: '',
        place: { accountId: name, region: 'us-east-1' },
        days: 2,
        accounts: undefined,
        regions: undefined,
      },
      { nowMs: () => NOW.getTime() },
    ),
  );
  try {
    return await ingestSourcesInto(store, sources, undefined, {
      elapsedMs: () => performance.now(),
      nowMs: NOW.getTime(),
    });
  } finally {
    access.close();
  }
}

async function ask(text: string) {
  const engine = await openEngine({ store }, { elapsedMs: () => 0 });
  try {
    return await engine.ask({ text, nowMs: NOW.getTime() + 300_000 });
  } finally {
    await engine.close();
  }
}

const whole = (names: readonly string[]) => BigInt(OBJECTS * names.reduce((sum, name) => sum + bytesOf(name), 0));

describe('a run in which most accounts fail', () => {
  it('reads the others, names each failure with what to do, and ends', async () => {
    for (const name of NAMES) s3.faults.set(name, FAULTS[name]!);
    const startedMs = performance.now();
    const report = await ingest(NAMES);
    expect(performance.now() - startedMs).toBeLessThan(60_000);

    const said = Object.fromEntries(
      NAMES.map((name) => [
        name,
        report.failures.find(({ source }) => source === `s3://${name}/`)?.error.message ?? '',
      ]),
    );
    expect(said).toMatchObject({
      well: '',
      throttled: '',
      broken: '',
      'denied-list': expect.stringContaining('AWS does not allow s3:ListBucket of bucket denied-list'),
      'denied-read': expect.stringContaining('AWS does not allow s3:GetObject of bucket denied-read'),
      'one-denied': expect.stringContaining('s3:GetObject'),
      expired: expect.stringContaining('AWS does not accept the credentials for s3:ListBucket'),
      silent: expect.stringContaining('AWS did not answer s3:ListBucket'),
      stalling: expect.stringMatching(/s3:GetObject of bucket stalling/),
      nowhere: 'There is no bucket nowhere.',
      elsewhere: 'The bucket elsewhere is not in us-east-1.',
      'always-throttled': expect.stringContaining('AWS throttled s3:ListBucket'),
    });
    expect(report.failures.every(({ error }) => error.hint !== undefined || error.message.includes('failed'))).toBe(
      true,
    );
    expect(await readdir(join(store, 'spool'))).toEqual(['writer.lock']);
  }, 90_000);

  it('is answered with what is there, as a lower bound that says whose bytes are missing', async () => {
    const { total, coverage, caveats } = await ask('since=2h');
    const partly = BigInt((OBJECTS - 1) * bytesOf('one-denied'));
    expect(total.bytes).toBe(whole(['well', 'throttled', 'broken']) + partly);
    expect(coverage.lowerBound).toBe(true);
    const text = caveats.join('\n');
    for (const name of NAMES) expect(text.includes(`s3://${name}/ could not be read whole`), name).toBe(said(name));
    function said(name: string) {
      return !['well', 'throttled', 'broken'].includes(name);
    }
  });

  it('is mended by the next run, which fetches only what was missing', async () => {
    s3.faults.clear();
    s3.requests.length = 0;
    const report = await ingest(NAMES);
    expect(report.failures).toEqual([]);
    expect(s3.requests.filter((line) => /^read (?:well|throttled|broken) /.test(line))).toEqual([]);
    expect(s3.requests.filter((line) => line.startsWith('read one-denied'))).toHaveLength(1);
    const { total, coverage, caveats } = await ask('since=2h');
    expect(total.bytes).toBe(whole(NAMES));
    expect(caveats.join('\n')).not.toContain('could not be read');
    expect(coverage.hoursWithData).toBeGreaterThan(0);
  });

  it('says nothing more of a bucket that the config names no longer', async () => {
    s3.faults.set('well', () => 'denied');
    expect((await ingest(['well'])).failures).toHaveLength(1);
    expect((await ask('since=2h')).caveats.join('\n')).toContain('s3://well/');
    await ingest(['broken']);
    expect((await ask('since=2h')).caveats.join('\n')).not.toContain('s3://well/');
  });
});

it('stops at once when it is asked to, and keeps what it had', async () => {
  s3.faults.set('silent', () => 'silent');
  const stop = new AbortController();
  const access = openAwsAccess([]);
  const source = openFlowLogBucket(
    access,
    {
      name: 'silent',
      prefix: '',
      place: { accountId: 'x', region: 'us-east-1' },
      days: 2,
      accounts: undefined,
      regions: undefined,
    },
    { nowMs: () => NOW.getTime() },
  );
  setTimeout(() => stop.abort(), 300);
  const startedMs = performance.now();
  await expect(
    ingestSourcesInto(join(root, 'stopped'), [source], undefined, {
      elapsedMs: () => 0,
      nowMs: NOW.getTime(),
      signal: stop.signal,
    }),
  ).rejects.toThrow('Stopped.');
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  access.close();
});
