import type { WebClient } from '@slack/web-api';
import type { Log } from '../log.js';
import { apiBody } from './conversation.js';
import { LIMITS } from './limits.js';
import { type Message, section } from './message.js';
import { code, cut, escapeText } from './mrkdwn.js';
import { postResponse } from './response-url.js';

/** Where the waiting line of a run stands, so that another process can edit it. */
export type RunPlace =
  | { readonly kind: 'response'; readonly url: string }
  | { readonly kind: 'message'; readonly channel: string; readonly ts: string };

/** Slow questions in flight, kept where a restart does not lose them. */
export interface RunBook {
  readonly begin: (run: {
    readonly id: string;
    readonly place: RunPlace;
    readonly question: string;
    readonly startedMs: number;
  }) => Promise<void>;
  readonly end: (id: string) => Promise<void>;
  readonly takeAbandoned: () => Promise<
    readonly { readonly place: unknown; readonly question: string; readonly startedMs: number }[]
  >;
}

/** Tells everybody whose question a restart interrupted, in place of their waiting line. */
export async function excuseInterrupted(client: WebClient, book: RunBook, nowMs: number, log: Log): Promise<void> {
  for (const run of await book.takeAbandoned()) {
    try {
      await excuse(client, run.place, run.question, nowMs - run.startedMs);
    } catch (error) {
      log.warn('an interrupted question could not be excused', { error });
    }
  }
}

async function excuse(client: WebClient, place: unknown, question: string, ageMs: number): Promise<void> {
  const message = interruptedMessage(question);
  if (!isRunPlace(place)) return;
  if (place.kind === 'message') await client.chat.update({ channel: place.channel, ts: place.ts, ...apiBody(message) });
  else if (ageMs < LIMITS.responseUrl.milliseconds)
    await postResponse(place.url, message, { replace: true, type: 'ephemeral' });
}

export function interruptedMessage(question: string): Message {
  const line = 'netcost was restarted while it worked on this. Ask again:';
  return {
    text: `${line} ${escapeText(cut(question, 500))}`,
    blocks: [section(`${line} ${code(`/netcost ${cut(question, 500)}`)}`)],
  };
}

function isRunPlace(place: unknown): place is RunPlace {
  if (typeof place !== 'object' || place === null || !('kind' in place)) return false;
  if (place.kind === 'response') return 'url' in place && typeof place.url === 'string';
  return (
    place.kind === 'message' &&
    'channel' in place &&
    typeof place.channel === 'string' &&
    'ts' in place &&
    typeof place.ts === 'string'
  );
}
