import { createHash } from 'node:crypto';
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import type { Log } from '../log.js';
import { dropPost, type IncidentPost, keepPost, postsOf } from '../state/incident-work.js';
import type { Incident } from '../state/incidents.js';
import type { StateDb } from '../state/open-state.js';
import { apiBody } from './conversation.js';
import { deliver } from './deliver.js';
import type { Message } from './message.js';
import type { Pace } from './pace.js';
import type { Poster } from './post.js';

/** What it takes to write a thread. */
export interface ThreadDeps {
  /** One that neither repeats calls nor waits out rate limits, as for the poster. */
  readonly client: WebClient;
  readonly poster: Poster;
  readonly pace: Pace;
  readonly db: StateDb;
  readonly now: () => number;
  readonly log: Log;
}

/** `shown`: it stands there as it should. `later`: Slack does not take it now, try again at `untilMs`. */
export type Shown = { readonly kind: 'shown' } | { readonly kind: 'later'; readonly untilMs: number };

const SHOWN: Shown = { kind: 'shown' };
/** Where Slack refuses for good (not in the channel, archived): somebody may mend it. */
const REFUSED_MS = 5 * 60_000;
const RETRY_MS = 5_000;
/** The name of the message that begins the thread. */
export const PARENT = 'parent';

/**
 * Brings one message of a thread to what it should show: posts it where it is missing, edits it where it differs, leaves
 * it alone where it is right. Called with the same message as often as you like, by whatever process.
 */
export async function showPost(deps: ThreadDeps, incident: Incident, slot: string, message: Message): Promise<Shown> {
  const posts = await postsOf(deps.db, incident.id);
  const post = posts.get(slot);
  const digest = digestOf(message);
  if (post === undefined) return postNew(deps, incident, slot, message, posts);
  if (post.shown === digest || post.ts === '') return SHOWN;
  const edited = await edit(deps, post, message);
  if (edited === 'ok') {
    await keepPost(deps.db, incident.id, { ...post, shown: digest }, deps.now());
    return SHOWN;
  }
  if (edited === 'gone') {
    deps.log.warn('a message of a thread is gone and is posted again', { incident: incident.id, slot });
    await forget(deps, incident, post);
    // Drawn anew, for a message that is posted again calls nobody a second time.
    return { kind: 'later', untilMs: deps.now() };
  }
  return { kind: 'later', untilMs: deps.now() + edited };
}

/** Where the thread of an incident is; undefined before its first message. */
export function rootOf(incident: Incident, posts: ReadonlyMap<string, IncidentPost>): string | undefined {
  return incident.threadTs ?? posts.get(PARENT)?.ts;
}

/** How often a message was lost and posted anew: part of its key, and of whether it may mention somebody. */
export function losses(posts: ReadonlyMap<string, IncidentPost>, slot: string): number {
  return [...posts.keys()].filter((name) => name.startsWith(`lost:${slot}:`)).length;
}

async function postNew(
  deps: ThreadDeps,
  incident: Incident,
  slot: string,
  message: Message,
  posts: ReadonlyMap<string, IncidentPost>,
): Promise<Shown> {
  const { db, now } = deps;
  const threadTs = slot === PARENT ? (incident.threadTs ?? undefined) : rootOf(incident, posts);
  if (slot !== PARENT && threadTs === undefined) return { kind: 'later', untilMs: now() + RETRY_MS };
  const channel = slot === PARENT ? incident.channel : (posts.get(PARENT)?.channel ?? incident.channel);
  const key = `incident/${incident.id}/${incident.channel}/${slot}/${losses(posts, slot)}`;
  let isOurs = false;
  const compose = async () => {
    isOurs = true;
    return message;
  };
  const outcome = await deps.poster.post({ key, channel, threadTs, compose });
  switch (outcome.kind) {
    case 'sent':
      await keepPost(
        db,
        incident.id,
        // What an earlier process posted, and this one found, may be older than this message: it is edited at once.
        { slot, channel: outcome.channel, ts: outcome.ts, shown: isOurs ? digestOf(message) : '' },
        now(),
      );
      return isOurs ? SHOWN : showPost(deps, incident, slot, message);
    case 'held':
      return { kind: 'later', untilMs: now() + RETRY_MS };
    case 'later':
      return { kind: 'later', untilMs: outcome.untilMs };
    case 'unsure':
      return afterDoubt(deps, incident, slot, message, channel);
    case 'failed':
      deps.log.error('slack does not take a message of a thread', {
        incident: incident.id,
        slot,
        reason: outcome.reason,
      });
      await forget(deps, incident, { slot, channel, ts: `refused-${losses(posts, slot)}`, shown: '' });
      return { kind: 'later', untilMs: now() + REFUSED_MS };
  }
}

