import { WebClient } from '@slack/web-api';
import { SILENT } from '../../src/log.js';
import { boltLogger } from '../../src/slack/bolt-logger.js';
import type { Message } from '../../src/slack/message.js';
import { createPace } from '../../src/slack/pace.js';
import { createPoster, type Poster, type PosterDeps } from '../../src/slack/post.js';
import { POST_CLIENT_OPTIONS } from '../../src/slack/slack-client.js';
import type { StateDb } from '../../src/state/open-state.js';
import { BOT_SCOPES, OPTIONAL_SCOPES } from '../../src/workspace/start-demo.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace-server.js';

const secrets = { botToken: 'xoxb-test-1234567890', appToken: 'xapp-test-1234567890', signingSecret: 'a secret' };
export const ALL_SCOPES: readonly string[] = [...BOT_SCOPES, ...OPTIONAL_SCOPES];

export function postWorkspace(scopes: readonly string[] = ALL_SCOPES, now = () => Date.now()): Promise<Workspace> {
  return startWorkspace({ ...secrets, now, transport: 'http', port: 0, scopes });
}

function postClient(apiUrl: string, timeout = 400): WebClient {
  return new WebClient(secrets.botToken, {
    ...POST_CLIENT_OPTIONS,
    timeout,
    slackApiUrl: apiUrl,
    logger: boltLogger(SILENT),
  });
}

/** The real poster on a workspace and a state; its sleeps are written down and not slept. */
export function testPoster(
  db: StateDb,
  apiUrl: string,
  change: Partial<PosterDeps> = {},
): { readonly poster: Poster; readonly slept: number[] } {
  const slept: number[] = [];
  const now = change.now ?? (() => Date.now());
  const sleep = async (ms: number) => void slept.push(ms);
  let ids = 0;
  const newId = () => `${process.pid}-${ids++}-${Math.random()}`;
  const client = postClient(apiUrl);
  const pace = createPace({ now, sleep, random: () => 0 });
  return { poster: createPoster({ client, db, pace, now, sleep, newId, log: SILENT, ...change }), slept };
}

export const saying = (text: string) => async (): Promise<Message> => ({
  text,
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
});
