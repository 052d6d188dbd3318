import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import type { Call } from '../../src/answers/reply.js';
import { SILENT } from '../../src/log.js';
import { bindDigests } from '../../src/main/digests.js';
import { bindPosting, type Posting } from '../../src/main/posting.js';
import { type AccessRules, OPEN_ACCESS } from '../../src/slack/access.js';
import { openState, type State } from '../../src/state/open-state.js';
import { listSubscriptions } from '../../src/state/subscriptions.js';
import { renderMessage } from '../../src/workspace/render-message.js';
import type { RoomMessage } from '../../src/workspace/room.js';
import { stackOf } from '../../src/workspace/views.js';
import { natLegs, openBucket, type Row, type SmallBucket, textOf, V5 } from '../fixtures/small-bucket.js';
import { CHANNELS, type Fixture, PEOPLE, readable, startFixture, until } from './demo-fixture.js';

const OWNERS = `owners:
  - { team: payments, prefixes: [10.20.1.0/24] }
  - { team: search, prefixes: [10.20.2.0/24] }
`;
const { costs, payments, general, shared } = CHANNELS;
const { dana, miguel, priya } = PEOPLE;

let bucket: SmallBucket;
let engine: Engine;
let state: State;
let fixture: Fixture;
let digests: ReturnType<typeof bindDigests>;
let clock: number;

beforeAll(async () => {
  bucket = await openBucket({ owners: OWNERS });
  const rows: Row[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    const start = Date.parse('2026-11-20T00:30:00Z') / 1000 + hour * 3_600;
    const more = { start, end: start + 59 };
    rows.push(...natLegs({ client: '10.20.1.10', remote: '198.18.0.1', up: 1024 ** 3, more }));
    rows.push(...natLegs({ client: '10.20.2.10', remote: '198.18.0.2', up: 1024 ** 3, more }));
  }
  await bucket.put({ 'rows.log': textOf(V5, rows) });
  await bucket.ingest();
  engine = await openEngine({ store: bucket.store, owners: `${bucket.dir}/owners.yaml` }, { elapsedMs: () => 0 });
}, 60_000);
afterAll(async () => {
  await engine?.close();
  await bucket?.remove();
});
beforeEach(() => begin(OPEN_ACCESS));
afterEach(async () => {
  await fixture.demo.stop();
  await state.close();
});

async function begin(access: AccessRules): Promise<void> {
  clock = Date.parse('2026-11-20T12:00:00Z');
  state = await openState({ kind: 'sqlite', file: ':memory:' });
  let posting: Posting | undefined;
  const nowMs = () => clock;
  digests = bindDigests({ engine, state, nowMs, log: SILENT, posting: () => posting!, watches: false });
  // Slack's signatures are of today; what the commands take for now is the clock of the test.
  const more = digests.commands.map((command) => ({
    ...command,
    handle: (call: Call) => command.handle({ ...call, nowMs: clock }),
  }));
  fixture = await startFixture({ access, more });
  const { botToken, workspace } = fixture.demo;
  posting = bindPosting({ botToken, apiUrl: workspace.apiUrl, access, state, nowMs, log: SILENT });
}
async function beginAnew(access: AccessRules): Promise<void> {
  await fixture.demo.stop();
  await state.close();
  await begin(access);
}

const words = (message: RoomMessage) => readable(renderMessage(fixture.demo.workspace.room, message, 0));

/** What a person reads last after a line of theirs, or after a press. */
async function say(user: string, channel: string, text: string, has: RegExp): Promise<string> {
  await fixture.demo.workspace.acts.say(user, channel, undefined, text);
  return read(user, channel, has);
}
async function read(user: string, channel: string, has: RegExp): Promise<string> {
  return until(
    () =>
      fixture
        .seen(user, channel)
        .map(words)
        .find((each) => has.test(each)),
    `${has}`,
  );
}
async function press(user: string, channel: string, label: string): Promise<void> {
  const found = fixture
    .seen(user, channel)
    .flatMap((message) =>
      message.blocks.flatMap((block) =>
        (Array.isArray(block.elements) ? block.elements : [])
          .filter((element: { text?: { text?: string } }) => element.text?.text === label)
          .map((element: { action_id: string }) => [message.ts, block.block_id, element.action_id] as const),
      ),
    );
  const [ts, block, action] = found.at(-1) ?? ['', '', ''];
  await fixture.demo.workspace.acts.press(user, channel, ts, block, action);
}

