import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { parseConfig, readEnvironment } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { type RunningBot, runStart } from '../../src/main.js';
import { renderMessage } from '../../src/workspace/render-message.js';
import type { RoomMessage } from '../../src/workspace/room.js';
import { BOT_SCOPES } from '../../src/workspace/start-demo.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace-server.js';
import { type AthenaServer, startAthenaServer } from '../fixtures/athena-server.js';
import { readable, until } from './demo-fixture.js';
import { freePort } from './free-port.js';

const secrets = { botToken: 'xoxb-test-1', appToken: 'xapp-test-1', signingSecret: 'a signing secret' };

/** `netcost start` over signed HTTP with a config that has Athena alone, the workspace around it and Athena behind it. */
export interface AthenaBot {
  readonly workspace: Workspace;
  readonly athena: AthenaServer;
  readonly lines: string[];
  /** The clock of everything but the timers; a test may move it. */
  clock: { aheadMs: number };
  readonly say: (user: string, channel: string, text: string, threadTs?: string) => Promise<void>;
  /** The newest message there that this person sees and that these words are in, as they read it. */
  readonly sees: (
    user: string,
    channel: string,
    words: RegExp,
  ) => Promise<{ readonly ts: string; readonly text: string }>;
  readonly seen: (user: string, channel: string) => readonly RoomMessage[];
  readonly read: (message: RoomMessage) => string;
  readonly press: (user: string, channel: string, ts: string, actionId: string) => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** @param more further lines of the config */
export async function startAthenaBot(more = ''): Promise<AthenaBot> {
  const clock = { aheadMs: 0 };
  const nowMs = () => Date.now() + clock.aheadMs;
  const folder = mkdtempSync(join(tmpdir(), 'netcost-athena-bot-'));
  const athena = await startAthenaServer();
  vi.stubEnv('AWS_ENDPOINT_URL', athena.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), now: nowMs });
  const workspace = await startWorkspace({ ...secrets, now: nowMs, transport: 'http', port: 0, scopes: BOT_SCOPES });
  const fields =
    'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id pkt-srcaddr pkt-dstaddr region az-id flow-direction interface-type resource-id'
      .split(' ')
      .map((name) => `\${${name}}`)
      .join(' ');
  const config = parseConfig(
    `slack: { mode: http, host: 127.0.0.1, port: ${await freePort()} }
ranges: { aws: false }
state: { file: ${join(folder, 'state.db')} }
aws: { accounts: [{ id: "111122223333", regions: [us-east-1] }] }
data:
  store: ${join(folder, 'store')}
  copies: ${join(folder, 'copies')}
  engine: athena
  athena:
    region: us-east-1
    tables: [{ name: flow, format: "${fields}", location: "s3://my-logs", accounts: ["111122223333"], regions: [us-east-1] }]
    limits: { confirmGb: 20, questionGb: 200, dayGb: 300 }
${more}`,
    'test',
  );
  const start = (): Promise<RunningBot> =>
    runStart(
      config,
      readEnvironment({}),
      { nowMs, elapsedMs: () => performance.now(), log, signal: new AbortController().signal },
      { slackApiUrl: workspace.apiUrl, secrets },
    );
  let bot = await start();
  workspace.connectBot(`http://127.0.0.1:${bot.port}/slack/events`);
  const { room, acts } = workspace;
  const seen = (user: string, channel: string) =>
    room
      .messages(channel)
      .filter(({ ephemeralFor, userId }) => (ephemeralFor ?? user) === user && userId === room.cast.bot.userId);
  const read = (message: RoomMessage) => readable(renderMessage(room, message, 0));
  return {
    workspace,
    athena,
    lines,
    clock,
    seen,
    read,
    say: (user, channel, text, threadTs) => acts.say(user, channel, threadTs, text),
    sees: (user, channel, words) =>
      until(() => {
        const message = seen(user, channel).findLast((each) => words.test(read(each)));
        return message && { ts: message.ts, text: read(message) };
      }, `that ${user} sees ${words}`),
    press: async (user, channel, ts, actionId) => {
      const block = room.message(channel, ts)?.blocks.find((each) => JSON.stringify(each).includes(`"${actionId}"`));
      if (block === undefined) throw new Error(`There is no button ${actionId}.`);
      await acts.press(user, channel, ts, block.block_id, actionId);
    },
    restart: async () => {
      await bot.stop();
      bot = await start();
    },
    stop: async () => {
      await bot.stop();
      await workspace.stop();
      await athena.stop();
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
