import type { MessageMetadata } from '@slack/types';
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';

/** Metadata of everything that is posted by a claim. Other apps in the channel may read it: it holds the key alone. */
const EVENT_TYPE = 'netcost_post';

export function postMetadata(key: string): MessageMetadata {
  return { event_type: EVENT_TYPE, event_payload: { key } };
}

/**
 * What a search for our own message came to. `unreadable`: Slack does not let us read there, or there is more than can
 * be read; it may or may not be there. `unknown`: Slack did not answer now.
 */
export type Search =
  | { readonly kind: 'found'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'unknown' };

export interface SoughtPost {
  readonly key: string;
  /** A channel's id, or a person's, whose direct messages are meant. */
  readonly channel: string;
  readonly threadTs: string | undefined;
  /** When it was first sent, by our clock. */
  readonly sinceMs: number;
}

/** Our clock may run ahead of Slack's. */
const CLOCK_SKEW_MS = 5 * 60_000;
const MAX_PAGES = 10;
const PAGE = 200;
/** Refusals that say that we may not look there, whenever we ask. */
const FORBIDDEN = new Set([
  'missing_scope',
  'not_in_channel',
  'channel_not_found',
  'no_permission',
  'access_denied',
  'not_allowed_token_type',
  'restricted_action',
  'method_not_supported_for_channel_type',
]);

/** Looks for a message of ours by its metadata, in the channel's history or in a thread. Never throws. */
export async function findOwnPost(client: WebClient, sought: SoughtPost): Promise<Search> {
  try {
    const { bot_id: botId } = await client.auth.test();
    if (botId === undefined) return { kind: 'unknown' };
    return await search(client, sought, botId);
  } catch (error) {
    const reason = error instanceof WebAPIPlatformError ? error.data.error : '';
    // The thread's first message is gone, and our reply with it.
    if (reason === 'thread_not_found' || reason === 'message_not_found') return { kind: 'absent' };
    return FORBIDDEN.has(reason) ? { kind: 'unreadable', reason } : { kind: 'unknown' };
  }
}

async function search(client: WebClient, sought: SoughtPost, botId: string): Promise<Search> {
  const { threadTs } = sought;
  const channel = await historyOf(client, sought.channel);
  const window = {
    channel,
    oldest: ((sought.sinceMs - CLOCK_SKEW_MS) / 1000).toFixed(6),
    include_all_metadata: true,
    limit: PAGE,
  };
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const next = cursor === undefined ? window : { ...window, cursor };
    const answer =
      threadTs === undefined
        ? await client.conversations.history(next)
        : await client.conversations.replies({ ...next, ts: threadTs });
    const own = (answer.messages ?? []).find((message) => message.bot_id === botId && keyOf(message) === sought.key);
    if (own?.ts !== undefined) return { kind: 'found', channel, ts: own.ts };
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return { kind: 'absent' };
  }
  return { kind: 'unreadable', reason: 'too_many_messages' };
}

/** Slack posts to a person's id, and tells the history of the direct message alone. */
async function historyOf(client: WebClient, channel: string): Promise<string> {
  if (!/^[UW]/.test(channel)) return channel;
  const { channel: direct } = await client.conversations.open({ users: channel });
  return direct?.id ?? channel;
}

function keyOf(message: object): unknown {
  if (!('metadata' in message) || typeof message.metadata !== 'object' || message.metadata === null) return undefined;
  const { event_type: type, event_payload: payload } = message.metadata as {
    readonly event_type?: unknown;
    readonly event_payload?: { readonly key?: unknown };
  };
  return type === EVENT_TYPE ? payload?.key : undefined;
}
