import type { Digest } from '../answers/digest.js';
import type { Due } from '../answers/digest-due.js';
import { spanOf } from '../answers/digest-span.js';
import type { DigestPeriod, NatMetricsDigest } from '../answers/nat-metrics-digest.js';
import { NetcostError } from '../errors.js';
import type { Subscription } from '../state/subscriptions.js';
import { type DigestPlace, digestMessage, placeRemarks } from './digest-blocks.js';
import { digestDetails } from './digest-details.js';
import type { Message } from './message.js';
import { natDigestMessages, noLogsMessage } from './nat-digest-blocks.js';
import type { Poster, PostOutcome } from './post.js';

export interface DigestPostDeps {
  readonly post: Poster['post'];
  /** Asks all that a digest says: makeDigest bound. */
  readonly makeDigest: (input: {
    readonly team: string | undefined;
    readonly every: 'daily' | 'weekly';
    readonly day: string;
    readonly nowMs: number;
  }) => Promise<Digest>;
  /** The digest of CloudWatch's metrics, where there are no flow logs to ask: then it stands in for `makeDigest`. */
  readonly makeNatDigest?:
    | ((input: { readonly period: DigestPeriod; readonly nowMs: number }) => Promise<NatMetricsDigest>)
    | undefined;
  /**
   * Whether the owner may still see the team, and everybody in the channel too, with the rules of this moment.
   * Throws NetcostError('denied') where not.
   */
  readonly checkReaders: (subscription: Subscription) => Promise<void>;
  readonly now: () => number;
}

/** What posting a digest came to; `denied` where somebody there may not see it any more. */
export type DigestOutcome = PostOutcome | { readonly kind: 'denied'; readonly error: NetcostError };

/** The key under which a subscription's digest of a day is posted, once for ever. */
export function digestKey(subscription: Pick<Subscription, 'id'>, day: string): string {
  return `digest/${subscription.id}/${day}`;
}

/**
 * Posts one digest and what belongs into its thread, each once, whoever else tries and however often. Rights are looked
 * at when it is worked out. Throws what `makeDigest` and the state throw; then nothing was sent.
 */
export async function postDigest(
  deps: DigestPostDeps,
  subscription: Subscription,
  due: Due,
  options: { readonly key: string; readonly place: Omit<DigestPlace, 'nowMs' | 'rhythm'> },
): Promise<DigestOutcome> {
  const { channel } = subscription;
  const { key } = options;
  let made: Promise<DigestMessages> | undefined;
  const make = () => {
    made ??= deps.checkReaders(subscription).then(() => drawDigest(deps, subscription, due, options.place));
    return made;
  };
  const compose = async () => (await make()).main;
  try {
    const outcome = await deps.post({ key, channel, compose });
    if (outcome.kind !== 'sent') return outcome;
    const details = (await make()).thread;
    if (details === undefined) return outcome;
    const thread = { key: `${key}/thread`, channel: outcome.channel, threadTs: outcome.ts };
    const added = await deps.post({ ...thread, compose: async () => details });
    // A thread that is lost for good is no reason to say that the digest is; one that may come yet is waited for.
    return added.kind === 'held' || added.kind === 'later' ? added : outcome;
  } catch (error) {
    if (error instanceof NetcostError && error.code === 'denied') return { kind: 'denied', error };
    throw error;
  }
}

/** A digest's own message, and what stands below it in the thread. */
interface DigestMessages {
  readonly main: Message;
  readonly thread: Message | undefined;
}

async function drawDigest(
  deps: DigestPostDeps,
  subscription: Subscription,
  { day }: Due,
  options: Omit<DigestPlace, 'nowMs' | 'rhythm'>,
): Promise<DigestMessages> {
  const nowMs = deps.now();
  const { team, every } = subscription;
  const place = { nowMs, rhythm: subscription, ...options };
  if (deps.makeNatDigest === undefined) {
    const digest = await deps.makeDigest({ team, every, day, nowMs });
    return { main: digestMessage(digest, place), thread: digestDetails(digest) };
  }
  // Whose bytes they are is what CloudWatch does not know: a team's digest says so, and holds nobody else's figures.
  if (team !== undefined) return { main: noLogsMessage(team, spanOf(every, day)), thread: undefined };
  return natDigestMessages(await deps.makeNatDigest({ period: spanOf(every, day), nowMs }), placeRemarks(place));
}
