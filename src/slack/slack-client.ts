import { WebClient } from '@slack/web-api';
import type { Log } from '../log.js';
import { boltLogger } from './bolt-logger.js';

/** A person waits: three tries within two seconds, not Bolt's ten within half an hour. */
export const CLIENT_OPTIONS = {
  retryConfig: { retries: 2, minTimeout: 200, maxTimeout: 1_000, factor: 3 },
  timeout: 5_000,
} as const;

/**
 * For what is posted by a claim (post.ts): one try per call, and rate limits come back as errors, because a call that is
 * repeated after a lost reply posts twice.
 */
export const POST_CLIENT_OPTIONS = {
  retryConfig: { retries: 0 },
  timeout: 10_000,
  rejectRateLimitedCalls: true,
} as const;

/** A client for Slack's Web API outside the app: for `netcost check`. */
export function createSlackClient(token: string, log: Log, apiUrl?: string): WebClient {
  return new WebClient(token, {
    ...CLIENT_OPTIONS,
    logger: boltLogger(log),
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  });
}

/** A client for what is posted by a claim. */
export function createPostClient(token: string, log: Log, apiUrl?: string): WebClient {
  return new WebClient(token, {
    ...POST_CLIENT_OPTIONS,
    logger: boltLogger(log),
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl }),
  });
}
