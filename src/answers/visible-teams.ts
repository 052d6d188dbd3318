import { NetcostError } from '../errors.js';
import { formatQuestion, parseQuestion } from '../query/parse.js';
import type { FilterValue, Query } from '../query/query.js';
import type { Caller } from './reply.js';

/**
 * The question that a person may ask: with `team=` narrowed to the teams they may see. A team that they may not see
 * and a team that is not there are refused in the same words, so that asking teaches nothing.
 * Throws NetcostError('denied'), and ('usage') as the parser does.
 */
export function narrowQuestion(text: string, caller: Caller, nowMs: number): string {
  const { teams } = caller;
  if (teams === 'all') return text;
  const query = parseQuestion(text, { nowMs });
  const asked = query.where.get('team') ?? [];
  const wanted = asked.filter((each) => !each.negated).map((each) => each.value.toLowerCase());
  const unwanted = asked.filter((each) => each.negated).map((each) => each.value.toLowerCase());
  const foreign = wanted.find((each) => !teams.includes(each));
  if (foreign !== undefined) throw notVisible(foreign);
  const kept = (wanted.length > 0 ? wanted : teams).filter((each) => !unwanted.includes(each));
  if (kept.length === 0) throw nothingVisible();
  const values: readonly FilterValue[] = kept.map((value) => ({ value, negated: false }));
  return formatQuestion({ ...query, where: new Map([...query.where, ['team', values]]) });
}

/** Holds an understood question against the rule once more, after the answer is there. Throws NetcostError('denied'). */
export function checkVisible(query: Query, caller: Caller): void {
  const { teams } = caller;
  if (teams === 'all') return;
  const wanted = (query.where.get('team') ?? [])
    .filter((each) => !each.negated)
    .map((each) => each.value.toLowerCase());
  if (wanted.length === 0) throw nothingVisible();
  const foreign = wanted.find((each) => !teams.includes(each));
  if (foreign !== undefined) throw notVisible(foreign);
}

function notVisible(team: string): NetcostError {
  return new NetcostError('denied', `There is no team "${team}" that you may see.`, {
    hint: 'Leave team= out to see what you may, or ask an admin of netcost.',
  });
}

function nothingVisible(): NetcostError {
  return new NetcostError('denied', 'There is no team whose traffic you may see.', {
    hint: 'Ask an admin of netcost to add you under access.teams in its config.',
  });
}
