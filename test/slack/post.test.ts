import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPace } from '../../src/slack/pace.js';
import { claimDelivery, readDelivery } from '../../src/state/deliveries.js';
import { openState, type State } from '../../src/state/open-state.js';
import { BOT_SCOPES } from '../../src/workspace/start-demo.js';
import type { Workspace } from '../../src/workspace/workspace-server.js';
import { CHANNELS, PEOPLE } from '../end-to-end/demo-fixture.js';
import { freePort } from '../end-to-end/free-port.js';
import { postWorkspace, saying, testPoster } from './post-fixture.js';

const { costs, payments } = CHANNELS;
const key = 'digest/s1/2026-11-20';
let workspace: Workspace;
let state: State;

beforeEach(async () => {
  workspace = await postWorkspace();
  state = await openState({ kind: 'sqlite', file: ':memory:' });
});
afterEach(async () => {
  await workspace.stop();
  await state.close();
});

const texts = (channel: string = costs) => workspace.room.messages(channel).map(({ text }) => text);
const start = (change = {}) => testPoster(state.db, workspace.apiUrl, change);
const due = { key, channel: costs, compose: saying('yesterday: $4') };

describe('a post by a claim', () => {
  test('is posted once however often it is asked for, and worked out once', async () => {
    let composed = 0;
    const compose = () => {
      composed += 1;
      return saying('yesterday: $4')();
    };
    const { poster } = start();
    const first = await poster.post({ ...due, compose });
    expect(first).toMatchObject({ kind: 'sent', channel: costs, isNew: true });
    expect(await start().poster.post({ ...due, compose })).toEqual({ ...first, isNew: false });
    expect([texts(), composed]).toEqual([['yesterday: $4'], 1]);
  });

  test('is one of two at the same moment', async () => {
    const posters = [start(), start(), start()];
    const kinds = (await Promise.all(posters.map(({ poster }) => poster.post(due)))).map(({ kind }) => kind).sort();
    expect(kinds).toEqual(['held', 'held', 'sent']);
    expect(texts()).toHaveLength(1);
  });

  test('carries its key in metadata, and nothing else', async () => {
    await start().poster.post(due);
    expect(workspace.room.messages(costs)[0]?.metadata).toEqual({
      event_type: 'netcost_post',
      event_payload: { key },
    });
  });

  test('is given back where it cannot be worked out, and the next one tries again', async () => {
    const compose = async () => {
      throw new Error('the store is away');
    };
    await expect(start().poster.post({ ...due, compose })).rejects.toThrow('the store is away');
    expect(await start().poster.post(due)).toMatchObject({ kind: 'sent', isNew: true });
  });

  test('goes into a thread and into direct messages', async () => {
    const { poster } = start();
    const parent = await poster.post(due);
    const threadTs = parent.kind === 'sent' ? parent.ts : '';
    await poster.post({ ...due, key: `${key}/more`, threadTs, compose: saying('more') });
    const direct = await poster.post({ ...due, key: 'word/1', channel: PEOPLE.dana, compose: saying('a word') });
    expect(workspace.room.messages(costs)[1]).toMatchObject({ threadTs, text: 'more' });
    expect(direct).toMatchObject({ kind: 'sent', channel: `D${PEOPLE.dana.slice(1)}` });
  });

  test('keeps to the claim: whoever slept past the lease sends nothing', async () => {
    const { poster } = start({ leaseMs: 0 });
    const compose = async () => {
      await start().poster.post(due);
      return saying('too late')();
    };
    expect(await poster.post({ ...due, compose })).toEqual({ kind: 'held' });
    expect(texts()).toEqual(['yesterday: $4']);
  });
});

