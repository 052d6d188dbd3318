import { NetcostError } from '../errors.js';
import type { Query } from '../query/query.js';
import { withWords, wordOf } from './question-words.js';
import type { Caller } from './reply.js';

/**
 * The question that a person may ask: with `team=` narrowed to the teams they may see. A team that they may not see
 * and a team that is not there are refused in the same words, so that asking teaches nothing.
 * Throws NetcostError('denied').
 */
export function narrowQuestion(text: string, caller: Caller): string {
  const { teams } = caller;
  if (teams === 'all') return text;
  if (teams.length === 0) throw nothingVisible();
  const asked = wordOf(text, 'team');
  if (asked === undefined) return withWords(text, { team: joined(teams) });
  const names = asked.split(',').map((each) =>
    each
      .replace(/^["'“”]+|["'“”]+$/g, '')
      .trim()
      .toLowerCase(),
  );
  const wanted = names.filter((each) => !each.startsWith('!'));
  const unwanted = new Set(names.filter((each) => each.startsWith('!')).map((each) => each.slice(1)));
  const foreign = wanted.find((each) => !teams.includes(each));
  if (foreign !== undefined) throw notVisible(foreign);
  const kept = (wanted.length > 0 ? wanted : teams).filter((each) => !unwanted.has(each));
  if (kept.length === 0) throw nothingVisible();
  return withWords(text, { team: joined(kept) });
}

/**
 * Holds an understood question against the rule once more. The narrowing above works on words; this works on what the
 * parser made of them, so that no way of writing a question gets around it. Throws NetcostError('denied').
 */
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

/** True where this person may see what is said about this team; null is what nobody owns. */
export function maySee(caller: Caller, team: string | null): boolean {
  return caller.teams === 'all' || (team !== null && caller.teams.includes(team.toLowerCase()));
}

function joined(teams: readonly string[]): string {
  return teams.map((team) => (/[\s,"']/.test(team) ? `"${team.replaceAll('"', '')}"` : team)).join(',');
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
