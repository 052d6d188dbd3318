import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import { parseConfig } from '../../src/config.js';
import { copySourcesOf } from '../../src/main/copy-sources.js';
import { openLive } from '../../src/main/triage-aws.js';
import type { DiagnosisSubject, EvidenceArrival } from '../../src/triage/live.js';
import { natOf, writeWorld } from '../scenarios/incident-world.js';
import { INCIDENTS } from '../scenarios/incidents.js';
import { type FakeAws, startFakeAws } from './fake-aws.js';

const root = mkdtempSync(join(tmpdir(), 'netcost-live-thread-'));
const dir = join(root, 'world');
const { world } = INCIDENTS['a service reads a bucket of its Region']!({});
const elapsedMs = () => performance.now();
let aws: FakeAws;

beforeAll(async () => {
  writeWorld(world, dir);
  aws = await startFakeAws({ '111122223333 us-east-1': dir });
  vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
}, 60_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.stop();
  rmSync(root, { recursive: true, force: true });
});

it('asks AWS and the store from a thread, and tells what it tells without one, with the loop free', async () => {
  const config = parseConfig(
    JSON.stringify({
      aws: { accounts: [{ id: '111122223333', regions: ['us-east-1'] }] },
      data: {
        store: join(root, 'store'),
        owners: join(dir, 'owners.yaml'),
        ipRanges: join(dir, 'ip-ranges.json'),
        asn: join(dir, 'asn.csv'),
        copies: join(root, 'copies'),
      },
    }),
    'netcost.yaml',
  );
  const engine = await openEngine(
    { ...config.data, copies: copySourcesOf(config), flowLogs: join(dir, 'flow-logs') },
    { elapsedMs },
  );
  const payload = readFileSync(join(dir, 'alert.json'), 'utf8');
  const here = openLive(config, engine, { elapsedMs, lastPayload: async () => payload });
  const inThread = openLive(config, engine, { elapsedMs, lastPayload: async () => payload, keepLoopFree: true });
  const signal = new AbortController().signal;
  const ask = async (live: typeof here, subject: DiagnosisSubject) => {
    const arrivals: EvidenceArrival[] = [];
    const before = performance.eventLoopUtilization();
    const result = await live.diagnose({
      ...{ subject, nowMs: world.endMs, signal },
      onEvidence: (arrival) => arrivals.push(arrival),
    });
    const { active } = performance.eventLoopUtilization(before);
    return { result, active, arrivals: arrivals.map(({ source, state }) => `${source} ${state}`).sort() };
  };
  try {
    const one = await ask(inThread, { kind: 'last' });
    const other = await ask(here, { kind: 'last' });
    // The stand-in throttles by the clock; what was answered is counted alike.
    const said = ({ result: { save: _, calls, ...result } }: typeof one) => ({
      ...result,
      report: { ...result.report, tookMs: 0 },
      answered: calls.requests - calls.throttled,
    });
    expect(said(one)).toEqual(said(other));
    expect(one.arrivals).toEqual(other.arrivals);
    expect(one.result.report.causes[0]?.id).toBe('s3-same-region');
    expect(one.result.calls.requests).toBeGreaterThan(10);
    process.stdout.write(
      `loop at work: ${Math.round(one.active)} ms in a thread, ${Math.round(other.active)} ms without one (AWS's stand-in included)\n`,
    );
    expect(one.active).toBeLessThan(other.active / 2);
    await one.result.save(join(root, 'saved'));
    expect(readFileSync(join(root, 'saved', 'alert.json'), 'utf8')).toContain(`anomaly-${world.seed}`);
    const ids = [natOf(world, 0)];
    const window = { fromMs: world.onsetMs, toMs: world.endMs };
    const bytes = await inThread.readGatewayBytes(ids, window);
    expect(bytes).toEqual(await here.readGatewayBytes(ids, window));
    expect(bytes).toMatchObject({ state: 'read' });
    await expect(
      inThread.diagnose({
        ...{ nowMs: world.endMs, signal },
        subject: { kind: 'nat', natGatewayIds: ['nat-0123456789abcdef0'] },
      }),
    ).rejects.toMatchObject({ code: 'input' });
    await expect(
      inThread.diagnose({ ...{ nowMs: world.endMs, signal }, subject: { kind: 'team', team: 'nobody' } }),
    ).rejects.toMatchObject({ code: 'input', message: expect.stringContaining('team nobody') });
  } finally {
    await inThread.close();
    await here.close();
    await engine.close();
  }
}, 300_000);
