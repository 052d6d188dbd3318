import { LIMITS } from '../slack/limits.js';
import { signRequest } from './signature.js';

/** What Slack sends to an app. */
export type Delivery =
  | { readonly kind: 'command'; readonly payload: Readonly<Record<string, string>> }
  | { readonly kind: 'interactive'; readonly payload: object }
  | { readonly kind: 'options'; readonly payload: object }
  | { readonly kind: 'event'; readonly payload: object };

/** What came back within three seconds: the body of the acknowledgement, or Slack's word for what went wrong. */
export type Acknowledged =
  | { readonly ok: true; readonly body: unknown }
  | {
      readonly ok: false;
      readonly reason: 'operation_timeout' | 'dispatch_failed' | 'http_service_error' | 'no_connection';
    };

/** The way from the workspace to the bot: signed HTTP, or a web socket. */
export interface BotLink {
  readonly deliver: (delivery: Delivery) => Promise<Acknowledged>;
}

/** Signed HTTP requests, as Slack sends them. */
export function httpLink(options: {
  readonly url: () => string;
  readonly signingSecret: string;
  readonly now: () => number;
}): BotLink {
  return {
    deliver: async (delivery) => {
      const { body, type } = encode(delivery);
      const headers = { 'content-type': type, ...signRequest(options.signingSecret, body, options.now()) };
      try {
        const response = await fetch(options.url(), {
          method: 'POST',
          headers,
          body,
          signal: AbortSignal.timeout(LIMITS.ackMs),
        });
        const text = await response.text();
        if (!response.ok) return { ok: false, reason: 'http_service_error' };
        return { ok: true, body: parse(text) };
      } catch (error) {
        const isTimeout = error instanceof Error && error.name === 'TimeoutError';
        return { ok: false, reason: isTimeout ? 'operation_timeout' : 'dispatch_failed' };
      }
    },
  };
}

function encode(delivery: Delivery): { readonly body: string; readonly type: string } {
  const form = 'application/x-www-form-urlencoded';
  switch (delivery.kind) {
    case 'command':
      return { body: new URLSearchParams(delivery.payload).toString(), type: form };
    case 'interactive':
    case 'options':
      return { body: new URLSearchParams({ payload: JSON.stringify(delivery.payload) }).toString(), type: form };
    case 'event':
      return { body: JSON.stringify(delivery.payload), type: 'application/json' };
  }
}

/** An acknowledgement is empty, a JSON object, or a text. */
function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}
