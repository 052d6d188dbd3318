import { nextDue } from '../src/answers/digest-due.js';
import type { Call, Caller, Reply } from '../src/answers/reply.js';
import { readSubscribeRequest, SUBSCRIBE_USAGE } from '../src/answers/subscribe-words.js';
import { NetcostError } from '../src/errors.js';
import { dayName, momentWords } from '../src/slack/digest-words.js';
import { subscriptionEntry, subscriptionJson, subscriptionTitle } from '../src/slack/subscription-entries.js';
import type { Order, Subscription } from '../src/state/subscriptions.js';

export const name = 'subscribe';
export const usage = SUBSCRIBE_USAGE;
export const summary = 'a digest of a team, or of all, by itself; without words it opens a window';

export interface SubscribeDeps {
  readonly add: (
    order: Order,
    about: { readonly id: string; readonly nowMs: number; readonly nextMs: number },
  ) => Promise<{ readonly subscription: Subscription; readonly isNew: boolean }>;
  readonly change: (
    id: string,
    change: Order,
    about: { readonly nowMs: number; readonly nextMs: number },
  ) => Promise<Subscription | undefined>;
  /** The teams that there are. */
  readonly teams: () => Promise<readonly string[]>;
  /** The time zone that a person chose, or Slack's; undefined where neither says. */
  readonly zoneOf: (userId: string) => Promise<string | undefined>;
  /** Where it may be posted: `wanted` (an id, a name or `me`), or where it was asked. Throws NetcostError('denied' or 'usage'). */
  readonly channelFor: (
    call: Call,
    wanted: string | undefined,
    team: string | undefined,
  ) => Promise<{ readonly id: string; readonly name: string }>;
  /** How many a person has ordered. */
  readonly countOf: (userId: string) => Promise<number>;
  readonly newId: () => string;
}

/** Nobody reads more; each costs questions every morning. */
const MOST_OF_ONE = 50;

/**
 * Orders a digest, or gives one that is there another time. Throws NetcostError('usage') for words that are not
 * understood and for somebody else's subscription, ('denied') for a team or a channel that it must not go to.
 */
export async function handle(deps: SubscribeDeps, call: Call): Promise<Reply> {
  const request = readSubscribeRequest(call.text);
  const { place, caller, nowMs } = call;
  if (place === undefined || !caller.roles.includes('member'))
    throw new NetcostError('denied', 'Subscriptions are for full members of this workspace.', {
      hint: 'Ask one of them.',
    });
  const team = knownTeam(request.team, await deps.teams(), caller);
  const channel = await deps.channelFor(call, request.channel, team);
  if ((await deps.countOf(place.userId)) >= MOST_OF_ONE) {
    throw new NetcostError('usage', `You have ordered ${MOST_OF_ONE} digests, which is as many as one person may.`, {
      hint: 'End one first: subscriptions lists them.',
    });
  }
  const { every, weekday, minute } = request;
  const zone = request.zone ?? (await deps.zoneOf(place.userId)) ?? 'UTC';
  const order: Order = {
    ...{ team, every, weekday, minute, zone },
    channel: channel.id,
    owner: place.userId,
    homeId: place.homeId,
  };
  const first = nextDue(order, nowMs);
  const when = { nowMs, nextMs: first.atMs };
  const added = await deps.add(order, { id: deps.newId(), ...when });
  if (!added.isNew && added.subscription.owner !== place.userId && !caller.roles.includes('admin')) {
    throw new NetcostError(
      'usage',
      `Somebody else has ordered that already: ${subscriptionTitle(added.subscription)}.`,
      {
        hint: `They, or an admin of netcost, can change it; you can read it in ${channel.name}.`,
      },
    );
  }
  const subscription = added.isNew
    ? added.subscription
    : ((await deps.change(added.subscription.id, order, when)) ?? added.subscription);
  const about = every === 'daily' ? dayName(Date.parse(first.day)) : `the week to ${dayName(Date.parse(first.day))}`;
  return {
    kind: 'list',
    title: added.isNew ? 'Subscribed' : 'Changed',
    entries: [subscriptionEntry(subscription, { channelName: channel.name, mayChange: true })],
    empty: '',
    notes: [
      `The first one comes ${momentWords(first.atMs, zone)} and tells of ${about}: days are UTC, like AWS’s bill.`,
      ...(request.zone === undefined
        ? [`${zone} is your time zone as netcost knows it; name another one to change it.`]
        : []),
    ],
    json: subscriptionJson(subscription),
  };
}

/** The team as it is written in owners.yaml. What a person may not see and what is not there are refused alike. */
function knownTeam(asked: string | undefined, known: readonly string[], { teams }: Caller): string | undefined {
  if (asked === undefined) return undefined;
  const team = [...known, 'unattributed'].find((each) => each.toLowerCase() === asked.toLowerCase());
  if (team !== undefined && (teams === 'all' || teams.includes(team.toLowerCase()))) return team;
  throw new NetcostError('denied', `There is no team "${asked.slice(0, 60)}" that you may see.`, {
    hint: 'by=team shows those that you may see.',
  });
}
