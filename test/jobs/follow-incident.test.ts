import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { lastIncident } from '../../src/state/incidents.js';
import type { LiveDiagnosed, LiveTriage } from '../../src/triage/live.js';
import type { Diagnosis } from '../../src/triage/report.js';
import { until } from '../end-to-end/demo-fixture.js';
import {
  alarm,
  recorded,
  startTriageFixture,
  type TriageFixture,
  wordsOf,
  writeIncident,
} from '../end-to-end/triage-fixture.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GIB = 1024 ** 3;
const folder = mkdtempSync(join(tmpdir(), 'netcost-follow-'));
let once: LiveDiagnosed;
let fixture: TriageFixture | undefined;
let aheadMs = 0;
const now = () => Date.now() + aheadMs;

beforeAll(async () => {
  writeIncident(folder, 'a service reads a bucket of its Region');
  once = await recorded(folder).diagnose({ subject: { kind: 'last' }, nowMs: 0, signal: new AbortController().signal });
}, 60_000);
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
  aheadMs = 0;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The diagnosis as if it had begun three days ago, still going on. */
function diagnosed(change: Partial<Diagnosis> = {}): LiveDiagnosed {
  const onsetMs = Math.floor(Date.now() / HOUR) * HOUR - 3 * DAY;
  const iso = (ms: number) => new Date(ms).toISOString();
  const { until: _, ...status } = once.report.status;
  return {
    ...once,
    report: {
      ...once.report,
      onset: { earliest: iso(onsetMs), latest: iso(onsetMs + 600_000) },
      status: { ...status, state: 'ongoing' },
      ...change,
    },
  };
}

/** Hourly bytes: `usual` GiB an hour, `high` from three days ago until `endsMs`. */
const bytes =
  (usual: number, high: number, endsMs: () => number): LiveTriage['readGatewayBytes'] =>
  async (_, { fromMs, toMs }) => {
    const onsetMs = Math.floor(Date.now() / HOUR) * HOUR - 3 * DAY;
    const points = [];
    for (let atMs = Math.ceil(fromMs / HOUR) * HOUR; atMs + HOUR <= toMs; atMs += HOUR) {
      const wave = 1 + 0.02 * Math.sin(atMs / HOUR);
      points.push({ atMs, value: (atMs >= onsetMs && atMs < endsMs() ? high : usual) * wave * GIB });
    }
    return { state: 'read', value: points };
  };

async function begin(live: Partial<LiveTriage>): Promise<TriageFixture> {
  fixture = await startTriageFixture({
    now,
    live: {
      ...recorded(folder),
      diagnose: async () => diagnosed(),
      readGatewayBytes: bytes(4, 13, () => Infinity),
      ...live,
    },
  });
  await fixture.bound.onAlert(alarm('a', { natGatewayIds: ['nat-1'] }), now(), '{}');
  await fixture.bound.triage.idle();
  return fixture;
}
async function later(given: TriageFixture, ms: number): Promise<void> {
  aheadMs += ms;
  given.bound.triage.kick();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await given.bound.triage.idle();
}
const thread = (given: TriageFixture) => given.replies(given.parents()[0]!.ts).map((one) => wordsOf(one));
const markFixed = async (given: TriageFixture) => {
  await given.bound.desk.decide((await lastIncident(given.state.db))!, { kind: 'fixed' }, 'U0DANA001');
  await given.bound.triage.idle();
};