describe('on a bad day at Slack', () => {
  test.each([
    ['429 with a number', { kind: 'status', status: 429, retryAfterSeconds: 7 }, 1, [7_000]],
    ['429 twice', { kind: 'status', status: 429, retryAfterSeconds: 2 }, 2, [2_000, 2_000]],
    ['429 without a number', { kind: 'status', status: 429 }, 1, [30_000]],
    ['500', { kind: 'status', status: 500 }, 1, [15_000]],
    ['503 twice', { kind: 'status', status: 503 }, 2, [15_000, 15_000]],
    ['internal_error', { kind: 'error', error: 'internal_error' }, 1, [15_000]],
    ['a time-out before it is done', { kind: 'hang' }, 1, [15_000]],
    ['a time-out after it is done', { kind: 'lost' }, 1, [15_000]],
    ['ratelimited', { kind: 'error', error: 'ratelimited' }, 1, [30_000]],
    ['invalid_blocks', { kind: 'error', error: 'invalid_blocks' }, 1, []],
  ] as const)('%s: it is there once', async (_, fault, times, waits) => {
    workspace.faults.failNext('chat.postMessage', fault, times);
    const { poster, slept } = start();
    expect(await poster.post(due)).toMatchObject({ kind: 'sent', isNew: true });
    expect(texts()).toEqual(['yesterday: $4']);
    expect(slept.filter((ms) => ms >= 2_000)).toEqual(waits);
    expect(await start().poster.post(due)).toMatchObject({ kind: 'sent', isNew: false });
  });

  test('a rate limit of minutes is left to a later run, and is no doubt', async () => {
    workspace.faults.failNext('chat.postMessage', { kind: 'status', status: 429, retryAfterSeconds: 120 });
    let clock = Date.now();
    const now = () => clock;
    expect(await start({ now }).poster.post(due)).toEqual({
      kind: 'later',
      reason: 'ratelimited',
      untilMs: clock + 120_000,
    });
    expect(await start({ now }).poster.post(due)).toEqual({ kind: 'held' });
    clock += 120_000;
    expect(await start({ now }).poster.post(due)).toMatchObject({ kind: 'sent' });
    expect(workspace.calls.some(({ method }) => method === 'conversations.history')).toBe(false);
  });

  test('Slack away for long: it comes when Slack is back', async () => {
    workspace.faults.failNext('chat.postMessage', { kind: 'status', status: 503 }, 3);
    let clock = Date.now();
    const now = () => clock;
    expect(await start({ now }).poster.post(due)).toMatchObject({ kind: 'later', reason: 'http_503' });
    clock += 60_000;
    expect(await start({ now }).poster.post(due)).toMatchObject({ kind: 'sent' });
    expect(texts()).toHaveLength(1);
  });

  test('Slack that cannot be reached at all is no doubt', async () => {
    const away = testPoster(state.db, `http://127.0.0.1:${await freePort()}/api/`);
    expect(await away.poster.post(due)).toMatchObject({ kind: 'later', reason: 'unreachable' });
    expect(await readDelivery(state.db, key)).toMatchObject({ state: 'claimed' });
  });

  test('a history that does not answer now is looked at again before anything is sent', async () => {
    workspace.faults.failNext('chat.postMessage', { kind: 'lost' });
    workspace.faults.failNext('conversations.history', { kind: 'status', status: 500 });
    let clock = Date.now();
    const now = () => clock;
    expect(await start({ now }).poster.post(due)).toMatchObject({ kind: 'later', reason: 'no_look' });
    clock += 60_000;
    expect(await start({ now }).poster.post(due)).toMatchObject({ kind: 'sent' });
    expect(texts()).toHaveLength(1);
  });
});

describe('where history may not be read', () => {
  beforeEach(async () => {
    await workspace.stop();
    workspace = await postWorkspace(BOT_SCOPES);
  });

  test.each([
    ['it was posted', { kind: 'lost' }, 1],
    ['it was not posted', { kind: 'hang' }, 0],
    ['nobody knows', { kind: 'status', status: 500 }, 0],
  ] as const)('a lost reply is said to be unsure and never repeated: %s', async (_, fault, there) => {
    workspace.faults.failNext('chat.postMessage', fault);
    expect(await start().poster.post(due)).toEqual({ kind: 'unsure', reason: 'missing_scope' });
    expect(await start().poster.post(due)).toEqual({ kind: 'unsure', reason: 'missing_scope' });
    expect(texts()).toHaveLength(there);
  });

  test('direct messages can be looked at all the same', async () => {
    workspace.faults.failNext('chat.postMessage', { kind: 'lost' });
    expect(await start().poster.post({ ...due, channel: PEOPLE.dana })).toMatchObject({ kind: 'sent' });
    expect(texts(`D${PEOPLE.dana.slice(1)}`)).toHaveLength(1);
  });
});

