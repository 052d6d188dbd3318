import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { NetcostError } from '../errors.js';
import type { Log } from '../log.js';
import { deliver, type Sent } from './deliver.js';
import type { RunPlace } from './interrupted.js';
import type { Message, OurBlock } from './message.js';
import { bodyOf, postResponse } from './response-url.js';

/** Where an answer goes: one message that is posted once and edited from then on. */
export interface Conversation {
  readonly show: (message: Message) => Promise<void>;
  /** How often what was shown can be edited: a response URL takes five messages, an ephemeral post no edit at all. */
  readonly edits: 'freely' | 'seldom' | 'never';
  /** Where the message stands that the next show edits; undefined where there is none. */
  readonly shownAt: () => RunPlace | undefined;
}

export interface Place {
  readonly channelId: string;
  readonly userId: string;
  readonly threadTs?: string;
}

/**
 * Answers through a response URL: after a slash command or a press. `replace` edits the message that was pressed, or
 * the line that acknowledged the command. Where the URL no longer works the message goes to the person directly.
 */
export function responseConversation(
  client: WebClient,
  url: string,
  place: Place,
  log: Log,
  options: { readonly replace: boolean },
): Conversation {
  return {
    edits: options.replace ? 'seldom' : 'never',
    shownAt: () => (options.replace ? { kind: 'response', url } : undefined),
    show: async (message) => {
      const sent = await deliver(
        (form) => postResponse(url, form, { replace: options.replace, type: 'ephemeral' }),
        message,
        log,
      );
      if (sent === 'ok') return;
      log.warn('the response url no longer works; posting directly', { channel: place.channelId });
      await ephemeralConversation(client, place, log).show(message);
    },
  };
}

/** Posts for one person only. Such a message cannot be edited, so every show is a new one. */
export function ephemeralConversation(client: WebClient, place: Place, log: Log): Conversation {
  const thread = place.threadTs === undefined ? {} : { thread_ts: place.threadTs };
  return {
    edits: 'never',
    shownAt: () => undefined,
    show: async (message) => {
      const send = (form: Message) =>
        attempt(log, () =>
          client.chat.postEphemeral({ channel: place.channelId, user: place.userId, ...thread, ...apiBody(form) }),
        );
      if ((await deliver(send, message, log)) !== 'ok') throw undeliverable(place);
    },
  };
}

/** Posts into a channel, a thread or a direct message, and edits that message from then on; `startTs`: one of ours that is there. */
export function channelConversation(client: WebClient, place: Place, log: Log, startTs?: string): Conversation {
  const thread = place.threadTs === undefined ? {} : { thread_ts: place.threadTs };
  let ts = startTs;
  // A person's id takes a new message, and no edit: Slack says which direct message it went to.
  let { channelId } = place;
  const unfurl = { unfurl_links: false, unfurl_media: false };
  return {
    edits: 'freely',
    shownAt: () => (ts === undefined ? undefined : { kind: 'message', channel: channelId, ts }),
    show: async (message) => {
      const send = (form: Message) =>
        attempt(log, async () => {
          if (ts !== undefined) return client.chat.update({ channel: channelId, ts, ...apiBody(form) });
          const posted = await client.chat.postMessage({
            channel: channelId,
            ...thread,
            ...unfurl,
            ...apiBody(form),
          });
          ts = posted.ts;
          channelId = posted.channel ?? channelId;
          return posted;
        });
      const sent = await deliver(send, message, log);
      if (sent === 'gone' && ts !== undefined) {
        // Somebody deleted the line that was to be edited: the answer still has to arrive.
        ts = undefined;
        if ((await deliver(send, message, log)) === 'ok') return;
      }
      if (sent !== 'ok') throw undeliverable(place);
    },
  };
}

/** Slack's own types do not know the chart; the wire does. */
export function apiBody(message: Message): {
  text: string;
  blocks?: Exclude<OurBlock, { type: 'data_visualization' }>[];
} {
  return bodyOf(message) as { text: string; blocks?: Exclude<OurBlock, { type: 'data_visualization' }>[] };
}

const REFUSED = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'invalid_arguments',
]);
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

async function attempt(log: Log, call: () => Promise<unknown>): Promise<Sent> {
  try {
    await call();
    return 'ok';
  } catch (error) {
    if (!(error instanceof WebAPIPlatformError)) {
      throw new NetcostError('upstream', 'Slack could not be reached.', {
        cause: error,
        hint: 'Try again in a moment.',
      });
    }
    const reason = error.data.error;
    log.warn('slack refused a call', { reason, details: error.data.response_metadata?.messages });
    if (REFUSED.has(reason)) return 'refused';
    if (GONE.has(reason)) return 'gone';
    throw slackRefusal(reason, error);
  }
}

/** Slack's word for a failure, with what to do about it. */
export function slackRefusal(reason: string, cause: unknown): NetcostError {
  const fixes: Readonly<Record<string, string>> = {
    channel_not_found: 'If it is a private channel, type /invite @netcost there.',
    not_in_channel: 'Type /invite @netcost in that channel.',
    is_archived: 'The channel is archived.',
    missing_scope: 'Reinstall the app with the scopes of manifest.yml.',
    restricted_action: 'A rule of this workspace forbids it; ask its admins.',
  };
  return new NetcostError('upstream', `Slack says ${reason}.`, {
    cause,
    hint: fixes[reason] ?? 'Try again in a moment.',
  });
}

function undeliverable(place: Place): NetcostError {
  return new NetcostError('upstream', `Slack takes no message in ${place.channelId}.`, {
    hint: 'Type /invite @netcost there.',
  });
}
