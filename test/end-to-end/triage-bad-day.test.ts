import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NetcostError } from '../../src/errors.js';
import { alertsOf, nextWorkMs } from '../../src/state/incident-work.js';
import { openIncidents } from '../../src/state/incidents.js';
import type { LiveDiagnosed, LiveTriage } from '../../src/triage/live.js';
import { BOT_SCOPES } from '../../src/workspace/start-demo.js';
import { until } from './demo-fixture.js';
import { alarm, recorded, startTriageFixture, type TriageFixture, wordsOf, writeIncident } from './triage-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'netcost-bad-day-'));
const evidence = join(folder, 'reader');
let once: LiveDiagnosed;
let fixture: TriageFixture | undefined;
beforeAll(async () => {
  writeIncident(evidence, 'a service reads a bucket of its Region');
  once = await recorded(evidence).diagnose({
    subject: { kind: 'last' },
    nowMs: 0,
    signal: new AbortController().signal,
  });
}, 60_000);
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A diagnosis that takes no time, for days when Slack is what is tried. */
const quick = (): LiveTriage => ({ ...recorded(evidence), diagnose: async () => once });
const NAT = 'nat-0123456789abcdef0';

/** Waits until nothing is left but follow-ups. */
async function settle(given: TriageFixture): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    await given.bound.triage.idle();
    const next = await nextWorkMs(given.state.db);
    if (next === null || next - Date.now() > 45_000) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 250));
}

function expectWhole(given: TriageFixture, options: { readonly copies?: boolean } = {}): void {
  const parents = given.parents().filter((one) => wordsOf(one).includes('NAT gateways took'));
  expect(parents.length).toBeGreaterThanOrEqual(1);
  if (options.copies !== true) expect(given.parents()).toHaveLength(1);
  const replies = parents.flatMap((parent) => given.replies(parent.ts));
  const diagnoses = replies.filter((one) => wordsOf(one).startsWith('Diagnosis'));
  expect(diagnoses.length).toBeGreaterThanOrEqual(1);
  if (options.copies !== true) expect(diagnoses).toHaveLength(1);
  expect(replies.some((one) => one.files.length > 0)).toBe(true);
}

describe('a bad day at Slack', () => {
  const FAULTS = {
    'rate limits': { kind: 'status', status: 429, retryAfterSeconds: 1 },
    'errors of the server': { kind: 'status', status: 500 },
    'lost replies': { kind: 'lost' },
    'internal errors': { kind: 'error', error: 'internal_error' },
    'blocks that are refused': { kind: 'error', error: 'invalid_blocks' },
  } as const;
  test.each(Object.entries(FAULTS))('%s of every method in turn: one whole thread', async (_, fault) => {
    fixture = await startTriageFixture({ live: quick() });
    const { faults } = fixture.demo.workspace;
    for (const method of [
      'chat.postMessage',
      'chat.update',
      'files.getUploadURLExternal',
      'files.completeUploadExternal',
    ])
      faults.failNext(method, fault, 2);
    await fixture.bound.onAlert(alarm('a', { natGatewayIds: [NAT] }), Date.now(), '{}');
    await settle(fixture);
    expectWhole(fixture);
  });

  test('a lost reply where history may not be read: a thread all the same, a second headline at worst', async () => {
    fixture = await startTriageFixture({ live: quick(), scopes: BOT_SCOPES });
    fixture.demo.workspace.faults.failNext('chat.postMessage', { kind: 'lost' }, 1);
    await fixture.bound.onAlert(alarm('a', { natGatewayIds: [NAT] }), Date.now(), '{}');
    await settle(fixture);
    expectWhole(fixture, { copies: true });
  });

  test('somebody deletes the diagnosis: the next run posts it again, and calls nobody twice', async () => {
    fixture = await startTriageFixture({ live: quick(), settings: { mentions: { orders: 'U0MIGUEL1' } } });
    await fixture.bound.onAlert(alarm('a', { natGatewayIds: [NAT] }), Date.now(), '{}');
    await settle(fixture);
    const parent = fixture.parents()[0]!;
    const diagnosis = fixture.replies(parent.ts).find((one) => wordsOf(one).startsWith('Diagnosis'))!;
    expect(wordsOf(diagnosis)).toContain('<@U0MIGUEL1>');
    fixture.demo.workspace.room.remove(diagnosis);
    // Another second, so that the next run draws another message.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const [incident] = await openIncidents(fixture.state.db, 'all');
    await fixture.bound.desk.decide(incident!, { kind: 'run-again' }, 'U0DANA001');
    await settle(fixture);
    const again = fixture.replies(parent.ts).filter((one) => wordsOf(one).startsWith('Diagnosis'));
    expect(again).toHaveLength(1);
    expect(wordsOf(again[0])).not.toContain('<@U0MIGUEL1>');
  });
});