/**
 * Slack's reply was lost and the channel's history may not be read. Without its headline or its diagnosis a thread is
 * worthless, so these are posted again, at the risk of a second one; a note is left as it is.
 */
async function afterDoubt(
  deps: ThreadDeps,
  incident: Incident,
  slot: string,
  message: Message,
  channel: string,
): Promise<Shown> {
  const isNeeded = slot === PARENT || slot === 'diagnosis' || slot === 'progress';
  if (!isNeeded) {
    await keepPost(deps.db, incident.id, { slot, channel, ts: '', shown: '' }, deps.now());
    return SHOWN;
  }
  await forget(deps, incident, {
    slot,
    channel,
    ts: `doubtful-${losses(await postsOf(deps.db, incident.id), slot)}`,
    shown: '',
  });
  return postNew(deps, incident, slot, message, await postsOf(deps.db, incident.id));
}

async function forget(deps: ThreadDeps, incident: Incident, post: IncidentPost): Promise<void> {
  await keepPost(deps.db, incident.id, { ...post, slot: `lost:${post.slot}:${post.ts}` }, deps.now());
  await dropPost(deps.db, incident.id, post.slot);
}

const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'channel_not_found']);
const CONTENT = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long']);

/** Edits a message. Returns the milliseconds to wait where Slack does not take it now. An edit may be repeated freely. */
async function edit(deps: ThreadDeps, post: IncidentPost, message: Message): Promise<'ok' | 'gone' | number> {
  let waitMs: number | undefined;
  const sent = await deliver(
    async (form) => {
      await deps.pace(post.channel);
      try {
        await deps.client.chat.update({ channel: post.channel, ts: post.ts, ...apiBody(form) });
      } catch (error) {
        if (error instanceof WebAPIPlatformError && CONTENT.has(error.data.error)) return 'refused';
        if (error instanceof WebAPIPlatformError && GONE.has(error.data.error)) return 'gone';
        waitMs = waitOf(error);
        deps.log.warn('an edit waits', { slot: post.slot, waitMs, error });
      }
      return 'ok';
    },
    message,
    deps.log,
  );
  if (waitMs !== undefined) return waitMs;
  // Refused in every form: what stands there stays, and is not tried again until it changes.
  return sent === 'refused' ? 'ok' : sent;
}

function waitOf(error: unknown): number {
  const retryAfter =
    typeof error === 'object' && error !== null && 'retryAfter' in error ? Number(error.retryAfter) * 1000 : RETRY_MS;
  return Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : RETRY_MS;
}

/** Takes messages of a thread away, for what a channel must not read any more. What is gone already is no matter. */
export async function withdrawPosts(deps: ThreadDeps, incidentId: string): Promise<Shown> {
  for (const post of (await postsOf(deps.db, incidentId)).values()) {
    if (!post.slot.startsWith('withdraw:')) continue;
    if (post.ts !== '' && /^\d/.test(post.ts)) {
      await deps.pace(post.channel);
      try {
        await deps.client.chat.delete({ channel: post.channel, ts: post.ts });
      } catch (error) {
        const reason = error instanceof WebAPIPlatformError ? error.data.error : '';
        if (!['message_not_found', 'channel_not_found', 'cant_delete_message'].includes(reason))
          return { kind: 'later', untilMs: deps.now() + waitOf(error) };
        deps.log.warn('a message could not be withdrawn', { incident: incidentId, slot: post.slot, reason });
      }
    }
    await dropPost(deps.db, incidentId, post.slot);
  }
  return SHOWN;
}

function digestOf(message: Message): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('hex').slice(0, 24);
}
