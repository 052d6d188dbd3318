import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkBudgets } from '../../jobs/check-budgets.js';
import { SILENT } from '../../src/log.js';
import { bindPosting } from '../../src/main/posting.js';
import { OPEN_ACCESS } from '../../src/slack/access.js';
import { checkReaders } from '../../src/slack/post-place.js';
import { markBudget, readBudgets, writeBudget } from '../../src/state/budgets.js';
import { openState, type State } from '../../src/state/open-state.js';
import { CHANNELS, type Fixture, PEOPLE, startFixture } from './demo-fixture.js';

let fixture: Fixture;
let state: State;
beforeEach(async () => {
  fixture = await startFixture();
  state = await openState({ kind: 'sqlite', file: ':memory:' });
});
afterEach(async () => {
  await fixture.demo.stop();
  await state.close();
});

/** One netcost of several that share the state; each has a pace and a poster of its own. */
function replica() {
  const posting = bindPosting({
    botToken: fixture.demo.botToken,
    apiUrl: fixture.demo.workspace.apiUrl,
    access: OPEN_ACCESS,
    state,
    nowMs: () => Date.now(),
    log: SILENT,
  });
  return checkBudgets({
    when: '* * * * *',
    now: () => Date.now(),
    budgets: () => readBudgets(state.db),
    openMonths: async () => async () => ({
      monthFromMs: Date.parse('2026-11-01T00:00:00Z'),
      monthToMs: Date.parse('2026-12-01T00:00:00Z'),
      soFar: { bytes: 1n, usd: '410' },
      whole: { bytes: 1n, usd: '640' },
      learntDays: 28,
      knownHours: 480,
      gapHours: 0,
    }),
    checkReaders: ({ channel, team, homeId }) =>
      checkReaders(posting, { channel, team, homeId, caller: { id: 'netcost', teams: 'all', roles: [] } }),
    post: (post) => posting.poster.post(post),
    mark: (id, told, problem) => markBudget(state.db, id, told, problem),
  });
}

const order = (channel: string) =>
  writeBudget(state.db, {
    id: 'b1',
    team: 'payments',
    usd: '500',
    channel,
    ownerId: PEOPLE.dana,
    homeId: 'T0ACME001',
    createdMs: 0,
  });
const ofBot = (channel: string) =>
  fixture.demo.workspace.room
    .messages(channel)
    .filter(({ userId }) => userId === fixture.demo.workspace.room.cast.bot.userId)
    .map(({ text }) => text);
const run = (job: ReturnType<typeof replica>) => job.run(new AbortController().signal);

it('posts each thing once, whichever of two netcosts comes first and however often', async () => {
  await order(CHANNELS.costs);
  const [one, other] = [replica(), replica()];
  await Promise.all([run(one), run(other)]);
  await Promise.all([run(one), run(other)]);
  expect(ofBot(CHANNELS.costs)).toEqual([
    expect.stringContaining('payments has used 82 % of its NAT budget'),
    expect.stringContaining('payments is on its way above its NAT budget'),
  ]);
});

it('posts once although Slack’s reply is lost', async () => {
  await order(CHANNELS.costs);
  fixture.demo.workspace.faults.failNext('chat.postMessage', { kind: 'lost' });
  const job = replica();
  await run(job);
  await run(job);
  expect(ofBot(CHANNELS.costs).filter((text) => text.includes('82 %'))).toHaveLength(1);
}, 60_000);

it('tells the owner where netcost is not in the channel', async () => {
  await order('C0NOWHERE');
  await run(replica());
  const direct = fixture.demo.workspace.room.directChannel(PEOPLE.dana).id;
  expect(ofBot(direct).join(' ')).toContain('The news of the budget of payments');
  expect((await readBudgets(state.db))[0]?.problem).toBeDefined();
});
