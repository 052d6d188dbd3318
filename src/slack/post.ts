import type { WebClient } from '@slack/web-api';
import type { Log } from '../log.js';
import {
  beginSending,
  claimDelivery,
  type Delivery,
  endDelivery,
  type Holder,
  releaseDelivery,
} from '../state/deliveries.js';
import type { StateDb } from '../state/open-state.js';
import type { Message } from './message.js';
import { findOwnPost } from './own-post.js';
import type { Pace } from './pace.js';
import { type Attempt, attemptPost } from './post-attempt.js';

/** Something to post once. */
export interface Post {
  /** Names the message for ever, at most 200 characters: `digest/SUBSCRIPTION/2026-11-20`. Not secret. */
  readonly key: string;
  /** `C…`, `G…`, `D…`, or a person's `U…` for their direct messages. */
  readonly channel: string;
  readonly threadTs?: string | undefined;
  /** Works the message out; called only where this call holds the claim and something is to be sent. */
  readonly compose: () => Promise<Message>;
}

export type PostOutcome =
  /** It is there; `isNew` where this call brought it, false where it was there already. */
  | { readonly kind: 'sent'; readonly channel: string; readonly ts: string; readonly isNew: boolean }
  /** Another process works on it. Call again with the next run. */
  | { readonly kind: 'held' }
  /** Slack has nothing now, or cannot be asked. Call again with the next run; it is taken up after `untilMs`. */
  | { readonly kind: 'later'; readonly reason: string; readonly untilMs: number }
  /** It may be there or not, and cannot be found out. Never sent again: tell somebody, by a post with a key of its own. */
  | { readonly kind: 'unsure'; readonly reason: string }
  /** Slack refused it for good, in its word (`not_in_channel`): tell somebody, by a post with a key of its own. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface Poster {
  /**
   * Posts once: claim in the state → send → confirm. Call it with the same key as often as you like, from as many
   * processes as share the state. After a lost reply it looks for its own message by metadata where history may be read,
   * else it says `unsure`. Throws what `compose` throws (the claim is given back first) and what the state throws.
   */
  readonly post: (post: Post) => Promise<PostOutcome>;
}

export interface PosterDeps {
  /** One that neither repeats calls nor waits out rate limits: POST_CLIENT_OPTIONS of slack-client.ts. */
  readonly client: WebClient;
  readonly db: StateDb;
  readonly pace: Pace;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly newId: () => string;
  readonly log: Log;
  /** How long Slack may still work on a call whose reply was lost, before its absence means anything. */
  readonly settleMs?: number;
  /** How long a claim is held. More than a digest takes, and than settling and all the waits of one call. */
  readonly leaseMs?: number;
}

const SETTLE_MS = 15_000;
const LEASE_MS = 5 * 60_000;
const MAX_TRIES = 3;
/** A wait that is shorter is waited out here; a longer one is left to the next run. */
const MAX_WAIT_MS = 30_000;
const LOOK_AGAIN_MS = 60_000;
/** After that long without a look at the channel it stays unsure. */
const GIVE_UP_MS = 6 * 3_600_000;

