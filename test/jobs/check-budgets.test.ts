import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkBudgets } from '../../jobs/check-budgets.js';
import type { MonthForecast } from '../../src/answers/forecast.js';
import { NetcostError } from '../../src/errors.js';
import type { Post, PostOutcome } from '../../src/slack/post.js';
import { markBudget, readBudgets, writeBudget } from '../../src/state/budgets.js';
import { openState, type State } from '../../src/state/open-state.js';

const NOW = Date.parse('2026-11-21T09:00:00Z');
let state: State;
let spent: Record<string, readonly [usd: string, whole: string]>;
let sent: { key: string; channel: string; text: string }[];
let outcome: (post: Post) => PostOutcome;
let mayRead: boolean;

beforeEach(async () => {
  state = await openState({ kind: 'sqlite', file: ':memory:' });
  sent = [];
  spent = {};
  mayRead = true;
  outcome = ({ channel }) => ({ kind: 'sent', channel, ts: '1', isNew: true });
  await writeBudget(state.db, {
    id: 'b1',
    team: 'payments',
    usd: '500',
    channel: 'C1',
    ownerId: 'U1',
    homeId: 'T1',
    createdMs: NOW,
  });
});
afterEach(() => state.close());

const job = checkBudgets({
  when: '* * * * *',
  now: () => NOW,
  budgets: () => readBudgets(state.db),
  openMonths: async () => async (team) => monthOf(team),
  checkReaders: async () => {
    if (!mayRead) throw new NetcostError('denied', 'One person in #general may not see this.');
  },
  post: async (post) => {
    const result = outcome(post);
    if (result.kind !== 'held') sent.push({ key: post.key, channel: post.channel, text: (await post.compose()).text });
    return result;
  },
  mark: (id, told, problem) => markBudget(state.db, id, told, problem),
});
const run = () => job.run(new AbortController().signal);

function monthOf(team = 'organisation'): MonthForecast {
  const [usd, whole] = spent[team] ?? fail(team);
  return {
    monthFromMs: Date.parse('2026-11-01T00:00:00Z'),
    monthToMs: Date.parse('2026-12-01T00:00:00Z'),
    soFar: { bytes: 1n, usd },
    whole: { bytes: 1n, usd: whole },
    learntDays: 28,
    knownHours: 480,
    gapHours: 0,
  };
}

function fail(team: string): never {
  throw new NetcostError('store', `The figures of ${team} cannot be read.`);
}

it('posts once when a level is crossed, and says how much', async () => {
  spent = { payments: ['412.1', '490'] };
  expect(await run()).toBe('1 budgets, 1 posts');
  expect(await run()).toBe('1 budgets, 0 posts');
  expect(sent).toEqual([
    {
      key: 'budget/b1/2026-11/80',
      channel: 'C1',
      text: 'payments has used 82 % of its NAT budget for November: $412.10 of $500.00. At this pace the month ends at $490.00 (98 %).',
    },
  ]);
});

it('posts the forecast once, and each level as it comes', async () => {
  spent = { payments: ['100', '640'] };
  await run();
  spent = { payments: ['260', '700'] };
  await run();
  spent = { payments: ['510', '800'] };
  await run();
  await run();
  expect(sent.map(({ key }) => key)).toEqual([
    'budget/b1/2026-11/forecast',
    'budget/b1/2026-11/50',
    'budget/b1/2026-11/100',
  ]);
  expect(sent[0]?.text).toBe(
    'payments is on its way above its NAT budget for November: $640.00 expected, $500.00 planned (128 %). So far $100.00 of $500.00.',
  );
});

it('comes back with what another process holds, or what Slack does not take now', async () => {
  spent = { payments: ['260', '300'] };
  outcome = () => ({ kind: 'held' });
  expect(await run()).toBe('1 budgets, 0 posts');
  outcome = () => ({ kind: 'later', reason: 'ratelimited', untilMs: NOW + 1 });
  await run();
  expect((await readBudgets(state.db))[0]?.told.level).toBe(0);
  outcome = ({ channel }) => ({ kind: 'sent', channel, ts: '1', isNew: true });
  await run();
  expect((await readBudgets(state.db))[0]?.told).toEqual({ month: '2026-11', level: 50, forecast: false });
});

it('tells the owner where the channel refuses, once, and keeps why', async () => {
  spent = { payments: ['260', '300'] };
  outcome = ({ channel }) =>
    channel === 'C1' ? { kind: 'failed', reason: 'not_in_channel' } : { kind: 'sent', channel, ts: '1', isNew: true };
  await run();
  await run();
  expect(sent.map(({ key, channel }) => [key, channel])).toEqual([
    ['budget/b1/2026-11/50', 'C1'],
    ['budget/b1/2026-11/50/owner', 'U1'],
  ]);
  expect(sent[1]?.text).toBe(
    'The news of the budget of payments could not be posted in <#C1>. Slack says not_in_channel. Type /invite @netcost in that channel.',
  );
  expect((await readBudgets(state.db))[0]?.problem).toBe('not_in_channel');
});

it('checks the other budgets where one cannot be read, and fails with that', async () => {
  await writeBudget(state.db, {
    id: 'b0',
    team: 'a-team',
    usd: '500',
    channel: 'C1',
    ownerId: 'U1',
    homeId: 'T1',
    createdMs: NOW,
  });
  spent = { payments: ['260', '300'] };
  await expect(run()).rejects.toThrow('The figures of a-team cannot be read.');
  expect(sent).toHaveLength(1);
});

it('posts no figures where somebody in the channel may not see the team by now, and tells the owner', async () => {
  spent = { payments: ['260', '300'] };
  mayRead = false;
  await run();
  expect(sent).toEqual([
    {
      key: 'budget/b1/2026-11/50/owner',
      channel: 'U1',
      text: 'The news of the budget of payments was not posted in <#C1>. One person in #general may not see this.',
    },
  ]);
  await run();
  expect(sent).toHaveLength(1);
});
