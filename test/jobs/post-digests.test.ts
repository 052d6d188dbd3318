import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextDue } from '../../src/answers/digest-due.js';
import { NetcostError } from '../../src/errors.js';
import { createPace } from '../../src/slack/pace.js';
import { readDelivery } from '../../src/state/deliveries.js';
import { openState, type State } from '../../src/state/open-state.js';
import { addSubscription, readSubscription } from '../../src/state/subscriptions.js';
import { DAY_MS } from '../../src/units.js';
import { BOT_SCOPES } from '../../src/workspace/start-demo.js';
import type { Workspace } from '../../src/workspace/workspace-server.js';
import { CHANNELS, PEOPLE } from '../end-to-end/demo-fixture.js';
import { ALL_SCOPES, postWorkspace, testPoster } from '../slack/post-fixture.js';
import { plainDigest, testJob } from './digest-fixture.js';

const { costs } = CHANNELS;
const { dana } = PEOPLE;
const direct = `D${dana.slice(1)}`;
const ORDERED = Date.parse('2026-11-19T12:00:00Z');
let clock: number;
let workspace: Workspace;
let state: State;

async function begin(scopes: readonly string[] = ALL_SCOPES): Promise<void> {
  clock = ORDERED;
  workspace = await postWorkspace(scopes, () => clock);
  state = await openState({ kind: 'sqlite', file: ':memory:' });
}
beforeEach(() => begin());
afterEach(async () => {
  await workspace.stop();
  await state.close();
});

async function subscribe(change: Partial<Parameters<typeof addSubscription>[1]> = {}, id = 'd1'): Promise<void> {
  const order = {
    ...{ team: 'payments', every: 'daily' as const, weekday: 1, minute: 540, zone: 'UTC' },
    ...{ channel: costs, owner: dana, homeId: undefined, ...change },
  };
  await addSubscription(state.db, order, { id, nowMs: clock, nextMs: nextDue(order, clock).atMs });
}

/** One run of the job at a moment. */
function run(at: string, change: Partial<Parameters<typeof testJob>[1]> = {}): Promise<string> {
  clock = Date.parse(at);
  const now = () => clock;
  // Who sleeps lets the clock go on.
  const sleep = async (ms: number) => {
    clock += ms;
  };
  const pace = createPace({ now, sleep, random: () => 0 });
  const { poster } = testPoster(state.db, workspace.apiUrl, { now, sleep, pace });
  return testJob(state.db, { post: poster.post, now, ...change }).run(new AbortController().signal);
}
const texts = (channel: string) =>
  workspace.room.messages(channel).flatMap(({ text, threadTs }) => (threadTs === undefined ? [text] : []));
const words = (channel: string) => JSON.stringify(workspace.room.messages(channel).map(({ blocks }) => blocks));

describe('posting digests', () => {
  test('nothing before its time, one at its time, none again', async () => {
    await subscribe();
    expect(await run('2026-11-20T08:59:00Z')).toBe('nothing due');
    expect(await run('2026-11-20T09:00:00Z')).toBe('1 posted');
    expect(await run('2026-11-20T09:01:00Z')).toBe('nothing due');
    expect(await run('2026-11-21T09:00:00Z')).toBe('1 posted');
    expect(texts(costs)).toEqual([
      expect.stringContaining('payments · Thursday 19 November: $0.45 · 10.0 GiB'),
      expect.stringContaining('payments · Friday 20 November'),
    ]);
    expect(workspace.room.messages(costs).filter(({ threadTs }) => threadTs !== undefined)).toHaveLength(2);
  });

  test('what was missed comes once, late, and says what never came', async () => {
    await subscribe();
    await run('2026-11-20T09:00:00Z');
    expect(await run('2026-11-23T15:00:00Z')).toBe('1 posted');
    expect(texts(costs)).toHaveLength(2);
    expect(words(costs)).toContain('Late: it was due Mon 23 Nov 09:00 UTC.');
    expect(words(costs)).toContain('Never posted: the digests of 20 and 21 November.');
    expect(await run('2026-11-23T15:01:00Z')).toBe('nothing due');
  });

  test('a digest that was posted before the process died is not called missed', async () => {
    await subscribe();
    const { nextMs } = (await readSubscription(state.db, 'd1'))!;
    await run('2026-11-20T09:00:00Z', { settle: async () => false });
    expect((await readSubscription(state.db, 'd1'))?.nextMs).toBe(nextMs);
    await run('2026-11-21T09:00:00Z');
    expect(texts(costs)).toHaveLength(2);
    expect(words(costs)).not.toContain('Never posted');
  });

  test('one that cannot be made holds up no other, and comes when it can be', async () => {
    await subscribe();
    await subscribe({ team: 'search' }, 'd2');
    const makeDigest: Parameters<typeof testJob>[1]['makeDigest'] = async ({ team, every, day }) => {
      if (team === 'payments') throw new NetcostError('store', 'The store is being written.');
      return plainDigest(team, every, day);
    };
    await expect(run('2026-11-20T09:00:00Z', { makeDigest })).rejects.toThrow('The store is being written.');
    expect(texts(costs)).toHaveLength(1);
    expect(await run('2026-11-20T09:01:00Z')).toBe('1 posted');
    expect(texts(costs)).toHaveLength(2);
  });

  test('many at nine: all of them, one after the other in a channel', async () => {
    for (let n = 0; n < 12; n += 1) await subscribe({ team: `team-${n}` }, `d${n}`);
    expect(await run('2026-11-20T09:00:00Z')).toBe('12 posted');
    expect(new Set(texts(costs)).size).toBe(12);
  });
});

