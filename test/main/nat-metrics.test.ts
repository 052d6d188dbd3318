import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import * as gateways from '../../commands/gateways.js';
import type { NatMetricsRead, ReadNatMetrics } from '../../src/answers/nat-metrics.js';
import type { Call } from '../../src/answers/reply.js';
import { natDigests, readMetricsFile } from '../../src/main/nat-metrics.js';
import { postDigest } from '../../src/slack/digest-post.js';
import type { Subscription } from '../../src/state/subscriptions.js';
import { DAY_MS, HOUR_MS } from '../../src/units.js';

const NOW = Date.parse('2026-11-21T09:00:00Z');
const TODAY = Date.parse('2026-11-21T00:00:00Z');
const PERIOD = { fromMs: TODAY - DAY_MS, toMs: TODAY };
const folder = mkdtempSync(join(tmpdir(), 'netcost-metrics-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Five weeks of a gateway: a gigabyte an hour down, a tenth of it up. */
const hours = Array.from({ length: 35 * 24 }, (_, index) => TODAY - 35 * DAY_MS + index * HOUR_MS);
const points = (value: number) => hours.map((atMs) => ({ atMs, value }));
const READ: NatMetricsRead = {
  gateways: [
    {
      accountId: '111122223333',
      region: 'us-east-1',
      natGatewayId: 'nat-0a1b2c3d4e5f60001',
      up: points(1e8),
      down: points(1e9),
      active: points(40),
      attempts: points(100),
      established: points(99),
      portErrors: points(0),
    },
  ],
  completeUntilMs: NOW,
  failures: [],
  incomplete: [],
  usd: '0.00007',
  requests: 2,
};

it('reads once for all digests of a morning, again later, and again after a failure', async () => {
  let reads = 0;
  let fails = false;
  const read: ReadNatMetrics = async () => {
    reads += 1;
    if (fails) throw new Error('down');
    return READ;
  };
  const make = natDigests(read);
  await Promise.all([make({ period: PERIOD, nowMs: NOW }), make({ period: PERIOD, nowMs: NOW + 60_000 })]);
  expect(reads).toBe(1);
  await make({ period: { fromMs: TODAY - 7 * DAY_MS, toMs: TODAY }, nowMs: NOW });
  expect(reads).toBe(2);
  await make({ period: PERIOD, nowMs: NOW + 11 * 60_000 });
  expect(reads).toBe(3);
  fails = true;
  await expect(make({ period: PERIOD, nowMs: NOW + HOUR_MS })).rejects.toThrow('down');
  fails = false;
  await make({ period: PERIOD, nowMs: NOW + HOUR_MS });
  expect(reads).toBe(5);
});

it('reads the metrics of an evidence bundle, as of an hour that is over', async () => {
  const series = (MetricName: string, value: number) => ({
    Namespace: 'AWS/NATGateway',
    MetricName,
    Dimensions: [{ Name: 'NatGatewayId', Value: 'nat-1' }],
    Period: 3600,
    Stat: 'Sum',
    Timestamps: hours.map((atMs) => new Date(atMs).toISOString()),
    Values: hours.map(() => value),
  });
  const file = join(folder, 'metrics.json');
  const four = ['BytesInFromDestination', 'BytesOutToSource', 'BytesInFromSource', 'BytesOutToDestination'];
  writeFileSync(file, JSON.stringify(four.map((name) => series(name, 500))));
  const read = readMetricsFile(() => file, { accountId: '111122223333', region: 'eu-west-1' });
  const digest = await natDigests(read)({ period: PERIOD, nowMs: NOW });
  expect(digest.total.bytes).toBe(24_000n);
  expect(digest.completeUntilMs).toBe(Date.parse('2026-11-21T08:00:00Z'));
});

const subscription: Subscription = {
  id: 'd1',
  team: undefined,
  every: 'daily',
  weekday: 1,
  minute: 540,
  zone: 'UTC',
  channel: 'C1',
  owner: 'U1',
  homeId: 'T1',
  state: 'active',
  problem: undefined,
  settledMs: 0,
  nextMs: 0,
  createdMs: 0,
};

async function posted(about: Partial<Subscription>, read: NatMetricsRead = READ): Promise<string[]> {
  const texts: string[] = [];
  const outcome = await postDigest(
    {
      post: async (post) => {
        texts.push(`${post.key}: ${JSON.stringify(await post.compose())}`);
        return { kind: 'sent', channel: 'C1', ts: '1', isNew: true };
      },
      makeDigest: async () => {
        throw new Error('There are no flow logs to ask.');
      },
      makeNatDigest: natDigests(async () => read),
      checkReaders: async () => {},
      now: () => NOW,
    },
    { ...subscription, ...about },
    { atMs: NOW, day: '2026-11-20' },
    { key: 'digest/d1/2026-11-20', place: { lateSinceMs: NOW - HOUR_MS } },
  );
  expect(outcome.kind).toBe('sent');
  return texts;
}

it('posts a digest of the metrics where there are no flow logs, and says that it is late', async () => {
  const quiet = await posted({});
  expect(quiet).toHaveLength(1);
  expect(quiet[0]).toContain('24.6 GiB, $1.11, as usual');
  expect(quiet[0]).toContain('Late: it was due');
  const { gateways: all } = READ;
  const busy = all.map((one) => ({ ...one, portErrors: points(3) }));
  const [main, thread] = await posted({}, { ...READ, gateways: busy });
  expect(main).toContain('refused 72 connections');
  expect(thread).toMatch(/^digest\/d1\/2026-11-20\/thread: .*create-flow-logs/);
});

it('tells a team nothing of the bytes of all', async () => {
  const [main, ...others] = await posted({ team: 'payments' });
  expect(others).toEqual([]);
  expect(main).toContain('payments on Friday 20 November: not known.');
  expect(main).not.toMatch(/GiB|\$\d/);
});

it('shows the gateways by command to who may see every team', async () => {
  const deps = { makeNatDigest: natDigests(async () => READ) };
  const call = (text: string, teams: Call['caller']['teams'] = 'all'): Call => ({
    text,
    nowMs: NOW,
    caller: { id: 'T1/U1', teams, roles: ['member'] },
  });
  const reply = await gateways.handle(deps, call('week'));
  expect(reply).toMatchObject({
    kind: 'table',
    title: 'NAT gateways as CloudWatch counts them, 2026-11-14..2026-11-20 (UTC)',
    rows: [
      ['nat-0a1b2c3d4e5f60001 (us-east-1)', '172.1 GiB', '$7.74', '±0 %', '156.5 GiB', '15.6 GiB', '40', '99.0 %', '0'],
    ],
  });
  await expect(gateways.handle(deps, call('month'))).rejects.toThrow('"month" is not understood.');
  await expect(gateways.handle(deps, call('', ['payments']))).rejects.toThrow('all teams');
});
