import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import type { Caller } from '../answers/reply.js';
import { NetcostError } from '../errors.js';
import type { Access, AccessRules } from './access.js';

/** Who would read a message in a channel. */
export interface Audience {
  /** `#name`, or the id where Slack does not tell. */
  readonly name: string;
  readonly isPrivate: boolean;
  /** Shared with another organisation. */
  readonly isExternal: boolean;
  /** Number of people; undefined where Slack does not tell. */
  readonly people: number | undefined;
  /** People who may not see what the sharer sees; counted up to MAX_CHECKED members. */
  readonly withoutRights: number;
  /** Not all members could be checked. */
  readonly isUnchecked: boolean;
  /** Slack does not show the channel to netcost at all: a private one that it is not in. */
  readonly isHidden?: boolean;
}

const MAX_CHECKED = 200;
/** More readers than this and sharing asks first, in a private channel too. */
const MANY_PEOPLE = 20;

/**
 * Looks at a channel and its members with the eyes of the access rules. What Slack does not say is part of the answer;
 * with `isPatient` a Slack that does not answer just now throws NetcostError('upstream') instead, for who can ask again.
 */
export async function findAudience(
  client: WebClient,
  access: Access,
  channelId: string,
  caller: Caller,
  homeTeamId: string | undefined,
  { isPatient = false }: { readonly isPatient?: boolean } = {},
): Promise<Audience> {
  const giveUp = (error: unknown) => {
    if (!isPatient || error instanceof WebAPIPlatformError) return;
    throw new NetcostError('upstream', 'Slack did not say who reads that channel.', { cause: error });
  };
  const unknown: Audience = {
    name: `<#${channelId}>`,
    isPrivate: false,
    isExternal: false,
    people: undefined,
    withoutRights: 0,
    isUnchecked: true,
    isHidden: true,
  };
  let info: Awaited<ReturnType<WebClient['conversations']['info']>>['channel'];
  try {
    info = (await client.conversations.info({ channel: channelId, include_num_members: true })).channel;
  } catch (error) {
    giveUp(error);
    return unknown;
  }
  if (info === undefined) return unknown;
  const isExternal = info.is_ext_shared === true || info.is_pending_ext_shared === true;
  const isPrivate = info.is_private === true || info.is_im === true || info.is_mpim === true;
  const about = {
    name: info.name === undefined ? `<#${channelId}>` : `#${info.name}`,
    isPrivate,
    isExternal,
    people: info.num_members,
  };
  try {
    const members = (await client.conversations.members({ channel: channelId, limit: MAX_CHECKED })).members ?? [];
    const verdicts = await Promise.all(members.map((member) => lacksRights(access, member, caller, homeTeamId)));
    if (verdicts.includes('unknown')) giveUp(undefined);
    const isUnchecked = members.length >= MAX_CHECKED || verdicts.includes('unknown');
    return {
      ...about,
      people: isUnchecked ? (info.num_members ?? members.length) : verdicts.filter((each) => each !== 'bot').length,
      withoutRights: verdicts.filter((each) => each === 'lacks').length,
      isUnchecked,
    };
  } catch (error) {
    if (error instanceof NetcostError) throw error;
    giveUp(error);
    return { ...about, withoutRights: 0, isUnchecked: true };
  }
}

/** True where sharing there should be asked about first. */
export function isWide(audience: Audience): boolean {
  return !audience.isPrivate || audience.isUnchecked || (audience.people ?? Number.POSITIVE_INFINITY) > MANY_PEOPLE;
}

/**
 * Refuses a channel whose readers may not see what would be posted, and one whose readers cannot be known although
 * rights differ. Throws NetcostError('denied').
 */
export function checkAudience(audience: Audience, rules: Pick<AccessRules, 'memberTeams'>): void {
  if (audience.isHidden) {
    throw new NetcostError('denied', `netcost cannot see who reads ${audience.name}, so nothing is posted there.`, {
      hint: 'Type /invite @netcost there first.',
    });
  }
  if (audience.isUnchecked && rules.memberTeams !== 'all') {
    throw new NetcostError(
      'denied',
      `${audience.name} has more readers than can be checked, so nothing is posted there.`,
      {
        hint: 'Share it in a smaller channel.',
      },
    );
  }
  if (audience.isExternal) {
    throw new NetcostError(
      'denied',
      `${audience.name} is shared with another organisation, so nothing is posted there.`,
      { hint: 'Share it in a channel of your own.' },
    );
  }
  if (audience.withoutRights > 0) {
    const who = audience.withoutRights === 1 ? 'One person' : `${audience.withoutRights} people`;
    throw new NetcostError('denied', `${who} in ${audience.name} may not see this, so nothing is posted there.`, {
      hint: 'Share it in a channel where everybody may.',
    });
  }
}

async function lacksRights(
  access: Access,
  userId: string,
  sharer: Caller,
  homeTeamId: string | undefined,
): Promise<'may' | 'lacks' | 'bot' | 'unknown'> {
  try {
    const reader = await access.caller(userId, homeTeamId, { botsPass: true });
    // Everybody but a bot that passes has a role or a list of teams.
    if (reader.teams === 'all') return reader.roles.length === 0 ? 'bot' : 'may';
    const readable = reader.teams;
    return sharer.teams !== 'all' && sharer.teams.every((team) => readable.includes(team)) ? 'may' : 'lacks';
  } catch (error) {
    return error instanceof NetcostError && error.code === 'denied' ? 'lacks' : 'unknown';
  }
}
