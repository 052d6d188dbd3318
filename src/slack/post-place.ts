import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import type { Call, Caller } from '../answers/reply.js';
import { NetcostError } from '../errors.js';
import type { Access } from './access.js';
import { checkAudience, findAudience } from './audience.js';
import { channelIds } from './check-slack.js';
import { slackRefusal } from './conversation.js';
import { isDirect } from './press.js';

/** Where netcost may post by itself. */
export interface PostPlace {
  /** A channel's id, or a person's for their direct messages. */
  readonly id: string;
  /** For people: `#payments`, `your direct messages`. */
  readonly name: string;
}

export interface PostPlaceDeps {
  readonly client: WebClient;
  readonly access: Access;
}

/** Pages of members that are looked through for one person: 10,000 people. */
const MAX_PAGES = 10;

/**
 * The place in which what is about a team (undefined: the whole organisation) may be posted by itself: `wanted` (an id,
 * a name, or `me`), or where it was asked. The caller and netcost have to be in it, and everybody there has to be
 * allowed to see it.
 * Throws NetcostError('usage') where there is no such channel or netcost is not in it, ('denied') where somebody may
 * not see the team.
 */
export async function findPostPlace(
  deps: PostPlaceDeps,
  call: Call,
  wanted: string | undefined,
  team: string | undefined,
): Promise<PostPlace> {
  const { place, caller } = call;
  if (place === undefined) throw new NetcostError('usage', 'This is for Slack: a terminal has no channel to post in.');
  const asked = wanted ?? place.channelId;
  if (asked === 'me' || /^[DUW][A-Z0-9]{2,}$/.test(asked)) {
    // Somebody else's direct messages cannot be named: an id of one stands for the caller's own.
    return { id: place.userId, name: 'your direct messages' };
  }
  const id = /^[CG][A-Z0-9]{2,}$/.test(asked) ? asked : (await channelIds(deps.client)).get(`#${asked.toLowerCase()}`);
  if (id === undefined) {
    throw new NetcostError('usage', `There is no channel #${asked.slice(0, 80)} that netcost can see.`, {
      hint: 'If it is a private one, type /invite @netcost there first.',
    });
  }
  const name = await checkPostable(deps.client, id);
  if (id !== place.channelId && !(await isMember(deps.client, id, place.userId))) {
    throw new NetcostError('denied', `You are not in ${name}, so you cannot have anything posted there.`, {
      hint: 'Join it first.',
    });
  }
  await checkReaders(deps, { channel: id, team, caller, homeId: place.homeId });
  return { id, name };
}

/**
 * Whether everybody in a channel may see a team (undefined: the whole organisation), with the rules of this moment.
 * Throws NetcostError('denied') where not, ('upstream') where Slack does not say.
 */
export async function checkReaders(
  { client, access }: PostPlaceDeps,
  about: {
    readonly channel: string;
    readonly team: string | undefined;
    readonly caller: Caller;
    readonly homeId: string | undefined;
  },
): Promise<void> {
  const { channel, team, caller, homeId } = about;
  checkTeam(caller, team);
  if (isDirect(channel)) return;
  const needed: Caller = { ...caller, teams: team === undefined ? 'all' : [team.toLowerCase()] };
  checkAudience(await findAudience(client, access, channel, needed, homeId, { isPatient: true }), access.rules);
}

/** What a person may not see and what is not there are refused in the same words. */
function checkTeam({ teams }: Caller, team: string | undefined): void {
  if (teams === 'all' || (team !== undefined && teams.includes(team.toLowerCase()))) return;
  const line =
    team === undefined
      ? 'The whole organisation is for who may see every team.'
      : `There is no team "${team.slice(0, 60)}" that you may see.`;
  throw new NetcostError('denied', line, { hint: 'Ask an admin of netcost.' });
}

/** The channel's name. Throws where netcost cannot post there, with what to do. */
async function checkPostable(client: WebClient, id: string): Promise<string> {
  try {
    const { channel } = await client.conversations.info({ channel: id });
    const name = channel?.name === undefined ? id : `#${channel.name}`;
    if (channel?.is_archived === true) throw new NetcostError('usage', `${name} is archived.`);
    if (channel?.is_member !== true) {
      throw new NetcostError('usage', `netcost is not in ${name}, so it cannot post there.`, {
        hint: 'Type /invite @netcost there first.',
      });
    }
    return name;
  } catch (error) {
    if (error instanceof NetcostError) throw error;
    if (error instanceof WebAPIPlatformError) throw slackRefusal(error.data.error, error);
    throw new NetcostError('upstream', 'Slack could not be reached.', { cause: error, hint: 'Try again in a moment.' });
  }
}

async function isMember(client: WebClient, channel: string, userId: string): Promise<boolean> {
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await client.conversations.members({
      channel,
      limit: 1_000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (answer.members?.includes(userId)) return true;
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return false;
  }
  return false;
}

/** A channel's name for people; its id where Slack does not tell. */
export async function channelName(client: WebClient, id: string): Promise<string> {
  if (isDirect(id)) return 'direct messages';
  try {
    const { channel } = await client.conversations.info({ channel: id });
    return channel?.name === undefined ? id : `#${channel.name}`;
  } catch {
    return id;
  }
}
