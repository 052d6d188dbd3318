import type { Kysely, Migration, Selectable } from 'kysely';
import type { StateDb } from './open-state.js';

/** What a team, or the organisation, means to spend in a UTC month on NAT data processing. */
export interface Budget {
  /** New with each amount, so that what was said of the old one does not count for the new one. */
  readonly id: string;
  /** As it was written; undefined for the organisation. */
  readonly team: string | undefined;
  /** Dollars a month, a decimal string. */
  readonly usd: string;
  /** Where its news are posted: a channel's id, or a person's for their direct messages. */
  readonly channel: string;
  /** Slack id of who set it; told where posting fails. */
  readonly ownerId: string;
  /** The workspace that the owner called from. */
  readonly homeId: string | undefined;
  readonly createdMs: number;
  /** What was said already, and of which month; of another month nothing was. */
  readonly told: BudgetTold;
  /** Slack's word for why the last post failed; undefined where it did not. */
  readonly problem: string | undefined;
}

export interface BudgetTold {
  /** `2026-11`; empty where nothing was ever said. */
  readonly month: string;
  /** The highest share that was posted, in per cent; 0 for none. */
  readonly level: number;
  readonly forecast: boolean;
}

export interface BudgetsTable {
  readonly team_key: string;
  readonly id: string;
  readonly team: string | null;
  readonly usd: string;
  readonly channel: string;
  readonly owner_id: string;
  readonly home_id: string | null;
  readonly created_ms: number;
  readonly told_month: string;
  readonly told_level: number;
  readonly told_forecast: number;
  readonly problem: string | null;
}

/** All budgets, the organisation's first, then by team. */
export async function readBudgets(db: StateDb): Promise<readonly Budget[]> {
  const rows = await db.selectFrom('budgets').selectAll().orderBy('team_key').execute();
  return rows.map(toBudget);
}

/** Sets the budget of a team (or of the organisation): one each. The same amount again keeps what was said. */
export async function writeBudget(
  db: StateDb,
  budget: Omit<Budget, 'told' | 'problem'>,
): Promise<{ readonly budget: Budget; readonly before: Budget | undefined }> {
  const key = keyOf(budget.team);
  const before = await db.selectFrom('budgets').selectAll().where('team_key', '=', key).executeTakeFirst();
  const isSame = before !== undefined && before.usd === budget.usd;
  const row = {
    team: budget.team ?? null,
    usd: budget.usd,
    channel: budget.channel,
    owner_id: budget.ownerId,
    home_id: budget.homeId ?? null,
    problem: null,
    ...(isSame ? {} : { id: budget.id, created_ms: budget.createdMs, told_month: '', told_level: 0, told_forecast: 0 }),
  };
  const fresh = { id: budget.id, created_ms: budget.createdMs, told_month: '', told_level: 0, told_forecast: 0 };
  const written = await db
    .insertInto('budgets')
    .values({ team_key: key, ...fresh, ...row })
    .onConflict((conflict) => conflict.column('team_key').doUpdateSet(row))
    .returningAll()
    .executeTakeFirstOrThrow();
  return { budget: toBudget(written), before: before === undefined ? undefined : toBudget(before) };
}

/** Removes the budget of a team, or of the organisation; undefined where there was none. */
export async function removeBudget(db: StateDb, team: string | undefined): Promise<Budget | undefined> {
  const row = await db.deleteFrom('budgets').where('team_key', '=', keyOf(team)).returningAll().executeTakeFirst();
  return row === undefined ? undefined : toBudget(row);
}

/** Keeps what was said of a budget in a month. A budget that was changed or removed meanwhile is left as it is. */
export async function markBudget(
  db: StateDb,
  id: string,
  told: BudgetTold,
  problem: string | undefined,
): Promise<void> {
  await db
    .updateTable('budgets')
    .set({
      told_month: told.month,
      told_level: told.level,
      told_forecast: told.forecast ? 1 : 0,
      problem: problem ?? null,
    })
    .where('id', '=', id)
    .execute();
}

function keyOf(team: string | undefined): string {
  return team === undefined ? '' : team.toLowerCase();
}

function toBudget(row: Selectable<BudgetsTable>): Budget {
  return {
    id: row.id,
    team: row.team ?? undefined,
    usd: row.usd,
    channel: row.channel,
    ownerId: row.owner_id,
    homeId: row.home_id ?? undefined,
    createdMs: Number(row.created_ms),
    told: { month: row.told_month, level: Number(row.told_level), forecast: Number(row.told_forecast) === 1 },
    problem: row.problem ?? undefined,
  };
}

export const BUDGETS_MIGRATION: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable('budgets')
      // The team in lower case; empty for the organisation, which no team is called.
      .addColumn('team_key', 'text', (column) => column.primaryKey())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('team', 'text')
      .addColumn('usd', 'text', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('owner_id', 'text', (column) => column.notNull())
      .addColumn('home_id', 'text')
      .addColumn('created_ms', 'bigint', (column) => column.notNull())
      .addColumn('told_month', 'text', (column) => column.notNull())
      .addColumn('told_level', 'integer', (column) => column.notNull())
      .addColumn('told_forecast', 'integer', (column) => column.notNull())
      .addColumn('problem', 'text')
      .execute();
  },
};
