import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { markBudget, readBudgets, removeBudget, writeBudget } from '../../src/state/budgets.js';
import { openState, type State } from '../../src/state/open-state.js';
import { type Cluster, hasPostgres, startPostgres } from './postgres-cluster.js';

let cluster: Cluster | undefined;
const kinds = hasPostgres() ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const);
beforeAll(async () => {
  if (kinds.length > 1) cluster = await startPostgres();
}, 60_000);
afterAll(() => cluster?.stop());

describe.each(kinds)('budgets in %s', (kind) => {
  let state: State;
  beforeEach(async () => {
    state = await openState(kind === 'sqlite' ? { kind, file: ':memory:' } : { kind, url: cluster?.url ?? '' });
    await state.db.deleteFrom('budgets').execute();
  });
  afterEach(() => state.close());

  const budget = {
    id: 'b1',
    team: 'Payments',
    usd: '500',
    channel: 'C1',
    ownerId: 'U1',
    homeId: 'T1',
    createdMs: 1_790_000_000_000,
  };
  const NOTHING = { month: '', level: 0, forecast: false };

  it('keeps one of each team, whatever its case, and one of the organisation', async () => {
    await writeBudget(state.db, budget);
    await writeBudget(state.db, { ...budget, id: 'b2', team: 'payments', usd: '600' });
    await writeBudget(state.db, { ...budget, id: 'b3', team: undefined, usd: '9000' });
    const kept = await readBudgets(state.db);
    expect(kept.map(({ id, team, usd }) => [id, team, usd])).toEqual([
      ['b3', undefined, '9000'],
      ['b2', 'payments', '600'],
    ]);
    expect(await removeBudget(state.db, 'PAYMENTS')).toMatchObject({ id: 'b2' });
    expect(await removeBudget(state.db, 'payments')).toBeUndefined();
  });

  it('keeps what was said where the amount stays, and forgets it where it changes', async () => {
    await writeBudget(state.db, budget);
    const told = { month: '2026-11', level: 80, forecast: true };
    await markBudget(state.db, 'b1', told, 'not_in_channel');
    const moved = await writeBudget(state.db, { ...budget, id: 'b2', channel: 'C2' });
    expect(moved.budget).toEqual({ ...budget, channel: 'C2', told, problem: undefined });
    expect(moved.before).toMatchObject({ channel: 'C1', problem: 'not_in_channel' });
    const raised = await writeBudget(state.db, { ...budget, id: 'b3', usd: '900' });
    expect(raised.budget).toMatchObject({ id: 'b3', usd: '900', told: NOTHING });
  });

  it('does not mark a budget that was changed meanwhile', async () => {
    await writeBudget(state.db, budget);
    await writeBudget(state.db, { ...budget, id: 'b2', usd: '900' });
    await markBudget(state.db, 'b1', { month: '2026-11', level: 100, forecast: false }, undefined);
    expect((await readBudgets(state.db))[0]?.told).toEqual(NOTHING);
  });
});