describe('what a dead process left', () => {
  const leftSending = async () => {
    workspace.faults.failNext('chat.postMessage', { kind: 'lost' });
    workspace.faults.failNext('conversations.history', { kind: 'status', status: 500 });
    await start().poster.post(due);
  };

  test('a claim alone is taken over after the lease', async () => {
    await claimDelivery(state.db, { key, by: 'dead', nowMs: Date.now() - 10_000 }, 5_000);
    expect(await start().poster.post(due)).toMatchObject({ kind: 'sent', isNew: true });
  });

  test('what it had sent is found, though others wrote meanwhile', async () => {
    await leftSending();
    for (let index = 0; index < 450; index += 1)
      workspace.room.post({ channel: costs, userId: PEOPLE.dana, text: `${index}` });
    const later = Date.now() + 120_000;
    expect(await start({ now: () => later }).poster.post(due)).toMatchObject({ kind: 'sent' });
    expect(texts().filter((text) => text.includes('$4'))).toHaveLength(1);
  });

  test('metadata that somebody else wrote is not taken for ours', async () => {
    workspace.faults.failNext('chat.postMessage', { kind: 'hang' });
    const metadata = { event_type: 'netcost_post', event_payload: { key } };
    workspace.room.post({ channel: costs, userId: PEOPLE.miguel, text: 'forged', metadata });
    expect(await start().poster.post(due)).toMatchObject({ kind: 'sent' });
    expect(texts()).toEqual(['forged', 'yesterday: $4']);
  });
});

describe('refusals', () => {
  test.each([
    ['is_archived', () => workspace.room.changeChannel(costs, { isArchived: true })],
    ['not_in_channel', () => workspace.room.changeChannel(costs, { members: [PEOPLE.dana] })],
    ['missing_scope', () => workspace.faults.failNext('chat.postMessage', { kind: 'error', error: 'missing_scope' })],
  ])('%s ends it, in the word of Slack', async (reason, arrange) => {
    arrange();
    expect(await start().poster.post(due)).toEqual({ kind: 'failed', reason });
    expect(await start().poster.post(due)).toEqual({ kind: 'failed', reason });
    expect(texts()).toEqual([]);
  });

  test('a private channel that netcost is not in', async () => {
    workspace.room.changeChannel(payments, { members: [PEOPLE.dana] });
    const post = { ...due, channel: payments };
    expect(await start().poster.post(post)).toEqual({ kind: 'failed', reason: 'channel_not_found' });
  });

  test('a token that is no longer valid is everybody’s trouble: it waits', async () => {
    workspace.faults.failNext('chat.postMessage', { kind: 'error', error: 'token_revoked' });
    expect(await start().poster.post(due)).toMatchObject({ kind: 'later', reason: 'token_revoked' });
    expect(await readDelivery(state.db, key)).toMatchObject({ state: 'claimed' });
  });
});

test('the pace is one message a second in a channel and a little more; channels do not wait for each other', async () => {
  let clock = 1_000_000;
  const slept: [string, number][] = [];
  let channel = '';
  const sleep = async (ms: number) => {
    slept.push([channel, ms]);
    clock += ms;
  };
  const pace = createPace({ now: () => clock, sleep, random: () => 0.4 });
  for (channel of ['C1', 'C1', 'C2', 'C1', 'C1']) await pace(channel);
  expect(slept).toEqual([
    ['C1', 1_100],
    ['C1', 1_100],
    ['C1', 1_100],
  ]);
});
