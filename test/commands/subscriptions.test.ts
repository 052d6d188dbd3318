import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as subscribe from '../../commands/subscribe.js';
import * as subscriptions from '../../commands/subscriptions.js';
import * as unsubscribe from '../../commands/unsubscribe.js';
import type { Call, Caller, Reply } from '../../src/answers/reply.js';
import { readSubscribeRequest, writeSubscribeRequest } from '../../src/answers/subscribe-words.js';
import { NetcostError } from '../../src/errors.js';
import type { DigestOutcome } from '../../src/slack/digest-post.js';
import { openState, type State } from '../../src/state/open-state.js';
import {
  addSubscription,
  changeSubscription,
  listSubscriptions,
  pauseSubscription,
  readSubscription,
  removeSubscription,
  resumeSubscription,
} from '../../src/state/subscriptions.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const DANA: Caller = { id: 'T1/UDANA', teams: 'all', roles: ['member'] };
const MIGUEL: Caller = { id: 'T1/UMIGUEL', teams: ['payments'], roles: ['member'] };
const ADMIN: Caller = { id: 'T1/UADMIN', teams: 'all', roles: ['member', 'admin'] };
const GUEST: Caller = { id: 'T1/UGUEST', teams: ['payments'], roles: [] };
let state: State;
let number: number;
let tests: DigestOutcome[];
beforeEach(async () => {
  state = await openState({ kind: 'sqlite', file: ':memory:' });
  number = 0;
  tests = [];
});
afterEach(() => state.close());

const subscribeDeps: subscribe.SubscribeDeps = {
  add: (order, about) => addSubscription(state.db, order, about),
  change: (id, order, about) => changeSubscription(state.db, id, order, about),
  teams: async () => ['Payments', 'search'],
  zoneOf: async (user) => (user === 'UDANA' ? 'Europe/Berlin' : undefined),
  channelFor: async ({ place }, wanted) => ({ id: wanted ?? place?.channelId ?? '', name: `#${wanted ?? 'here'}` }),
  countOf: async (userId) => (await listSubscriptions(state.db)).filter(({ owner }) => owner === userId).length,
  newId: () => {
    number += 1;
    return `d${number}`;
  },
};
const listDeps: subscriptions.SubscriptionsDeps = {
  list: () => listSubscriptions(state.db),
  read: (id) => readSubscription(state.db, id),
  pause: (id) => pauseSubscription(state.db, id),
  resume: (id, about) => resumeSubscription(state.db, id, about),
  remove: (id) => removeSubscription(state.db, id),
  test: async () => tests.shift() ?? { kind: 'held' },
  channelName: async (id) => `#${id}`,
};

async function say(text: string, caller = DANA, channelId = 'C1'): Promise<string> {
  const [verb = '', ...rest] = text.split(' ');
  const place = { userId: caller.id.slice(3), channelId, homeId: 'T1' };
  const call: Call = { text: rest.join(' '), nowMs: NOW, caller, place };
  const reply = await (verb === 'subscribe'
    ? subscribe.handle(subscribeDeps, call)
    : verb === 'unsubscribe'
      ? unsubscribe.handle(listDeps, call)
      : subscriptions.handle(listDeps, call));
  return shown(reply);
}

function shown(reply: Reply): string {
  if (reply.kind === 'text') return reply.lines.join('\n');
  if (reply.kind !== 'list') return reply.kind;
  const entries = reply.entries.map(({ title, lines, acts }) =>
    [title, ...lines, ...acts.map(({ label, line }) => `[${label}: ${line}]`)].join('\n'),
  );
  return [reply.title, ...(entries.length === 0 ? [reply.empty] : entries), ...reply.notes].join('\n');
}

const refusal = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(() => undefined).catch((caught: unknown) => caught);
  return error instanceof NetcostError ? `${error.code}: ${error.message}` : String(error);
};

describe('the words after subscribe', () => {
  it.each([
    [
      'team=payments daily 09:00 Europe/Berlin in <#C123|payments>',
      'team=payments daily 09:00 Europe/Berlin in <#C123>',
    ],
    ['daily', 'daily 09:00'],
    ['every monday at 9am europe/berlin', 'weekly monday 09:00 Europe/Berlin'],
    ['weekly fri 17.30 UTC to me', 'weekly friday 17:30 UTC in me'],
    ['in #payments TEAM="on call" DAILY 12am', 'team="on call" daily 00:00 in payments'],
    ['daily 0730 here', 'daily 07:30'],
    ['everything daily 12:15pm asia/tokyo', 'daily 12:15 Asia/Tokyo'],
  ])('%s', (text, canonical) => {
    expect(writeSubscribeRequest(readSubscribeRequest(text))).toBe(canonical);
  });

  it.each([
    ['', /How often is missing/],
    ['daily 24:00', /no time of a day/],
    ['daily 13pm', /no time of a day/],
    ['daily 9:75', /no time of a day/],
    ['daily monday', /no weekday/],
    ['daily weekly', /besides another/],
    ['daily 09:00 10:00', /besides another/],
    ['daily Europe/Nowhere', /"Europe\/Nowhere" is not understood/],
    ['team=a,b daily', /one team/],
    ['team=!a daily', /one team/],
    ['service=S3 daily', /"service" is none/],
    ['daily in <#C100> in <#C200>', /one channel/],
    ['hourly', /"hourly" is not understood/],
  ])('%s is refused', (text, says) => {
    expect(() => readSubscribeRequest(text)).toThrow(says);
  });
});

