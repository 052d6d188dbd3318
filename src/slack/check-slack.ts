import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { describeError } from '../errors.js';
import { slackRefusal } from './conversation.js';

/** One line of `netcost check`: what was looked at, whether it is well, and the fix where it is not. */
export interface CheckLine {
  readonly ok: boolean;
  readonly subject: string;
  readonly says: string;
  readonly fix?: string;
}

const REINSTALL = 'Put the scopes of manifest.yml into the app (OAuth & Permissions) and install it again.';

/** Looks at the token, its scopes and the channels that are configured. Never throws: what fails is a line. */
export async function checkSlack(
  client: WebClient,
  wanted: {
    readonly scopes: readonly string[];
    /** Scopes without which netcost runs, and does less. */
    readonly optional?: readonly string[];
    readonly channels: readonly string[];
  },
): Promise<readonly CheckLine[]> {
  const token = await checkToken(client, wanted.scopes, wanted.optional ?? []);
  if (!token[0]?.ok || wanted.channels.length === 0) return token;
  return [...token, ...(await checkChannels(client, wanted.channels))];
}

async function checkToken(
  client: WebClient,
  wanted: readonly string[],
  optional: readonly string[],
): Promise<readonly CheckLine[]> {
  try {
    const who = await client.auth.test();
    const granted = who.response_metadata?.scopes ?? [];
    const missing = wanted.filter((scope) => !granted.includes(scope));
    const lacks = optional.filter((scope) => !granted.includes(scope));
    const less =
      lacks.length === 0
        ? ''
        : `; without ${lacks.join(', ')} a digest whose reply got lost is marked unsure instead of looked up`;
    const scopes: CheckLine =
      missing.length === 0
        ? { ok: true, subject: 'Slack scopes', says: `all ${wanted.length} are granted${less}` }
        : { ok: false, subject: 'Slack scopes', says: `${missing.join(', ')} missing`, fix: REINSTALL };
    return [
      { ok: true, subject: 'Slack token', says: `${who.user ?? 'netcost'} in ${who.team ?? 'the workspace'}` },
      scopes,
    ];
  } catch (error) {
    const reason = error instanceof WebAPIPlatformError ? error.data.error : undefined;
    const fix =
      reason === undefined
        ? 'Check that this machine reaches slack.com.'
        : 'Copy the Bot User OAuth Token of the app into SLACK_BOT_TOKEN again.';
    return [
      {
        ok: false,
        subject: 'Slack token',
        says: reason === undefined ? 'Slack could not be reached' : `Slack says ${reason}`,
        fix,
      },
    ];
  }
}

/** Each channel by id or by name: is it there, and is netcost in it? */
async function checkChannels(client: WebClient, channels: readonly string[]): Promise<readonly CheckLine[]> {
  let ids: ReadonlyMap<string, string>;
  try {
    ids = channels.some((channel) => channel.startsWith('#')) ? await channelIds(client) : new Map();
  } catch (error) {
    return [
      {
        ok: false,
        subject: 'Slack channels',
        says: 'the list of channels cannot be read',
        fix: describeError(toRefusal(error)),
      },
    ];
  }
  const lines: CheckLine[] = [];
  for (const channel of channels)
    lines.push(await checkChannel(client, channel, channel.startsWith('#') ? ids.get(channel) : channel));
  return lines;
}

async function checkChannel(client: WebClient, channel: string, id: string | undefined): Promise<CheckLine> {
  const subject = `Slack channel ${channel}`;
  const invite = `Type /invite @netcost in ${channel}.`;
  // Slack hides private channels from who is not in them, so "not found" may mean "not invited".
  if (id === undefined)
    return { ok: false, subject, says: 'is not found', fix: `Check the name. If it is a private channel: ${invite}` };
  try {
    const { channel: info } = await client.conversations.info({ channel: id });
    if (info?.is_archived)
      return { ok: false, subject, says: 'is archived', fix: 'Take it out of slack.channels, or unarchive it.' };
    if (info?.is_member !== true) return { ok: false, subject, says: 'netcost is not in it', fix: invite };
    const shared = info.is_ext_shared
      ? '; it is shared with another organisation, so answers are not shared there'
      : '';
    return { ok: true, subject, says: `netcost is in it${shared}` };
  } catch (error) {
    return { ok: false, subject, says: 'cannot be looked at', fix: describeError(toRefusal(error)) };
  }
}

/** Ids by `#name`, of public channels and of private ones that netcost is in. Throws what Slack's client throws. */
export async function channelIds(client: WebClient): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  let cursor = '';
  // Twenty pages are 20,000 channels; a name beyond them is better given as an id.
  for (let page = 0; page < 20; page += 1) {
    const answer = await client.conversations.list({
      types: 'public_channel,private_channel',
      exclude_archived: true,
      limit: 1_000,
      ...(cursor === '' ? {} : { cursor }),
    });
    for (const channel of answer.channels ?? []) if (channel.id !== undefined) ids.set(`#${channel.name}`, channel.id);
    cursor = answer.response_metadata?.next_cursor ?? '';
    if (cursor === '') break;
  }
  return ids;
}

function toRefusal(error: unknown): unknown {
  return error instanceof WebAPIPlatformError ? slackRefusal(error.data.error, error) : error;
}