describe('a day after "fixed"', () => {
  test('the bytes fell: said with the figures, before, after and usual', async () => {
    let fixedMs = Infinity;
    const given = await begin({ readGatewayBytes: bytes(4, 13, () => fixedMs) });
    fixedMs = now();
    await markFixed(given);
    expect(wordsOf(given.parents()[0])).toMatch(/Marked as fixed by <@U0DANA001>; checked/);
    await later(given, 23 * HOUR);
    expect(thread(given).join()).not.toContain('an hour; before the fix');
    await later(given, 2 * HOUR);
    const verdict = await until(
      () => thread(given).find((one) => one.includes('before the fix it was')),
      'the verdict',
    );
    expect(verdict).toMatch(
      /take (3\.9|4\.0)\d GiB an hour; before the fix it was 1[23]\.\d GiB an hour, (3\.9|4\.0)\d GiB an hour is usual/,
    );
    expect(verdict).toMatch(/They fell: what was too much is gone, \$\d+\.\d\d a day less/);
    expect(wordsOf(given.parents()[0])).toContain('the bytes fell, what was too much is gone');
    await later(given, 30 * HOUR);
    expect(thread(given).filter((one) => one.includes('before the fix it was'))).toHaveLength(1);
  });

  test('the bytes did not fall: said, and open again', async () => {
    const given = await begin({});
    await markFixed(given);
    await later(given, 25 * HOUR);
    await until(() => thread(given).some((one) => one.includes('They did not fall')), 'the verdict');
    expect(wordsOf(given.parents()[0])).toContain('open again, for after a day the bytes had not fallen');
  });

  test('CloudWatch cannot be read: asked again for half a day, then said that it is not known', async () => {
    const given = await begin({ readGatewayBytes: async () => ({ state: 'failed', error: 'AccessDenied' }) });
    await markFixed(given);
    await later(given, 25 * HOUR);
    expect(thread(given).join()).not.toContain('is not known: CloudWatch');
    await later(given, 13 * HOUR);
    await until(
      () =>
        thread(given).some((one) =>
          one.includes('whether the bytes fell is not known: CloudWatch could not be read (AccessDenied)'),
        ),
      'the verdict',
    );
  });
});

test('an excess that ends by itself is said once, and the headline shows it', async () => {
  let endsMs = Infinity;
  const given = await begin({ readGatewayBytes: bytes(4, 13, () => endsMs) });
  await later(given, 2 * HOUR);
  expect(wordsOf(given.parents()[0])).toContain('Open since');
  endsMs = now();
  await later(given, 30 * HOUR);
  await until(() => thread(given).some((one) => one.includes('It ended by itself')), 'the end');
  await until(() => wordsOf(given.parents()[0]).includes('Ended by itself'), 'the state');
});

test('CloudTrail is asked again after fifteen minutes, once, and the diagnosis is edited', async () => {
  let runs = 0;
  const given = await begin({
    diagnose: async () => {
      runs += 1;
      return diagnosed();
    },
  });
  expect(runs).toBe(1);
  expect(thread(given).join()).toContain('CloudTrail is asked again');
  await later(given, 16 * 60_000);
  await until(() => thread(given).join().includes('CloudTrail was asked again for late events'), 'the edit');
  expect(runs).toBe(2);
  expect(thread(given).filter((one) => one.startsWith('Diagnosis'))).toHaveLength(1);
  await later(given, HOUR);
  expect(runs).toBe(2);
});

test('without flow logs the diagnosis runs again by itself once there are some, and calls the owner it finds then', async () => {
  let haveArrived = false;
  let runs = 0;
  const without = () =>
    diagnosed({
      causes: [],
      evidence: [
        {
          id: 'e1',
          source: 'flow-logs',
          status: 'absent',
          asked: 'flow logs',
          says: 'flow logs not available',
          values: {},
        },
      ],
      gaps: ['flow logs: not available'],
    });
  fixture = await startTriageFixture({
    now,
    settings: { mentions: { orders: 'U0MIGUEL1' } },
    live: {
      ...recorded(folder),
      readGatewayBytes: bytes(4, 13, () => Infinity),
      diagnose: async () => {
        runs += 1;
        return haveArrived ? diagnosed() : without();
      },
      haveFlowLogsArrived: async () => haveArrived,
    },
  });
  await fixture.bound.onAlert(alarm('a', { natGatewayIds: ['nat-1'] }), now(), '{}');
  await fixture.bound.triage.idle();
  const given = fixture;
  // The second run asks CloudTrail again; there are no logs yet.
  await later(given, 16 * 60_000);
  expect(runs).toBe(2);
  expect(JSON.stringify(given.demo.workspace.room.messages('C0COSTS01'))).not.toContain('<@U0MIGUEL1>');
  haveArrived = true;
  await later(given, 11 * 60_000);
  await until(() => thread(given).some((one) => one.includes('Flow logs of these gateways have arrived')), 'the note');
  await until(() => thread(given).some((one) => one.startsWith('<@U0MIGUEL1>')), 'the call');
  await later(given, 3 * HOUR);
  const calls = thread(given).filter((one) => one.includes('<@U0MIGUEL1>'));
  expect(calls).toHaveLength(1);
});