describe('subscriptions', () => {
  it('are ordered, listed, paused, resumed and ended', async () => {
    expect(await say('subscribe team=payments daily 09:00 Europe/Berlin in <#C700|payments>')).toBe(
      [
        'Subscribed',
        'Payments, daily at 09:00 Europe/Berlin',
        'In #C700 · d1',
        'The next one comes Sun 22 Nov 09:00 Europe/Berlin.',
        '[Pause: subscriptions pause d1]',
        '[Test now: subscriptions test d1]',
        '[Unsubscribe: unsubscribe d1]',
        'The first one comes Sun 22 Nov 09:00 Europe/Berlin and tells of Saturday 21 November: days are UTC, like AWS’s bill.',
      ].join('\n'),
    );
    expect(await say('subscriptions pause d1')).toContain('\nPaused.\n[Resume: subscriptions resume d1]');
    expect(await say('subscriptions resume D1')).toContain('The next one comes Sun 22 Nov 09:00');
    expect(await say('unsubscribe d1')).toContain('You have ordered no digest');
    expect(await listSubscriptions(state.db)).toEqual([]);
  });

  it('take the zone of the person where none is named', async () => {
    expect(await say('subscribe daily')).toContain('Europe/Berlin is your time zone as netcost knows it');
    expect(await say('subscribe weekly', ADMIN)).toContain('on Mondays at 09:00 UTC');
  });

  it('of the same team, rhythm and channel are one: their owner moves it, somebody else cannot', async () => {
    await say('subscribe team=payments daily 09:00 UTC in <#C700>');
    expect(await say('subscribe team=PAYMENTS daily 10:00 UTC in <#C700>')).toMatch(
      /^Changed\nPayments, daily at 10:00/,
    );
    expect(await refusal(say('subscribe team=payments daily 11:00 UTC in <#C700>', MIGUEL))).toMatch(
      /^usage: Somebody else has ordered that already/,
    );
    expect(await say('subscribe team=payments daily 12:00 UTC in <#C700>', ADMIN)).toContain('daily at 12:00');
    expect(await listSubscriptions(state.db)).toHaveLength(1);
  });

  it('are for full members, and for teams that they may see', async () => {
    expect(await refusal(say('subscribe team=payments daily', GUEST))).toMatch(/^denied: Subscriptions are for full/);
    expect(await refusal(say('subscribe team=search daily', MIGUEL))).toBe(
      'denied: There is no team "search" that you may see.',
    );
    expect(await refusal(say('subscribe team=nosuch daily', MIGUEL))).toBe(
      'denied: There is no team "nosuch" that you may see.',
    );
  });

  it('of others are shown in their channel to who may see the team, without buttons, and are nobody else’s to change', async () => {
    await say('subscribe team=payments daily UTC', DANA, 'C700');
    await say('subscribe team=search daily UTC', DANA, 'C700');
    const seen = await say('subscriptions', MIGUEL, 'C700');
    expect(seen).toContain('Payments, daily');
    expect(seen).not.toContain('search');
    expect(seen).not.toContain('[');
    expect(await say('subscriptions', MIGUEL, 'C1')).toContain('You have ordered no digest');
    expect(await refusal(say('subscriptions pause d1', MIGUEL, 'C700'))).toBe(
      'usage: There is no subscription "d1" of yours.',
    );
    expect(await refusal(say('unsubscribe', MIGUEL, 'C700'))).toMatch(/ordered no digest for this channel/);
    expect(await refusal(say('unsubscribe', DANA, 'C700'))).toMatch(/2 digests come to this channel/);
    expect(await say('subscriptions pause d1', ADMIN)).toContain('Paused: Payments');
  });

  it('are tested at once, and what came of it is said', async () => {
    await say('subscribe daily UTC', DANA, 'C700');
    tests = [
      { kind: 'sent', channel: 'C700', ts: '1.1', isNew: true },
      { kind: 'failed', reason: 'not_in_channel' },
      { kind: 'unsure', reason: 'missing_scope' },
    ];
    expect(await say('subscriptions test d1')).toBe(
      'Posted in #C700. By itself the next one comes Sun 22 Nov 09:00 UTC.',
    );
    expect(await refusal(say('subscriptions test d1'))).toMatch(/^upstream: Slack says not_in_channel/);
    expect(await say('subscriptions test d1')).toContain('may or may not stand in #C700');
    expect(await refusal(say('subscriptions tset d1'))).toMatch(/^usage: "tset d1" is not understood/);
  });

  it('of one person are fifty at most', async () => {
    for (let n = 0; n < 50; n += 1) await say('subscribe daily UTC', DANA, `C${1000 + n}`);
    expect(await refusal(say('subscribe daily UTC', DANA, 'C2000'))).toMatch(/^usage: You have ordered 50 digests/);
    expect(await say('subscribe daily UTC', ADMIN, 'C2000')).toMatch(/^Subscribed/);
  });

  it('say why netcost paused them', async () => {
    await say('subscribe daily UTC');
    await pauseSubscription(state.db, 'd1', 'The channel is archived. Unarchive it and resume.');
    expect(await say('subscriptions')).toContain(
      'Paused by netcost: The channel is archived. Unarchive it and resume.',
    );
  });
});
