import { randomUUID } from 'node:crypto';
import * as subscribe from '../../commands/subscribe.js';
import * as subscriptions from '../../commands/subscriptions.js';
import * as unsubscribe from '../../commands/unsubscribe.js';
import { postDigests } from '../../jobs/post-digests.js';
import { type DigestDeps, makeDigest } from '../answers/digest.js';
import { duesBetween } from '../answers/digest-due.js';
import { zoneName } from '../answers/local-time.js';
import { type KnownHours, readKnownHours } from '../answers/month-so-far.js';
import type { Engine } from '../answers/open-engine.js';
import type { Command } from '../answers/reply.js';
import type { Log } from '../log.js';
import { limitConcurrency } from '../rollups/limit.js';
import type { Job } from '../schedule.js';
import { type DigestPostDeps, postDigest } from '../slack/digest-post.js';
import { channelName, checkReaders, findPostPlace } from '../slack/post-place.js';
import { pruneDeliveries, readDelivery } from '../state/deliveries.js';
import { openIncidents } from '../state/incidents.js';
import type { State } from '../state/open-state.js';
import { readPersonalSettings } from '../state/personal-settings.js';
import {
  addSubscription,
  changeSubscription,
  dueSubscriptions,
  listSubscriptions,
  pauseSubscription,
  readSubscription,
  removeSubscription,
  resumeSubscription,
  type Subscription,
  settleSubscription,
} from '../state/subscriptions.js';
import { DAY_MS, MINUTE_MS } from '../units.js';
import { teamsOf } from './bind.js';
import type { NotCounted } from './not-counted.js';
import type { Posting } from './posting.js';

export interface DigestParts {
  readonly engine: Engine;
  readonly state: State;
  readonly nowMs: () => number;
  readonly log: Log;
  /** Known once the workspace is; asked when a command or the job runs. */
  readonly posting: () => Posting;
  /** Whether anybody watches for incidents. */
  readonly watches: boolean;
  /** The digest of CloudWatch's metrics, where no flow logs are read. */
  readonly makeNatDigest?: DigestPostDeps['makeNatDigest'] | undefined;
  readonly notCounted?: NotCounted;
}

const DIGESTS_JOB = 'post-digests';
/** People's questions come first. */
const MOST_QUESTIONS = 2;

/** Subscriptions from Slack, and the job that posts what is due. */
export function bindDigests(parts: DigestParts): {
  readonly commands: readonly Command[];
  readonly job: Job;
  readonly zoneOf: (userId: string) => Promise<string | undefined>;
} {
  const { state, nowMs, log, posting } = parts;
  const { db } = state;
  /** CloudWatch knows all gateways together, and nothing of a team. */
  const refuseUncounted = (team: string | undefined): void => {
    const why = parts.notCounted?.();
    if (why !== undefined && (team !== undefined || parts.makeNatDigest === undefined)) throw why;
  };
  const posts: DigestPostDeps = {
    post: (post) => posting().poster.post(post),
    makeDigest: bindMakeDigest(parts),
    makeNatDigest: parts.makeNatDigest,
    checkReaders: async (subscription) => {
      refuseUncounted(subscription.team);
      await checkSubscription(posting(), subscription);
    },
    now: nowMs,
  };
  const zoneOf = (userId: string) => findZone(parts, userId);
  const subscribeDeps: subscribe.SubscribeDeps = {
    add: (order, about) => addSubscription(db, order, about),
    change: (id, order, about) => changeSubscription(db, id, order, about),
    teams: async () => teamsOf(parts.engine),
    zoneOf,
    channelFor: async (call, wanted, team) => {
      refuseUncounted(team);
      return findPostPlace(posting(), call, wanted, team);
    },
    countOf: async (userId) => (await listSubscriptions(db)).filter(({ owner }) => owner === userId).length,
    newId: () => `d${randomUUID().slice(0, 6)}`,
  };
  const listDeps: subscriptions.SubscriptionsDeps = {
    list: () => listSubscriptions(db),
    read: (id) => readSubscription(db, id),
    pause: (id) => pauseSubscription(db, id),
    resume: (id, about) => resumeSubscription(db, id, about),
    remove: (id) => removeSubscription(db, id),
    test: (subscription) => testDigest(posts, subscription),
    channelName: (id) => channelName(posting().client, id),
  };
  const acts = true as const;
  return {
    commands: [
      {
        name: subscribe.name,
        usage: subscribe.usage,
        summary: subscribe.summary,
        acts,
        handle: (call) => subscribe.handle(subscribeDeps, call),
      },
      {
        name: subscriptions.name,
        usage: subscriptions.usage,
        summary: subscriptions.summary,
        acts,
        handle: (call) => subscriptions.handle(listDeps, call),
      },
      {
        name: unsubscribe.name,
        usage: unsubscribe.usage,
        summary: unsubscribe.summary,
        acts,
        handle: (call) => unsubscribe.handle(listDeps, call),
      },
    ],
    job: postDigests({
      ...posts,
      name: DIGESTS_JOB,
      when: '* * * * *',
      due: (atMs) => dueSubscriptions(db, atMs),
      settle: (subscription, after) => settleSubscription(db, subscription, after),
      pause: (id, problem) => pauseSubscription(db, id, problem),
      delivery: (key) => readDelivery(db, key),
      prune: (beforeMs) => pruneDeliveries(db, beforeMs),
      log,
    }),
    zoneOf,
  };
}