describe('a digest', () => {
  test('is ordered by command, tested, posted in the morning, paused and ended by its buttons', async () => {
    const line = '/netcost subscribe team=payments daily 09:00 Europe/Berlin in #payments-oncall';
    const said = await say(dana, costs, line, /Subscribed/);
    expect(said).toContain('payments, daily at 09:00 Europe/Berlin In #payments-oncall');
    expect(said).toContain('The first one comes Sat 21 Nov 09:00 Europe/Berlin and tells of Friday 20 November');
    expect(await digests.job.run(new AbortController().signal)).toBe('nothing due');
    clock = Date.parse('2026-11-21T08:00:00Z');
    expect(await digests.job.run(new AbortController().signal)).toBe('1 posted');
    const morning = await read(miguel, payments, /Friday 20 November/);
    expect(morning).toContain('$1.08 · 24.0 GiB through NAT');
    expect(morning).toContain('Nothing to compare with yet: the flow logs begin here.');
    await press(dana, costs, 'Test now');
    await read(dana, costs, /Posted in #payments-oncall/);
    await read(miguel, payments, /Asked for by hand/);
    await say(dana, costs, '/netcost subscriptions', /Subscriptions/);
    await press(dana, costs, 'Pause');
    await read(dana, costs, /Paused: payments/);
    clock = Date.parse('2026-11-22T08:00:00Z');
    expect(await digests.job.run(new AbortController().signal)).toBe('nothing due');
    await press(dana, costs, 'Unsubscribe');
    await read(dana, costs, /Unsubscribed: payments/);
    expect(await listSubscriptions(state.db)).toEqual([]);
  });

  test('is ordered in a window, which says what is wrong', async () => {
    const { acts, room } = fixture.demo.workspace;
    await acts.say(dana, costs, undefined, '/netcost subscribe');
    const view = await until(
      () => stackOf(room, dana).find((each) => each.blocks.some(({ block_id }) => block_id === 'rhythm')),
      'the window',
    );
    const set = (block: string, state: Record<string, unknown>) =>
      acts.change(dana, view.id, block, `pick:${block}`, state);
    await set('team', { value: 't1' });
    await set('rhythm', { value: 'weekly monday' });
    await set('zone', { value: 'Europe/Nowhere' });
    expect(await acts.submit(dana, view.id)).toEqual({
      zone: 'This is no time zone. Write it as Europe/Berlin or UTC.',
    });
    await set('zone', { value: 'europe/london' });
    await set('time', { value: '25:00' });
    expect(Object.keys(await acts.submit(dana, view.id))).toEqual(['time']);
    await set('time', { value: '8:30' });
    expect(await acts.submit(dana, view.id)).toEqual({});
    expect(await read(dana, costs, /Subscribed/)).toContain('search, on Mondays at 08:30 Europe/London');
  });

  test('comes to direct messages where that is asked', async () => {
    await say(miguel, costs, '/netcost subscribe team=payments daily 09:00 UTC in me', /In your direct messages/);
    clock = Date.parse('2026-11-21T09:00:00Z');
    await digests.job.run(new AbortController().signal);
    await read(miguel, `D${miguel.slice(1)}`, /payments · Friday 20 November/);
  });
});

test.each(['conversations.info', 'conversations.members', 'users.info'])(
  'a Slack that does not answer %s just now stops nothing: the digest comes with the next run',
  async (method) => {
    await say(dana, payments, '/netcost subscribe team=payments daily UTC', /Subscribed/);
    // Who is who is remembered for five minutes.
    clock = Date.parse('2026-11-21T09:00:00Z');
    fixture.demo.workspace.faults.failNext(method, { kind: 'status', status: 500 }, 9);
    await expect(digests.job.run(new AbortController().signal)).rejects.toMatchObject({ code: 'upstream' });
    expect(await listSubscriptions(state.db)).toMatchObject([{ state: 'active' }]);
    fixture.demo.workspace.faults.clear();
    expect(await digests.job.run(new AbortController().signal)).toBe('1 posted');
  },
);

describe('what may go where', () => {
  test.each([
    ['a channel with a guest', dana, `daily UTC in <#${general}>`, /may not see this/],
    [
      'a channel shared with another organisation',
      dana,
      `daily UTC in <#${shared}>`,
      /shared with another organisation/,
    ],
    ['a channel that one is not in', priya, `daily UTC in <#${payments}>`, /You are not in #payments-oncall/],
    ['a channel that is not there', dana, 'daily UTC in #nosuch', /There is no channel #nosuch/],
  ])('%s is refused in words', async (_, user, order, says) => {
    await say(
      user,
      costs,
      `/netcost subscribe ${order.replaceAll(/<#(\w+)>/g, (_all, id: string) => channelWord(id))}`,
      says,
    );
    expect(await listSubscriptions(state.db)).toEqual([]);
  });

  test('a team of others is refused, and a digest stops where its owner may not see the team any more', async () => {
    const narrow: AccessRules = { ...OPEN_ACCESS, memberTeams: [], teams: { payments: [dana, miguel] } };
    await beginAnew(narrow);
    await say(miguel, costs, '/netcost subscribe team=search daily', /There is no team "search" that you may see/);
    await say(miguel, costs, '/netcost subscribe daily', /every team/);
    await say(miguel, costs, '/netcost subscribe team=payments daily UTC', /may not see this/);
    await say(miguel, payments, '/netcost subscribe team=payments daily UTC', /Subscribed/);
    // Somebody comes into the channel who may not see payments.
    const { room } = fixture.demo.workspace;
    room.changeChannel(payments, { members: [...(room.channel(payments)?.members ?? []), priya] });
    clock = Date.parse('2026-11-21T09:00:00Z');
    expect(await digests.job.run(new AbortController().signal)).toBe('1 paused');
    expect(room.messages(payments).filter(({ ephemeralFor }) => ephemeralFor === undefined)).toEqual([]);
    await read(miguel, `D${miguel.slice(1)}`, /One person in #payments-oncall may not see this/);
  });
});

/** A channel as a person writes it. */
function channelWord(id: string): string {
  return `#${fixture.demo.workspace.room.channel(id)?.name ?? id}`;
}
