import { type Caller, ROLES, type Role } from '../answers/reply.js';
import { NetcostError } from '../errors.js';

/** Who may do what, from the config. Ids are of users (`U…`, `W…`) or of user groups (`S…`). */
export interface AccessRules {
  readonly roles: Readonly<Partial<Record<Exclude<Role, 'member'>, readonly string[]>>>;
  /** What a member without further rights sees: every team, or these. */
  readonly memberTeams: 'all' | readonly string[];
  /** Team → who may see it besides. */
  readonly teams: Readonly<Record<string, readonly string[]>>;
  /** Guests and people of other organisations who may ask all the same; everybody else of them gets nothing. */
  readonly guests: readonly string[];
}

export const OPEN_ACCESS: AccessRules = { roles: {}, memberTeams: 'all', teams: {}, guests: [] };

/** What Slack knows about a person, as far as we need it. */
export interface Person {
  readonly id: string;
  readonly teamId: string | undefined;
  readonly isGuest: boolean;
  readonly isStranger: boolean;
  readonly isBot: boolean;
  readonly isDeleted: boolean;
}

/** Where people and groups are looked up; cached by whoever implements it. Throws where Slack does not answer. */
export interface Directory {
  readonly person: (userId: string) => Promise<Person>;
  readonly groupMembers: (groupId: string) => Promise<readonly string[]>;
}

export interface Access {
  /** The rights of a person. Throws NetcostError('denied') for who may not ask at all; fails closed. */
  readonly caller: (
    userId: string,
    homeTeamId: string | undefined,
    options?: { readonly botsPass?: boolean },
  ) => Promise<Caller>;
  readonly rules: AccessRules;
}

export function createAccess(rules: AccessRules, directory: Directory): Access {
  async function isOneOf(userId: string, ids: readonly string[]): Promise<boolean> {
    if (ids.includes(userId)) return true;
    for (const groupId of ids.filter((id) => /^S[A-Z0-9]+$/.test(id))) {
      if ((await directory.groupMembers(groupId)).includes(userId)) return true;
    }
    return false;
  }

  async function visible(userId: string, roles: readonly Role[], isOutsider: boolean): Promise<Caller['teams']> {
    if (roles.some((role) => role !== 'member')) return 'all';
    if (rules.memberTeams === 'all' && !isOutsider) return 'all';
    const granted: string[] = [];
    for (const [team, ids] of Object.entries(rules.teams)) {
      if (await isOneOf(userId, ids)) granted.push(team.toLowerCase());
    }
    // An outsider sees the teams granted by name only; where none is, the list of members' teams is not for them.
    const shared = isOutsider || rules.memberTeams === 'all' ? [] : rules.memberTeams.map((team) => team.toLowerCase());
    return [...new Set([...shared, ...granted])];
  }

  return {
    rules,
    caller: async (userId, homeTeamId, { botsPass = false } = {}) => {
      const person = await directory.person(userId);
      // Among the readers of a channel a bot of ours or of others is nobody who could be shown too much.
      if (person.isBot && botsPass) return { id: `${homeTeamId ?? '-'}/${userId}`, teams: 'all', roles: [] };
      if (person.isBot || person.isDeleted) throw denied('netcost answers people, not bots.');
      const isForeign =
        person.isStranger || (homeTeamId !== undefined && person.teamId !== undefined && person.teamId !== homeTeamId);
      const isOutsider = person.isGuest || isForeign;
      if (isOutsider && !(await isOneOf(userId, rules.guests)))
        throw denied('netcost answers full members of this workspace only.');
      const roles: Role[] = isOutsider ? [] : ['member'];
      for (const role of ROLES) {
        if (role !== 'member' && !isOutsider && (await isOneOf(userId, rules.roles[role] ?? []))) roles.push(role);
      }
      return { id: `${homeTeamId ?? '-'}/${userId}`, teams: await visible(userId, roles, isOutsider), roles };
    },
  };
}

function denied(message: string): NetcostError {
  return new NetcostError('denied', message, { hint: 'Ask an admin of netcost.' });
}
