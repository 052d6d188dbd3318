import { afterEach, beforeEach, expect, it } from 'vitest';
import * as budget from '../../commands/budget.js';
import type { Call, Caller } from '../../src/answers/reply.js';
import { readBudgets, removeBudget, writeBudget } from '../../src/state/budgets.js';
import { openState, type State } from '../../src/state/open-state.js';

const NOW = Date.parse('2026-11-21T09:00:00Z');
const ALL: Caller = { id: 'T1/U1', teams: 'all', roles: ['member'] };
const PAYMENTS: Caller = { id: 'T1/U2', teams: ['payments'], roles: ['member'] };
const GUEST: Caller = { id: 'T1/U3', teams: ['payments'], roles: [] };
let state: State;
let number: number;
beforeEach(async () => {
  state = await openState({ kind: 'sqlite', file: ':memory:' });
  number = 0;
});
afterEach(() => state.close());

const deps: budget.BudgetDeps = {
  budgets: () => readBudgets(state.db),
  write: (one) => writeBudget(state.db, one),
  remove: (team) => removeBudget(state.db, team),
  openMonths: async () => async () => ({
    monthFromMs: Date.parse('2026-11-01T00:00:00Z'),
    monthToMs: Date.parse('2026-12-01T00:00:00Z'),
    soFar: { bytes: 1n, usd: '412.1' },
    whole: { bytes: 1n, usd: '640' },
    learntDays: 28,
    knownHours: 480,
    gapHours: 3.2,
  }),
  teams: async () => ['Payments', 'search'],
  channelFor: async (call, wanted) => ({ id: wanted ?? call.place?.channelId ?? 'none', name: `#${wanted ?? 'here'}` }),
  channelName: async (id) => `#${id.toLowerCase()}`,
  newId: () => {
    number += 1;
    return `b${number}`;
  },
};

const HERE = { userId: 'U1', channelId: 'C1', homeId: 'T1' };

async function say(text: string, caller = ALL, place = HERE): Promise<string> {
  const call: Call = { text, nowMs: NOW, caller, place };
  const reply = await budget.handle(deps, call);
  if (reply.kind === 'text') return reply.lines.join('\n');
  if (reply.kind !== 'table') return reply.kind;
  return reply.rows.length === 0 ? reply.empty : reply.rows.map((row) => row.join(' | ')).join('\n');
}

it('sets, shows, changes and removes a budget', async () => {
  expect(await say('list')).toMatch(/^There is no budget yet/);
  expect(await say('team=payments $500/month')).toBe(
    [
      'The budget of Payments is $500.00 a month.',
      'So far in 2026-11: $412.10, 82 %, at least: no logs tell of 3 h. At this pace the month ends at $640.00, 128 %.',
      '#here is told when 50, 80 and 100 % of it are used, and once in a month when the forecast is above it.',
    ].join('\n'),
  );
  expect(await say('$9000 in <#C0COSTS01|cloud-costs>')).toMatch(
    /^The budget of the whole organisation is \$9,000.00 a month/,
  );
  expect(await say('team=payments $800')).toMatch(
    /^The budget of Payments is \$800.00 a month, before it was \$500.00\./,
  );
  expect(await say('')).toBe(
    'whole organisation | $9,000.00 | $412.10 | 4 % | $640.00 | #c0costs01\nPayments | $800.00 | $412.10 | 51 % | $640.00 | #c1',
  );
  expect(await say('remove team=Payments')).toMatch(/^The budget of Payments, \$800.00 a month, is removed\./);
  expect(await say('remove team=Payments')).toBe('There is no budget of Payments.');
});

it('shows and takes only what the caller may see, and says the same of what is not there', async () => {
  await say('team=payments $500');
  await say('team=search $500');
  await say('$9000');
  expect(await say('list', PAYMENTS)).toBe('Payments | $500.00 | $412.10 | 82 % | $640.00 | #c1');
  const elsewhere = { userId: 'U2', channelId: 'C2', homeId: 'T1' };
  expect(await say('list', PAYMENTS, elsewhere)).toMatch(/\| another channel$/);
  await expect(say('team=search $1', PAYMENTS)).rejects.toThrow('There is no team "search" that you may see.');
  await expect(say('remove team=nobody', PAYMENTS)).rejects.toThrow('There is no team "nobody" that you may see.');
  await expect(say('$1', PAYMENTS)).rejects.toThrow('for who may see every team');
  await expect(say('remove', PAYMENTS)).rejects.toThrow('for who may see every team');
  await expect(say('team=payments $1', GUEST)).rejects.toThrow('Budgets are for full members');
  expect(await readBudgets(state.db)).toHaveLength(3);
});
