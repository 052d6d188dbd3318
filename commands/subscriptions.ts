import { nextDue } from '../src/answers/digest-due.js';
import type { Call, Reply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';
import type { DigestOutcome } from '../src/slack/digest-post.js';
import { momentWords } from '../src/slack/digest-words.js';
import { subscriptionEntry, subscriptionJson, subscriptionTitle } from '../src/slack/subscription-entries.js';
import type { Subscription } from '../src/state/subscriptions.js';

export const name = 'subscriptions';
export const usage = 'subscriptions [pause|resume|test|remove ID]';
export const summary = 'the digests that you have ordered, and those of this channel';

export interface SubscriptionsDeps {
  readonly list: () => Promise<readonly Subscription[]>;
  readonly read: (id: string) => Promise<Subscription | undefined>;
  readonly pause: (id: string) => Promise<Subscription | undefined>;
  readonly resume: (
    id: string,
    about: { readonly nowMs: number; readonly nextMs: number },
  ) => Promise<Subscription | undefined>;
  readonly remove: (id: string) => Promise<void>;
  /** Posts the last digest that would have been due, marked as a test. */
  readonly test: (subscription: Subscription) => Promise<DigestOutcome>;
  readonly channelName: (id: string) => Promise<string>;
}

const VERBS = ['pause', 'resume', 'test', 'remove'] as const;
type Verb = (typeof VERBS)[number];

/**
 * Lists subscriptions, or does something with one of one's own (an admin: with any).
 * Throws NetcostError('usage') for a word or an id that is not known.
 */
export async function handle(deps: SubscriptionsDeps, call: Call): Promise<Reply> {
  const [word = '', id, ...others] = call.text.trim().toLowerCase().split(/\s+/);
  if (word === '' || word === 'list') return list(deps, call, 'Subscriptions');
  const verb = VERBS.find((each) => each === word);
  if (verb === undefined || others.length > 0) {
    throw new NetcostError('usage', `"${call.text.slice(0, 60)}" is not understood.`, {
      hint: `Write it as: ${usage}`,
    });
  }
  return act(deps, call, verb, id);
}

/** Does one thing with one subscription; `unsubscribe` is one of them. */
export async function act(deps: SubscriptionsDeps, call: Call, verb: Verb, id: string | undefined): Promise<Reply> {
  const subscription = await ownOne(deps, call, id);
  const title = subscriptionTitle(subscription);
  const { nowMs } = call;
  switch (verb) {
    case 'pause':
      await deps.pause(subscription.id);
      return list(deps, call, `Paused: ${title}`);
    case 'resume': {
      const due = nextDue(subscription, nowMs);
      await deps.resume(subscription.id, { nowMs, nextMs: due.atMs });
      return list(deps, call, `Resumed: ${title}`);
    }
    case 'remove':
      await deps.remove(subscription.id);
      return list(deps, call, `Unsubscribed: ${title}`);
    case 'test':
      return tested(deps, subscription, await deps.test(subscription));
  }
}

async function list(deps: SubscriptionsDeps, call: Call, title: string): Promise<Reply> {
  const all = await deps.list();
  const shown = all.filter((each) => mayChange(each, call) || isHere(each, call));
  const entries = await Promise.all(
    shown.map(async (each) =>
      subscriptionEntry(each, { channelName: await nameOf(deps, each), mayChange: mayChange(each, call) }),
    ),
  );
  return {
    kind: 'list',
    title,
    entries,
    empty: 'You have ordered no digest, and none comes to this channel.',
    notes: ['Order one: subscribe team=payments daily 09:00 Europe/Berlin in #payments; or only: subscribe'],
    json: { subscriptions: shown.map(subscriptionJson) },
  };
}

async function tested(deps: SubscriptionsDeps, subscription: Subscription, outcome: DigestOutcome): Promise<Reply> {
  const where = await nameOf(deps, subscription);
  const text = (line: string): Reply => ({ kind: 'text', lines: [line], json: { outcome: outcome.kind } });
  switch (outcome.kind) {
    case 'sent':
      return text(
        `Posted in ${where}. By itself the next one comes ${momentWords(subscription.nextMs, subscription.zone)}.`,
      );
    case 'unsure':
      return text(`Slack’s reply was lost, so it may or may not stand in ${where}. Look there.`);
    case 'held':
    case 'later':
      return text('Slack takes no messages just now. Try again in a minute.');
    case 'denied':
      throw outcome.error;
    case 'failed':
      throw new NetcostError('upstream', `Slack says ${outcome.reason}, so nothing was posted in ${where}.`, {
        hint: 'If netcost is not in that channel, type /invite @netcost there.',
      });
  }
}

/** The subscription that is meant; without an id the only one that the caller may change here. */
async function ownOne(deps: SubscriptionsDeps, call: Call, id: string | undefined): Promise<Subscription> {
  if (id !== undefined) {
    const found = await deps.read(id);
    // Somebody else's and none at all are refused in the same words: ids teach nothing.
    if (found === undefined || !mayChange(found, call)) {
      throw new NetcostError('usage', `There is no subscription "${id.slice(0, 60)}" of yours.`, {
        hint: 'subscriptions lists them with their ids.',
      });
    }
    return found;
  }
  const own = (await deps.list()).filter((each) => mayChange(each, call) && isHere(each, call));
  if (own.length === 1) return own[0]!;
  throw new NetcostError(
    'usage',
    own.length === 0 ? 'You have ordered no digest for this channel.' : `${own.length} digests come to this channel.`,
    { hint: 'Name one by its id: subscriptions lists them.' },
  );
}

function mayChange({ owner }: Subscription, { place, caller }: Call): boolean {
  return place !== undefined && (owner === place.userId || caller.roles.includes('admin'));
}

function isHere({ channel, team }: Subscription, { place, caller }: Call): boolean {
  const { teams } = caller;
  const maySee = teams === 'all' || (team !== undefined && teams.includes(team.toLowerCase()));
  return maySee && place !== undefined && (channel === place.channelId || channel === place.userId);
}

async function nameOf(deps: SubscriptionsDeps, { channel, owner }: Subscription): Promise<string> {
  return channel === owner ? 'direct messages' : deps.channelName(channel);
}