describe('what goes wrong is told to the owner in words', () => {
  test.each([
    ['an archived channel', () => workspace.room.changeChannel(costs, { isArchived: true }), /Unarchive it/],
    [
      'a channel that netcost was taken out of',
      () => workspace.room.changeChannel(costs, { members: [dana] }),
      /Type \/invite @netcost there/,
    ],
    [
      'a missing scope',
      () => workspace.faults.failNext('chat.postMessage', { kind: 'error', error: 'missing_scope' }),
      /reinstall it with the scopes of manifest.yml/,
    ],
  ])('%s: told once, paused, with a button to resume', async (_, arrange, says) => {
    await subscribe();
    arrange();
    expect(await run('2026-11-20T09:00:00Z')).toBe('1 paused');
    expect(await run('2026-11-21T09:00:00Z')).toBe('nothing due');
    expect(texts(costs)).toEqual([]);
    expect(texts(direct)).toEqual(['The digest of payments for Thursday 19 November was not posted.']);
    expect(words(direct)).toMatch(says);
    expect(words(direct)).toContain('subscriptions resume d1');
    expect(await readSubscription(state.db, 'd1')).toMatchObject({
      state: 'paused',
      problem: expect.stringMatching(says),
    });
  });

  test('readers who may not see it any more: nothing is posted, and the owner hears why', async () => {
    await subscribe();
    const checkReaders = async () => {
      throw new NetcostError('denied', 'One person in #cloud-costs may not see this, so nothing is posted there.');
    };
    expect(await run('2026-11-20T09:00:00Z', { checkReaders })).toBe('1 paused');
    expect(texts(costs)).toEqual([]);
    expect(words(direct)).toContain('One person in #cloud-costs may not see this');
  });

  test('a lost reply where history may not be read: said once, never repeated, and the next day goes on', async () => {
    await workspace.stop();
    await state.close();
    await begin(BOT_SCOPES);
    await subscribe();
    workspace.faults.failNext('chat.postMessage', { kind: 'lost' });
    expect(await run('2026-11-20T09:00:00Z')).toBe('1 unsure');
    expect(await run('2026-11-20T09:01:00Z')).toBe('nothing due');
    expect(texts(costs)).toHaveLength(1);
    expect(texts(direct)).toEqual(['The digest of payments for Thursday 19 November may or may not have arrived.']);
    expect(await readDelivery(state.db, 'digest/d1/2026-11-19')).toMatchObject({ state: 'unsure' });
    expect(await run('2026-11-21T09:00:00Z')).toBe('1 posted');
  });
});

describe('on a bad day at Slack', () => {
  test.each([
    ['429', { kind: 'status', status: 429, retryAfterSeconds: 2 }],
    ['500', { kind: 'status', status: 500 }],
    ['time-outs', { kind: 'hang' }],
    ['lost replies', { kind: 'lost' }],
  ] as const)('%s in every second call: every digest and every thread is there once', async (_, fault) => {
    for (let n = 0; n < 4; n += 1) await subscribe({ team: `team-${n}`, channel: n % 2 ? costs : dana }, `d${n}`);
    for (let n = 0; n < 8; n += 1) {
      workspace.faults.failNext('chat.postMessage', fault);
      workspace.faults.failNext('chat.postMessage', { kind: 'slow', ms: 1 });
    }
    clock = Date.parse('2026-11-20T09:00:00Z');
    for (let minute = 0; minute < 8; minute += 1) await run(new Date(clock + minute * 60_000).toISOString());
    const all = [costs, direct].flatMap((channel) => workspace.room.messages(channel));
    const keys = all.map(({ metadata }) => JSON.stringify(metadata));
    expect(new Set(keys).size).toBe(keys.length);
    expect(all.filter(({ threadTs }) => threadTs === undefined)).toHaveLength(4);
    expect(all.filter(({ threadTs }) => threadTs !== undefined)).toHaveLength(4);
    expect((await readSubscription(state.db, 'd0'))?.nextMs).toBe(Date.parse('2026-11-21T09:00:00Z'));
  });

  test('Slack away for a day: one digest, late, and the one that never came is named', async () => {
    await subscribe();
    workspace.faults.failNext('chat.postMessage', { kind: 'error', error: 'token_revoked' }, 2);
    expect(await run('2026-11-20T09:00:00Z')).toBe('1 left for the next run');
    expect(await run(new Date(Date.parse('2026-11-20T09:00:00Z') + DAY_MS).toISOString())).toBe(
      '1 left for the next run',
    );
    expect(await run('2026-11-21T10:00:00Z')).toBe('1 posted');
    expect(texts(costs)).toHaveLength(1);
    expect(words(costs)).toContain('Never posted: the digest of 19 November.');
  });
});