/** makeDigest with the engine; few questions at once, and what all teams share is read once a minute. */
function bindMakeDigest({ engine, state, nowMs, watches }: DigestParts): DigestPostDeps['makeDigest'] {
  const limit = limitConcurrency(MOST_QUESTIONS);
  const ask: DigestDeps['ask'] = (input) => limit(() => engine.ask(input));
  const read = new Map<number, { readonly readMs: number; readonly hours: Promise<KnownHours> }>();
  const knownHours = (asOfMs: number) => {
    const readMs = nowMs();
    for (const [other, { readMs: then }] of read) if (readMs - then > MINUTE_MS) read.delete(other);
    const kept = read.get(asOfMs) ?? { readMs, hours: limit(() => readKnownHours(engine.store, asOfMs)) };
    read.set(asOfMs, kept);
    // What could not be read is read again by the next one.
    kept.hours.catch(() => read.delete(asOfMs));
    return kept.hours;
  };
  // A digest is read by a whole channel, so nothing of the security team's is in it.
  const incidents = (team: string | undefined) =>
    openIncidents(state.db, team === undefined ? 'all' : [team.toLowerCase()], { withSecurity: false });
  const deps: DigestDeps = { ask, knownHours, ...(watches ? { openIncidents: incidents } : {}) };
  return (input) => makeDigest(deps, input);
}

/** The owner has to be allowed to see the team still, and everybody in the channel too. */
async function checkSubscription(posting: Posting, subscription: Subscription): Promise<void> {
  const { owner, homeId, channel, team } = subscription;
  const caller = await posting.access.caller(owner, homeId);
  await checkReaders(posting, { channel, team, caller, homeId });
}

/** The last digest that was or would have been due, posted now and marked as a test. */
async function testDigest(posts: DigestPostDeps, subscription: Subscription): ReturnType<typeof postDigest> {
  const nowMs = posts.now();
  const due = duesBetween(subscription, nowMs - 9 * DAY_MS, nowMs, 1)[0];
  const day = due?.day ?? new Date(nowMs - DAY_MS).toISOString().slice(0, 10);
  return postDigest(
    posts,
    subscription,
    { atMs: nowMs, day },
    { key: `digest-test/${subscription.id}/${randomUUID()}`, place: { nextMs: subscription.nextMs } },
  );
}

/** What the person chose at home, else what they told Slack. */
async function findZone({ state, posting }: DigestParts, userId: string): Promise<string | undefined> {
  const { zone } = await readPersonalSettings(state.db, userId);
  if (zone !== undefined) return zone;
  try {
    const { user } = await posting().client.users.info({ user: userId });
    return user?.tz === undefined ? undefined : zoneName(user.tz);
  } catch {
    return undefined;
  }
}
