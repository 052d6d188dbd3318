import type { ListEntry } from '../answers/reply.js';
import type { Subscription } from '../state/subscriptions.js';
import { momentWords, rhythmWords } from './digest-words.js';

/** "payments, daily at 09:00 Europe/Berlin". */
export function subscriptionTitle(subscription: Subscription): string {
  return `${subscription.team ?? 'All teams'}, ${rhythmWords(subscription)}`;
}

/** A subscription as an entry of a list: where it goes, how it stands, and what its owner can do with it. */
export function subscriptionEntry(
  subscription: Subscription,
  about: { readonly channelName: string; readonly mayChange: boolean },
): ListEntry {
  const { id, state, problem, nextMs, zone } = subscription;
  const next = `The next one comes ${momentWords(nextMs, zone)}.`;
  const stands = state === 'active' ? [next] : problem === undefined ? ['Paused.'] : [`Paused by netcost: ${problem}`];
  const acts = [
    state === 'active'
      ? { label: 'Pause', line: `subscriptions pause ${id}` }
      : { label: 'Resume', line: `subscriptions resume ${id}` },
    { label: 'Test now', line: `subscriptions test ${id}` },
    { label: 'Unsubscribe', line: `unsubscribe ${id}`, isDangerous: true as const },
  ];
  return {
    title: subscriptionTitle(subscription),
    lines: [`In ${about.channelName} · ${id}`, ...stands],
    acts: about.mayChange ? acts : [],
  };
}

/** For `--json` and for other programs. */
export function subscriptionJson(subscription: Subscription) {
  const { id, team, every, zone, channel, owner, state, problem, nextMs } = subscription;
  return {
    id,
    team: team ?? null,
    every,
    zone,
    channel,
    owner,
    state,
    problem: problem ?? null,
    next: new Date(nextMs).toISOString(),
  };
}
