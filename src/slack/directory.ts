import type { WebClient } from '@slack/web-api';
import { NetcostError } from '../errors.js';
import { MINUTE_MS } from '../units.js';
import type { Directory, Person } from './access.js';

const KEEP_MS = 5 * MINUTE_MS;
const MAX_ENTRIES = 5_000;

/** People and user groups as Slack's Web API tells them, each kept for five minutes. */
export function createDirectory(client: WebClient, now: () => number): Directory {
  return {
    person: cached(now, async (userId) => {
      const { user } = await lookUp(() => client.users.info({ user: userId }));
      return toPerson(userId, user);
    }),
    groupMembers: cached(now, async (groupId) => {
      const { users } = await lookUp(() => client.usergroups.users.list({ usergroup: groupId }));
      return users ?? [];
    }),
  };
}

type SlackUser = Awaited<ReturnType<WebClient['users']['info']>>['user'];

function toPerson(id: string, user: SlackUser): Person {
  return {
    id,
    teamId: user?.team_id,
    isGuest: user?.is_restricted === true || user?.is_ultra_restricted === true,
    isStranger: user?.is_stranger === true,
    isBot: user?.is_bot === true,
    isDeleted: user === undefined || user.deleted === true,
  };
}

async function lookUp<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    // Who cannot be looked up gets no answer: rights that are not known are no rights.
    throw new NetcostError('upstream', 'Slack did not say who you are, so nothing was looked up.', {
      cause,
      hint: 'Try again in a moment.',
    });
  }
}

/** Remembers answers, never failures; a question in flight is asked once. */
function cached<T>(now: () => number, load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const entries = new Map<string, { readonly value: Promise<T>; readonly untilMs: number }>();
  return (key) => {
    const known = entries.get(key);
    if (known !== undefined && known.untilMs > now()) return known.value;
    if (entries.size >= MAX_ENTRIES) entries.clear();
    const value = load(key);
    entries.set(key, { value, untilMs: now() + KEEP_MS });
    value.catch(() => entries.delete(key));
    return value;
  };
}
