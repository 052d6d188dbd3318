import { type BudgetStanding, judgeBudget } from '../src/answers/budget.js';
import { BUDGET_USAGE, readBudgetRequest } from '../src/answers/budget-words.js';
import type { MonthForecast } from '../src/answers/forecast.js';
import type { Call, Caller, Reply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';
import type { Budget } from '../src/state/budgets.js';
import { formatUsd } from '../src/units.js';

export const name = 'budget';
export const usage = BUDGET_USAGE;
export const summary =
  'what a team means to spend a month; the channel is told at 50, 80 and 100 %, and when the forecast is above';

export interface BudgetDeps {
  readonly budgets: () => Promise<readonly Budget[]>;
  readonly write: (
    budget: Omit<Budget, 'told' | 'problem'>,
  ) => Promise<{ readonly budget: Budget; readonly before: Budget | undefined }>;
  readonly remove: (team: string | undefined) => Promise<Budget | undefined>;
  /** Reads months at a moment; what all teams share is read once. */
  readonly openMonths: (
    nowMs: number,
    signal?: AbortSignal,
  ) => Promise<(team: string | undefined) => Promise<MonthForecast>>;
  /** The teams that there are. */
  readonly teams: () => Promise<readonly string[]>;
  /**
   * The channel in which news may be posted: `wanted` (an id or a name), or where it was asked. Throws
   * NetcostError('denied') where somebody there may not see the team, ('usage') where there is no such channel.
   */
  readonly channelFor: (call: Call, wanted: string | undefined, team: string | undefined) => Promise<Channel>;
  readonly channelName: (id: string) => Promise<string>;
  readonly newId: () => string;
}

interface Channel {
  readonly id: string;
  /** For people: `#payments`, `your direct messages`. */
  readonly name: string;
}

/**
 * Sets, lists or removes budgets of the teams that the caller may see.
 * Throws NetcostError('usage') for words that are not understood, ('denied') for a team that the caller may not see.
 */
export async function handle(deps: BudgetDeps, call: Call): Promise<Reply> {
  const request = readBudgetRequest(call.text);
  if (request.kind === 'list') return list(deps, call);
  if (!call.caller.roles.includes('member'))
    throw new NetcostError('denied', 'Budgets are for full members of this workspace.', { hint: 'Ask one of them.' });
  const known = await deps.teams();
  const team = visibleTeam(request.team, known, call.caller);
  if (request.kind === 'remove') {
    const removed = await deps.remove(team);
    const line =
      removed === undefined
        ? `There is no budget of ${whose(team)}.`
        : `The budget of ${whose(team)}, ${formatUsd(removed.usd)} a month, is removed. Nothing is posted about it any more.`;
    return { kind: 'text', lines: [line], json: { removed: removed !== undefined, team: team ?? null } };
  }
  const channel = await deps.channelFor(call, request.channel, team);
  // Before it is written: a budget that nothing can be held against would be a promise.
  const month = await (await deps.openMonths(call.nowMs, call.signal))(team);
  const ownerId = call.place?.userId ?? '';
  const { budget, before } = await deps.write({
    id: deps.newId(),
    team,
    usd: request.usd,
    channel: channel.id,
    ownerId,
    homeId: call.place?.homeId,
    createdMs: call.nowMs,
  });
  const standing = judgeBudget(budget.usd, month);
  const was = before === undefined || before.usd === budget.usd ? '' : `, before it was ${formatUsd(before.usd)}`;
  return {
    kind: 'text',
    lines: [
      `The budget of ${whose(team)} is ${formatUsd(budget.usd)} a month${was}.`,
      standingLine(standing),
      `${channel.name} is told when 50, 80 and 100 % of it are used, and once in a month when the forecast is above it.`,
    ],
    json: { team: team ?? null, usd: budget.usd, channel: channel.id, ...jsonOf(standing) },
  };
}

async function list(deps: BudgetDeps, call: Call): Promise<Reply> {
  const { teams } = call.caller;
  const all = await deps.budgets();
  const visible = all.filter(
    ({ team }) => teams === 'all' || (team !== undefined && teams.includes(team.toLowerCase())),
  );
  const readMonth = visible.length === 0 ? undefined : await deps.openMonths(call.nowMs, call.signal);
  const rows: (readonly (string | null)[])[] = [];
  const json: unknown[] = [];
  for (const budget of visible) {
    const standing = judgeBudget(budget.usd, await readMonth!(budget.team));
    const { spentUsd, percent, forecastUsd } = standing;
    const place = await placeFor(deps, budget, call);
    rows.push([
      budget.team ?? 'whole organisation',
      formatUsd(budget.usd),
      spentUsd === undefined ? null : formatUsd(spentUsd),
      percent === undefined ? null : `${percent} %`,
      forecastUsd === undefined ? null : formatUsd(forecastUsd),
      budget.problem === undefined ? place : `${place} (not posted: ${budget.problem})`,
    ]);
    json.push({ team: budget.team ?? null, usd: budget.usd, channel: budget.channel, ...jsonOf(standing) });
  }
  return {
    kind: 'table',
    title: 'Budgets of this month',
    columns: [
      { title: 'Team', align: 'left' },
      { title: 'A month', align: 'right' },
      { title: 'Spent', align: 'right' },
      { title: 'Used', align: 'right' },
      { title: 'Forecast', align: 'right' },
      { title: 'Told in', align: 'left' },
    ],
    rows,
    empty: 'There is no budget yet. Set one: budget team=payments $500/month',
    notes: [
      'NAT data processing alone, UTC month. Change or remove one: budget team=TEAM $AMOUNT/month, budget remove team=TEAM.',
    ],
    json: { budgets: json },
  };
}

/** Where news go, for who set the budget, asks there or is an admin: the name of a private channel is not everybody's. */
async function placeFor(deps: BudgetDeps, { channel, ownerId }: Budget, { place, caller }: Call): Promise<string> {
  const maySee = ownerId === place?.userId || channel === place?.channelId || caller.roles.includes('admin');
  return maySee ? deps.channelName(channel) : 'another channel';
}

/** The team as it is written in owners.yaml. What a person may not see and what is not there are refused alike. */
function visibleTeam(asked: string | undefined, known: readonly string[], { teams }: Caller): string | undefined {
  if (asked === undefined) {
    if (teams === 'all') return undefined;
    throw new NetcostError('denied', 'The budget of the whole organisation is for who may see every team.', {
      hint: 'Name a team: budget team=TEAM $500/month.',
    });
  }
  const team = [...known, 'unattributed'].find((each) => each.toLowerCase() === asked.toLowerCase());
  if (team !== undefined && (teams === 'all' || teams.includes(team.toLowerCase()))) return team;
  throw new NetcostError('denied', `There is no team "${asked.slice(0, 60)}" that you may see.`, {
    hint: 'Teams are those of the owners file; by=team shows those that you may see.',
  });
}

function standingLine({ spentUsd, percent, forecastUsd, forecastPercent, gapHours, month }: BudgetStanding): string {
  const spent =
    spentUsd === undefined
      ? `How much of it is used in ${month} is not known: there are no logs of it, or a Region has no price.`
      : `So far in ${month}: ${formatUsd(spentUsd)}, ${percent} %${gapHours >= 1 ? `, at least: no logs tell of ${Math.round(gapHours)} h` : ''}.`;
  const pace =
    forecastUsd === undefined
      ? 'There are too few days of logs for a forecast.'
      : `At this pace the month ends at ${formatUsd(forecastUsd)}, ${forecastPercent} %.`;
  return `${spent} ${pace}`;
}

function jsonOf({ month, spentUsd, percent, forecastUsd }: BudgetStanding) {
  return { month, spentUsd: spentUsd ?? null, percent: percent ?? null, forecastUsd: forecastUsd ?? null };
}

function whose(team: string | undefined): string {
  return team ?? 'the whole organisation';
}
