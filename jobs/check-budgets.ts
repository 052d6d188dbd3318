import { addTold, type BudgetNews, type BudgetStanding, budgetNews, judgeBudget } from '../src/answers/budget.js';
import type { MonthForecast } from '../src/answers/forecast.js';
import { NetcostError } from '../src/errors.js';
import { type BudgetTrouble, budgetMessage, budgetTroubleMessage } from '../src/slack/budget-blocks.js';
import type { Message } from '../src/slack/message.js';
import type { Poster } from '../src/slack/post.js';
import type { Budget, BudgetTold } from '../src/state/budgets.js';

export interface CheckBudgetsDeps {
  /** Cron, five fields, UTC. */
  readonly when: string;
  readonly now: () => number;
  readonly budgets: () => Promise<readonly Budget[]>;
  /** Reads months; made once a run, so that what all teams share is read once. */
  readonly openMonths: (
    nowMs: number,
    signal: AbortSignal,
  ) => Promise<(team: string | undefined) => Promise<MonthForecast>>;
  /** Whether everybody in the budget's channel may see the team by now. Throws NetcostError('denied') where not. */
  readonly checkReaders: (budget: Budget) => Promise<void>;
  readonly post: Poster['post'];
  readonly mark: (id: string, told: BudgetTold, problem: string | undefined) => Promise<void>;
}

/**
 * Holds each budget against its month and posts what is new: once a level, once a forecast, whatever happens in between
 * (the keys of the posts name budget, month and level). A budget whose figures cannot be read does not hold up the
 * others; the run fails at its end with that.
 */
export function checkBudgets(deps: CheckBudgetsDeps) {
  return {
    name: 'check-budgets',
    when: deps.when,
    deadlineMs: 10 * 60_000,
    jitterMs: 10_000,
    run: async (signal: AbortSignal): Promise<string> => {
      const budgets = await deps.budgets();
      if (budgets.length === 0) return 'no budgets';
      const readMonth = await deps.openMonths(deps.now(), signal);
      let posted = 0;
      const failures: unknown[] = [];
      for (const budget of budgets) {
        signal.throwIfAborted();
        try {
          posted += await checkOne(deps, budget, judgeBudget(budget.usd, await readMonth(budget.team)));
        } catch (error) {
          failures.push(error);
        }
      }
      signal.throwIfAborted();
      if (failures.length > 0) throw failures[0];
      return `${budgets.length} budgets, ${posted} posts`;
    },
  };
}

async function checkOne(deps: CheckBudgetsDeps, budget: Budget, standing: BudgetStanding): Promise<number> {
  let { told } = budget;
  let posted = 0;
  for (const news of budgetNews(standing, told)) {
    const { isDone, problem } = await tell(deps, budget, standing, news);
    if (!isDone) continue;
    posted += 1;
    told = addTold(told, standing.month, news);
    await deps.mark(budget.id, told, problem);
  }
  return posted;
}

/** Posts one thing; not done where it is left for the next run. A refusal is told to the owner, and is done with. */
async function tell(
  deps: CheckBudgetsDeps,
  budget: Budget,
  standing: BudgetStanding,
  news: BudgetNews,
): Promise<{ readonly isDone: boolean; readonly problem?: string }> {
  const { id, team, channel, ownerId } = budget;
  const key = `budget/${id}/${standing.month}/${news.kind === 'level' ? news.level : 'forecast'}`;
  const message = budgetMessage(team, standing, news);
  const trouble = await tryPost(deps, budget, key, message);
  if (trouble === 'later') return { isDone: false };
  if (trouble === undefined) return { isDone: true };
  // Who may not see the team any more is not told its figures either: the words alone.
  const shown = trouble.kind === 'denied' ? undefined : message;
  const compose = async () => budgetTroubleMessage(team, channel, trouble, shown);
  const told = ownerId === '' ? undefined : await deps.post({ key: `${key}/owner`, channel: ownerId, compose });
  if (told?.kind === 'held' || told?.kind === 'later') return { isDone: false };
  return { isDone: true, problem: trouble.reason };
}

async function tryPost(
  deps: CheckBudgetsDeps,
  budget: Budget,
  key: string,
  message: Message,
): Promise<BudgetTrouble | 'later' | undefined> {
  try {
    await deps.checkReaders(budget);
  } catch (error) {
    if (!(error instanceof NetcostError) || error.code !== 'denied') throw error;
    return { kind: 'denied', reason: [error.message, error.hint ?? ''].join(' ').trim() };
  }
  const outcome = await deps.post({ key, channel: budget.channel, compose: async () => message });
  if (outcome.kind === 'held' || outcome.kind === 'later') return 'later';
  return outcome.kind === 'sent' ? undefined : outcome;
}
