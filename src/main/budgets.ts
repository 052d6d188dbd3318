import { randomUUID } from 'node:crypto';
import * as budget from '../../commands/budget.js';
import { checkBudgets } from '../../jobs/check-budgets.js';
import { teamFilter } from '../answers/digest-span.js';
import { readKnownHours, readMonth } from '../answers/month-so-far.js';
import type { Engine } from '../answers/open-engine.js';
import type { Caller, Command } from '../answers/reply.js';
import type { Job } from '../schedule.js';
import { channelName, checkReaders, findPostPlace } from '../slack/post-place.js';
import { isDirect } from '../slack/press.js';
import { type Budget, markBudget, readBudgets, removeBudget, writeBudget } from '../state/budgets.js';
import type { State } from '../state/open-state.js';
import { teamsOf } from './bind.js';
import type { NotCounted } from './not-counted.js';
import type { Posting } from './posting.js';

export interface BudgetParts {
  readonly engine: Engine;
  readonly state: State;
  readonly nowMs: () => number;
  readonly notCounted?: NotCounted;
  /** Known once the workspace is; asked when a command or the job runs. */
  readonly posting: () => Posting;
}

/** Who asks on behalf of netcost itself: the readers of the channel are what counts then. */
const NETCOST: Caller = { id: 'netcost', teams: 'all', roles: [] };

/** `/netcost budget` and the job that holds budgets against their months. */
export function bindBudgets({ engine, state, nowMs, posting, notCounted }: BudgetParts): {
  readonly command: Command;
  readonly job: Job;
} {
  const { db } = state;
  const openMonths: budget.BudgetDeps['openMonths'] = async (atMs, signal) => {
    const why = notCounted?.();
    if (why !== undefined) throw why;
    const knownHours = await readKnownHours(engine.store, atMs, signal);
    const ask: Engine['ask'] = (input) => engine.ask(input);
    return (team) => readMonth({ ask, knownHours }, teamFilter(team).trim(), atMs, signal);
  };
  const deps: budget.BudgetDeps = {
    budgets: () => readBudgets(db),
    write: (one) => writeBudget(db, one),
    remove: (team) => removeBudget(db, team),
    openMonths,
    teams: async () => teamsOf(engine),
    channelFor: (call, wanted, team) => findPostPlace(posting(), call, wanted, team),
    channelName: (id) => channelName(posting().client, id),
    newId: () => randomUUID().slice(0, 8),
  };
  return {
    command: {
      name: budget.name,
      usage: budget.usage,
      summary: budget.summary,
      acts: true,
      handle: (call) => budget.handle(deps, call),
    },
    job: checkBudgets({
      // A few minutes after each reading of flow logs: crossing a budget is no matter of seconds.
      when: '3-59/15 * * * *',
      now: nowMs,
      budgets: deps.budgets,
      openMonths,
      checkReaders: (one) => checkBudgetReaders(posting(), one),
      post: (post) => posting().poster.post(post),
      mark: (id, told, problem) => markBudget(db, id, told, problem),
    }),
  };
}

/** In a channel everybody has to be allowed to see the team; in direct messages the owner has. */
async function checkBudgetReaders(posting: Posting, { channel, team, ownerId, homeId }: Budget): Promise<void> {
  const caller = isDirect(channel) ? await posting.access.caller(ownerId, homeId) : NETCOST;
  await checkReaders(posting, { channel, team, caller, homeId });
}