export function createPoster(deps: PosterDeps): Poster {
  const { client, db, now, log } = deps;
  const settleMs = deps.settleMs ?? SETTLE_MS;
  const leaseMs = deps.leaseMs ?? LEASE_MS;

  async function post(given: Post): Promise<PostOutcome> {
    const by = deps.newId();
    const holder = (): Holder => ({ key: given.key, by, nowMs: now() });
    const claim = await claimDelivery(db, holder(), leaseMs);
    if (claim.kind === 'held') return { kind: 'held' };
    if (claim.kind === 'done') return outcomeOf(claim.delivery);
    if (claim.kind === 'doubtful') {
      const looked = await look(claim.delivery, holder);
      if (looked !== undefined) return looked;
      await rest(holder(), leaseMs);
    }
    let message: Message;
    try {
      message = await given.compose();
    } catch (error) {
      await rest(holder(), 0);
      throw error;
    }
    return send(given, message, holder);
  }

  /** Slack certainly has nothing: keeps the claim that long, and who takes it afterwards just sends. */
  const rest = (holder: Holder, forMs: number) =>
    releaseDelivery(db, holder, { untilMs: holder.nowMs + forMs, wasSent: false });

  async function send(given: Post, message: Message, holder: () => Holder): Promise<PostOutcome> {
    const { channel } = given;
    for (let tries = 1; ; tries += 1) {
      const attempt = await attemptPost(client, given, message, log, async () => {
        await deps.pace(channel);
        return beginSending(db, holder(), given, leaseMs);
      });
      if (attempt === undefined) return { kind: 'held' };
      const outcome = await settle(given, attempt, holder, tries >= MAX_TRIES);
      if (outcome !== undefined) return outcome;
    }
  }

  /** Writes down what an attempt came to. Undefined where it is to be sent once more. */
  async function settle(
    given: Post,
    attempt: Attempt,
    holder: () => Holder,
    isLast: boolean,
  ): Promise<PostOutcome | undefined> {
    const { channel, key } = given;
    switch (attempt.kind) {
      case 'sent':
        await endDelivery(db, holder(), { state: 'sent', channel: attempt.channel, ts: attempt.ts });
        return { kind: 'sent', channel: attempt.channel, ts: attempt.ts, isNew: true };
      case 'rejected':
        log.warn('slack refused a post', { key, channel, reason: attempt.reason });
        await endDelivery(db, holder(), { state: 'failed', reason: attempt.reason });
        return { kind: 'failed', reason: attempt.reason };
      case 'wait': {
        log.warn('a post waits', { key, channel, reason: attempt.reason, afterMs: attempt.afterMs });
        if (!isLast && attempt.afterMs <= MAX_WAIT_MS) {
          await rest(holder(), leaseMs);
          await deps.sleep(attempt.afterMs);
          return undefined;
        }
        return later(holder, attempt.reason, now() + attempt.afterMs, false);
      }
      case 'doubtful': {
        log.warn('the reply to a post was lost', { key, channel, reason: attempt.reason });
        await deps.sleep(settleMs);
        const looked = await look({ key, channel, threadTs: given.threadTs, sendingSinceMs: now() }, holder);
        if (looked !== undefined) return looked;
        return isLast ? later(holder, attempt.reason, now() + LOOK_AGAIN_MS, false) : undefined;
      }
    }
  }

  /** Looks whether it is there. Undefined where it certainly is not, so that it may be sent. */
  async function look(
    sought: Pick<Delivery, 'key' | 'channel' | 'threadTs' | 'sendingSinceMs'>,
    holder: () => Holder,
  ): Promise<PostOutcome | undefined> {
    const { key, channel, sendingSinceMs } = sought;
    const found = await findOwnPost(client, { key, channel, threadTs: sought.threadTs, sinceMs: sendingSinceMs });
    log.info('looked for a post of ours', { key, channel, found: found.kind });
    if (found.kind === 'absent') return undefined;
    if (found.kind === 'found') {
      await endDelivery(db, holder(), { state: 'sent', channel: found.channel, ts: found.ts });
      return { kind: 'sent', channel: found.channel, ts: found.ts, isNew: true };
    }
    if (found.kind === 'unknown' && now() - sendingSinceMs < GIVE_UP_MS)
      return later(holder, 'no_look', now() + LOOK_AGAIN_MS, true);
    const reason = found.kind === 'unreadable' ? found.reason : 'no_look';
    await endDelivery(db, holder(), { state: 'unsure', reason });
    return { kind: 'unsure', reason };
  }

  async function later(holder: () => Holder, reason: string, untilMs: number, wasSent: boolean): Promise<PostOutcome> {
    await releaseDelivery(db, holder(), { untilMs, wasSent });
    return { kind: 'later', reason, untilMs };
  }

  return { post };
}

/** What an earlier call came to. */
function outcomeOf({ state, channel, ts = '', reason = '' }: Delivery): PostOutcome {
  if (state === 'sent') return { kind: 'sent', channel, ts, isNew: false };
  return { kind: state === 'failed' ? 'failed' : 'unsure', reason };
}