describe('a bad day at AWS', () => {
  const KEYS = ['cloudwatch', 'cloudtrail', 'ec2', 'ecr', 'cost-explorer', 'flow-logs'] as const;
  test.each(KEYS)('%s refuses: the thread says that it is missing', async (key) => {
    const dir = join(folder, key);
    writeIncident(dir, 'a service reads a bucket of its Region');
    writeFileSync(join(dir, 'errors.json'), JSON.stringify({ [key]: 'AccessDenied: not authorized' }));
    fixture = await startTriageFixture({ live: recorded(dir) });
    await fixture.bound.onAlert(alarm('a', { natGatewayIds: [NAT] }), Date.now(), '{}');
    await settle(fixture);
    const replies = fixture.replies(fixture.parents()[0]!.ts).map((one) => wordsOf(one));
    expect(replies.find((one) => one.startsWith('Asked'))).toMatch(/failed, AccessDenied/);
    expect(replies.find((one) => one.startsWith('Diagnosis'))).toMatch(/\*Not known\*[\s\S]*AccessDenied/);
  });

  test('everything fails: the thread says so, it is tried again, and a person can ask for it', async () => {
    fixture = await startTriageFixture({
      live: {
        ...quick(),
        diagnose: async () => {
          throw new NetcostError('upstream', 'AWS cannot be reached.', { hint: 'Check the network.' });
        },
      },
    });
    await fixture.bound.onAlert(alarm('a', { natGatewayIds: [NAT] }), Date.now(), '{}');
    await fixture.bound.triage.idle();
    const [progress] = fixture.replies(fixture.parents()[0]!.ts);
    expect(wordsOf(progress)).toContain(
      'AWS cannot be reached. Check the network. It is tried again in a few minutes.',
    );
  });
});

describe('a storm', () => {
  test('1,000 alerts within a minute: a few threads, one for the rest, none lost, Slack at ease, the loop free', async () => {
    fixture = await startTriageFixture({ live: quick() });
    let longestMs = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last - 5);
      last = performance.now();
    }, 5);
    const firstMs: number[] = [];
    const startedMs = performance.now();
    const stopWatching = fixture.demo.workspace.room.subscribe((event) => {
      if (event.kind === 'message' && event.message.threadTs === undefined && !event.message.isEdited)
        firstMs.push(performance.now() - startedMs);
    });
    for (let index = 0; index < 1_000; index += 1) {
      await fixture.bound.onAlert(alarm(`a${index}`, { natGatewayIds: [`nat-${index}`] }), Date.now(), '{}');
      if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => fixture!.parents().length === 5, 'the headlines');
    await fixture.bound.triage.idle();
    clearInterval(watch);
    stopWatching();
    const open = await openIncidents(fixture.state.db, 'all');
    const counts = await Promise.all(open.map(async ({ id }) => (await alertsOf(fixture!.state.db, id)).length));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(open).toHaveLength(5);
    const burst = open.find((one) => one.isBurst)!;
    expect(burst.alertCount).toBe(996);
    // Nothing of what was posted met Slack's limit: the stand-in answers 429 to more than ten posts in five seconds.
    const posts = fixture.demo.workspace.calls.filter(({ method }) => method === 'chat.postMessage');
    expect(posts.length).toBeLessThan(40);
    process.stdout.write(
      `storm: headlines after ${firstMs.map((ms) => Math.round(ms)).join(', ')} ms; longest hold of the loop ${Math.round(longestMs)} ms; ${fixture.demo.workspace.calls.length} calls of Slack\n`,
    );
    expect(Math.max(...firstMs.slice(0, 4))).toBeLessThan(10_000);
  });
});
