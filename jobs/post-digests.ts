import { type Due, duesBetween, nextDue } from '../src/answers/digest-due.js';
import type { Log } from '../src/log.js';
import { type DigestPostDeps, digestKey, postDigest } from '../src/slack/digest-post.js';
import { type DigestTrouble, digestTroubleMessage, whyPaused } from '../src/slack/digest-trouble.js';
import type { Delivery } from '../src/state/deliveries.js';
import type { Subscription } from '../src/state/subscriptions.js';

export interface PostDigestsDeps extends DigestPostDeps {
  readonly name: string;
  /** Cron, five fields, UTC. */
  readonly when: string;
  readonly due: (nowMs: number) => Promise<readonly Subscription[]>;
  /** False where somebody else settled or changed it meanwhile. */
  readonly settle: (
    subscription: Subscription,
    after: { readonly settledMs: number; readonly nextMs: number },
  ) => Promise<boolean>;
  readonly pause: (id: string, problem: string) => Promise<unknown>;
  readonly delivery: (key: string) => Promise<Delivery | undefined>;
  /** Forgets deliveries that ended before a moment. */
  readonly prune: (beforeMs: number) => Promise<void>;
  readonly log: Log;
}

const DEADLINE_MS = 30 * 60_000;
/** A digest that comes later than this says so. */
const LATE_MS = 30 * 60_000;
/** Older ones are not named one by one. */
const MOST_MISSED = 31;
const MOST_AT_ONCE = 4;
/** Keys hold a day, and no digest of a day that old is ever due again. */
const KEEP_MS = 120 * 24 * 3_600_000;

type Ending = 'posted' | 'left' | 'unsure' | 'paused' | 'refused';

/**
 * Posts what is due, each digest once. What was missed while netcost was down comes once, late, and names the days that
 * were never posted. One that cannot be worked out does not hold up the others, and is tried again with the next run.
 */
export function postDigests(deps: PostDigestsDeps) {
  return {
    name: deps.name,
    when: deps.when,
    deadlineMs: DEADLINE_MS,
    // So that many workspaces, and replicas, do not begin in the same second.
    jitterMs: 3_000,
    run: async (signal: AbortSignal): Promise<string> => {
      const subscriptions = await deps.due(deps.now());
      const endings: Ending[] = [];
      const failures: unknown[] = [];
      const waiting = [...subscriptions];
      const worker = async () => {
        for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
          try {
            endings.push(await settleOne(deps, next));
          } catch (error) {
            deps.log.error('a digest could not be made', { subscription: next.id, error });
            failures.push(error);
          }
        }
      };
      await Promise.all(Array.from({ length: MOST_AT_ONCE }, worker));
      await deps.prune(deps.now() - KEEP_MS);
      signal.throwIfAborted();
      if (failures.length > 0) throw failures[0];
      return describe(endings);
    },
  };
}

async function settleOne(deps: PostDigestsDeps, subscription: Subscription): Promise<Ending> {
  const nowMs = deps.now();
  const dues = duesBetween(subscription, subscription.settledMs, nowMs, MOST_MISSED);
  const due = dues.at(-1);
  const after = { settledMs: due?.atMs ?? nowMs, nextMs: nextDue(subscription, due?.atMs ?? nowMs).atMs };
  if (due === undefined) {
    await deps.settle(subscription, after);
    return 'left';
  }
  const place = {
    ...(nowMs - due.atMs > LATE_MS ? { lateSinceMs: due.atMs } : {}),
    missed: await neverPosted(deps, subscription, dues.slice(0, -1)),
  };
  const outcome = await postDigest(deps, subscription, due, { key: digestKey(subscription, due.day), place });
  switch (outcome.kind) {
    case 'held':
    case 'later':
      return 'left';
    case 'sent':
      await deps.settle(subscription, after);
      return 'posted';
    default: {
      if (!(await tellOwner(deps, subscription, due.day, outcome))) return 'left';
      const problem = whyPaused(outcome);
      if (problem !== undefined) await deps.pause(subscription.id, problem);
      await deps.settle(subscription, after);
      return problem !== undefined ? 'paused' : outcome.kind === 'unsure' ? 'unsure' : 'refused';
    }
  }
}

/** Days that were due and of which nothing was posted. One that is there, or may be, was not missed. */
async function neverPosted(
  deps: PostDigestsDeps,
  subscription: Subscription,
  dues: readonly Due[],
): Promise<readonly string[]> {
  const missed: string[] = [];
  for (const { day } of dues) {
    const delivery = await deps.delivery(digestKey(subscription, day));
    if (delivery === undefined || delivery.state === 'claimed') missed.push(day);
  }
  return missed;
}

/** Tells the owner in their direct messages, once. False where that is left for the next run. */
async function tellOwner(
  deps: PostDigestsDeps,
  subscription: Subscription,
  day: string,
  trouble: DigestTrouble,
): Promise<boolean> {
  const { owner, channel } = subscription;
  // Who cannot be reached in their direct messages cannot be told there; the list of subscriptions says it.
  if (owner === channel) return true;
  const told = await deps.post({
    key: `${digestKey(subscription, day)}/owner`,
    channel: owner,
    compose: async () => digestTroubleMessage(subscription, day, trouble),
  });
  if (told.kind === 'failed')
    deps.log.warn('an owner could not be told', { subscription: subscription.id, reason: told.reason });
  return told.kind !== 'held' && told.kind !== 'later';
}

function describe(endings: readonly Ending[]): string {
  const count = (ending: Ending) => endings.filter((each) => each === ending).length;
  const parts = (['posted', 'unsure', 'paused', 'refused', 'left'] as const)
    .map((ending) => [count(ending), ending === 'left' ? 'left for the next run' : ending] as const)
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`);
  return parts.length === 0 ? 'nothing due' : parts.join(', ');
}
