import type { BlockAction } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Log } from '../log.js';
import {
  type Conversation,
  channelConversation,
  ephemeralConversation,
  type Place,
  responseConversation,
} from './conversation.js';

/** One press of a button of ours, in our words. */
export interface Press {
  readonly actionId: string;
  readonly value: string | undefined;
  readonly teamId: string | undefined;
  readonly place: Place;
  /** The message that was pressed; undefined in a view. */
  readonly messageTs: string | undefined;
  /** Only the person sees the message that was pressed; it can be edited in place. */
  readonly isEphemeral: boolean;
  readonly responseUrl: string | undefined;
  readonly triggerId: string;
}

/** Reads Slack's payload. In a view (App Home, modal) there is no channel: the place is the person's direct message. */
export function readPress(body: BlockAction): Press {
  const action = body.actions[0];
  const value =
    action !== undefined && 'value' in action && typeof action.value === 'string' ? action.value : undefined;
  const container: Readonly<Record<string, unknown>> = body.container;
  const threadTs = typeof container.thread_ts === 'string' ? container.thread_ts : undefined;
  const place = { channelId: body.channel?.id ?? body.user.id, userId: body.user.id };
  return {
    actionId: action?.action_id ?? '',
    value,
    teamId: body.team?.id,
    place: threadTs === undefined ? place : { ...place, threadTs },
    messageTs: typeof container.message_ts === 'string' ? container.message_ts : undefined,
    isEphemeral: container.is_ephemeral === true,
    responseUrl: typeof body.response_url === 'string' && body.response_url !== '' ? body.response_url : undefined,
    triggerId: body.trigger_id,
  };
}

/**
 * Where the answer to a press goes: in place of an ephemeral message; into the person's own direct message or thread
 * where the press happened there; else, from a message that others see too, to the person alone.
 */
export function pressConversation(client: WebClient, press: Press, log: Log): Conversation {
  const { place } = press;
  if (press.isEphemeral && press.responseUrl !== undefined) {
    return responseConversation(client, press.responseUrl, place, log, { replace: true });
  }
  if (isDirect(place.channelId)) return channelConversation(client, place, log);
  return ephemeralConversation(client, place, log);
}

/** A line to the person that leaves the pressed message as it is. */
export function asideConversation(client: WebClient, press: Press, log: Log): Conversation {
  if (press.responseUrl !== undefined)
    return responseConversation(client, press.responseUrl, press.place, log, { replace: false });
  return isDirect(press.place.channelId)
    ? channelConversation(client, press.place, log)
    : ephemeralConversation(client, press.place, log);
}

/** Direct messages have a `D…` id; a user's id (`U…`, `W…`) stands for the direct message with them. */
export function isDirect(channelId: string): boolean {
  return /^[DUW]/.test(channelId);
}
