import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  type WebClient,
} from '@slack/web-api';
import type { Log } from '../log.js';
import { apiBody } from './conversation.js';
import { deliver } from './deliver.js';
import type { Message } from './message.js';
import { postMetadata } from './own-post.js';

/** What one call of chat.postMessage came to. */
export type Attempt =
  | { readonly kind: 'sent'; readonly channel: string; readonly ts: string }
  /** Slack certainly has nothing, and takes it later. */
  | { readonly kind: 'wait'; readonly afterMs: number; readonly reason: string }
  /** Slack certainly has nothing and will not take it there. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** No answer, or one that leaves open whether it was posted. */
  | { readonly kind: 'doubtful'; readonly reason: string };

/** The content's fault: a plainer form of the same message is tried. */
const CONTENT = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long']);
/** Slack's page on chat.postMessage: with these some part of the operation may have succeeded. */
const LEAVES_OPEN = new Set(['internal_error', 'fatal_error', 'request_timeout', 'service_unavailable']);
const LIMITED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);
/** The whole app's trouble and no channel's: an admin has to mend it, and what is due waits. */
const TOKEN = new Set([
  'not_authed',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'org_login_required',
  'team_access_not_granted',
  'ekm_access_denied',
]);
/** Errors of the network that happen before a byte of the request leaves. */
const NEVER_LEFT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** Where Slack says no number. */
const DEFAULT_WAIT_MS = 30_000;
const TOKEN_WAIT_MS = 10 * 60_000;
const NETWORK_WAIT_MS = 5_000;

export interface PostTarget {
  readonly key: string;
  readonly channel: string;
  readonly threadTs?: string | undefined;
}

/**
 * Calls chat.postMessage, in ever plainer forms where Slack refuses the blocks, and says what came of it. The client
 * must neither repeat calls nor wait out rate limits by itself: a repeated call after a lost reply posts twice.
 * `before` is called in front of each call, as for the pace; where it says false nothing more is sent.
 */
export async function attemptPost(
  client: WebClient,
  target: PostTarget,
  message: Message,
  log: Log,
  before: () => Promise<boolean>,
): Promise<Attempt | undefined> {
  let result: Attempt | undefined;
  const sent = await deliver(
    async (form) => {
      result = undefined;
      if (!(await before())) return 'ok';
      try {
        const posted = await client.chat.postMessage({
          channel: target.channel,
          ...(target.threadTs === undefined ? {} : { thread_ts: target.threadTs }),
          unfurl_links: false,
          unfurl_media: false,
          metadata: postMetadata(target.key),
          ...apiBody(form),
        });
        const { ts, channel = target.channel } = posted;
        result = ts === undefined ? { kind: 'doubtful', reason: 'no_ts' } : { kind: 'sent', channel, ts };
      } catch (error) {
        if (error instanceof WebAPIPlatformError && CONTENT.has(error.data.error)) return 'refused';
        result = classify(error);
      }
      return 'ok';
    },
    message,
    log,
  );
  return sent === 'refused' ? { kind: 'rejected', reason: 'invalid_blocks' } : result;
}

function classify(error: unknown): Attempt {
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'wait', afterMs: error.retryAfter * 1000, reason: 'ratelimited' };
  if (error instanceof WebAPIPlatformError) {
    const reason = error.data.error;
    if (LEAVES_OPEN.has(reason)) return { kind: 'doubtful', reason };
    if (LIMITED.has(reason)) return { kind: 'wait', afterMs: DEFAULT_WAIT_MS, reason };
    if (TOKEN.has(reason)) return { kind: 'wait', afterMs: TOKEN_WAIT_MS, reason };
    return { kind: 'rejected', reason };
  }
  if (error instanceof WebAPIHTTPError) return { kind: 'doubtful', reason: `http_${error.statusCode}` };
  // The client's own words for a 429 without a number.
  if (error instanceof Error && error.message.startsWith('Retry header'))
    return { kind: 'wait', afterMs: DEFAULT_WAIT_MS, reason: 'ratelimited' };
  if (error instanceof WebAPIRequestError && codesOf(error.original).some((code) => NEVER_LEFT.has(code)))
    return { kind: 'wait', afterMs: NETWORK_WAIT_MS, reason: 'unreachable' };
  return { kind: 'doubtful', reason: 'no_reply' };
}

/** The codes of an error and of what caused it. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if ('code' in each && typeof each.code === 'string') codes.push(each.code);
  }
  return codes;
}
