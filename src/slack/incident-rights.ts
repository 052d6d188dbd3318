import type { Caller, Role } from '../answers/reply.js';
import { NetcostError } from '../errors.js';
import { type Incident, maySeeIncident } from '../state/incidents.js';
import type { AccessRules } from './access.js';

/** What a person can do to an incident. */
export type IncidentAct = 'expected' | 'not-an-issue' | 'fixed' | 'snooze' | 'run-again' | 'export';

/**
 * Which roles may do what. Members (of the workspace, in full) see to the thread; what closes an incident for good, and
 * is told to AWS, is for those who answer for costs; evidence names people, so it is for admins and security.
 */
const INCIDENT_RIGHTS: Readonly<Record<IncidentAct, readonly Role[]>> = {
  expected: ['admin', 'finance'],
  'not-an-issue': ['admin', 'finance'],
  fixed: ['admin', 'finance', 'security', 'member'],
  snooze: ['admin', 'finance', 'security', 'member'],
  'run-again': ['admin', 'finance', 'security', 'member'],
  export: ['admin', 'security'],
};
/** Of an incident for the security team everything is theirs and the admins'. */
const SECURITY: readonly Role[] = ['admin', 'security'];

const WORDS: Readonly<Record<IncidentAct, string>> = {
  expected: 'mark it as expected',
  'not-an-issue': 'mark it as no issue',
  fixed: 'mark it as fixed',
  snooze: 'snooze it',
  'run-again': 'run the diagnosis again',
  export: 'take its evidence',
};

/**
 * Refuses who may not. Besides the roles, whoever was granted the owning team by name may close its incidents. Where the
 * config gives nobody any of the roles, every full member may: else nobody could. Throws NetcostError('denied').
 */
export function checkIncidentRight(
  act: IncidentAct,
  incident: Pick<Incident, 'isSecurity' | 'teams'>,
  caller: Caller,
  rules: Pick<AccessRules, 'roles' | 'memberTeams'>,
): void {
  const allowed = incident.isSecurity ? SECURITY : INCIDENT_RIGHTS[act];
  const isVacant = allowed.every((role) => role === 'member' || (rules.roles[role] ?? []).length === 0);
  const hasRole = caller.roles.some((role) => allowed.includes(role));
  const isOwner =
    !incident.isSecurity &&
    act !== 'export' &&
    caller.teams !== 'all' &&
    incident.teams.length > 0 &&
    maySeeIncident(incident, caller.teams);
  const isMember = caller.roles.includes('member');
  const seesIt = caller.teams === 'all' || maySeeIncident(incident, caller.teams);
  if (isOwner && isMember) return;
  if ((hasRole || (isVacant && isMember)) && seesIt) return;
  const who = allowed.filter((role) => role !== 'member').join(' or ');
  throw new NetcostError(
    'denied',
    `You may not ${WORDS[act]}: that is for ${who}${incident.isSecurity ? '' : ', or for the owning team'}.`,
    {
      hint: 'Ask an admin of netcost; roles stand under access.roles in its config.',
    },
  );
}
