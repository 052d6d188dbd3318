import { randomUUID } from 'node:crypto';
import { NetcostError } from '../errors.js';
import type { Log } from '../log.js';
import { type AccessRules, createAccess } from '../slack/access.js';
import { createDirectory } from '../slack/directory.js';
import { createPace } from '../slack/pace.js';
import { createPoster, type Poster } from '../slack/post.js';
import type { PostPlaceDeps } from '../slack/post-place.js';
import { createPostClient, createSlackClient } from '../slack/slack-client.js';
import type { State } from '../state/open-state.js';

/** What is needed to post by oneself: digests, budgets. */
export interface Posting extends PostPlaceDeps {
  readonly poster: Poster;
}

/** Binds what posts by itself to one workspace; one for all, so that a channel's pace is kept by all together. */
export function bindPosting(parts: {
  readonly botToken: string;
  readonly apiUrl?: string | undefined;
  readonly access: AccessRules;
  readonly state: State;
  readonly nowMs: () => number;
  readonly log: Log;
}): Posting {
  const { botToken, apiUrl, state, nowMs: now, log } = parts;
  const client = createSlackClient(botToken, log, apiUrl);
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return {
    client,
    access: createAccess(parts.access, createDirectory(client, now)),
    poster: createPoster({
      client: createPostClient(botToken, log, apiUrl),
      db: state.db,
      pace: createPace({ now, sleep, random: Math.random }),
      now,
      sleep,
      newId: randomUUID,
      log,
    }),
  };
}

/** A Posting that is bound later: what needs it is bound before the workspace is there. */
export function postingLater(): { readonly get: () => Posting; readonly set: (posting: Posting) => void } {
  let bound: Posting | undefined;
  return {
    get: () => {
      if (bound !== undefined) return bound;
      throw new NetcostError('upstream', 'netcost is still starting.', { hint: 'Try again in a moment.' });
    },
    set: (posting) => {
      bound = posting;
    },
  };
}
