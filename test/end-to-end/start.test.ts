import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig, readEnvironment } from '../../src/config.js';
import { createLog } from '../../src/log.js';
import { runCheck } from '../../src/main/check.js';
import { runStart } from '../../src/main.js';
import { beginRun } from '../../src/state/open-runs.js';
import { openState } from '../../src/state/open-state.js';
import { BOT_SCOPES } from '../../src/workspace/start-demo.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace-server.js';
import { CHANNELS, PEOPLE, until } from './demo-fixture.js';
import { freePort } from './free-port.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const HEADER =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr interface-type flow-direction resource-id';
const secrets = {
  botToken: 'xoxb-test-1234567890',
  appToken: 'xapp-test-1234567890',
  signingSecret: 'a signing secret',
};

let folder: string;
let workspace: Workspace;
const lines: string[] = [];
const log = createLog({ write: (line) => lines.push(line), now: () => NOW });
const surroundings = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  log,
  signal: new AbortController().signal,
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-start-'));
  const at = Math.floor(Date.now() / 1000) - 1_800;
  const row = (from: string, to: string, sport: number, dport: number, packet: string) =>
    `5 111122223333 eni-0a ${from} ${to} ${sport} ${dport} 6 10 1073741824 ${at} ${at + 60} ACCEPT OK ${packet} nat_gateway ingress nat-0a1b2c3d4e5f`;
  const body = [HEADER, row('10.20.0.5', '10.0.0.10', 40000, 443, '10.20.0.5 52.216.0.1')].join('\n');
  writeFileSync(join(folder, 'flow.log'), `${body}\n`);
  writeFileSync(join(folder, 'owners.yaml'), 'owners:\n  - { team: payments, prefixes: [10.20.0.0/16] }\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const configText = (more = '') => `
slack: { mode: socket, port: 0, channels: ["#cloud-costs", "#nowhere"] }
ranges: { aws: false }
data: { flowLogs: ${folder}, store: ${join(folder, 'store')}, owners: ${join(folder, 'owners.yaml')} }
state: { file: ${join(folder, 'state.db')} }
${more}`;

const freshWorkspace = (scopes: readonly string[] = BOT_SCOPES) =>
  startWorkspace({ ...secrets, now: () => Date.now(), transport: 'socket', port: 0, scopes });

describe('netcost start', () => {
  test('answers, counts, remembers, and stops gracefully', async () => {
    workspace = await freshWorkspace();
    const { room, acts } = workspace;
    // A question that an earlier process did not end.
    const waiting = room.post({ channel: CHANNELS.costs, userId: room.cast.bot.userId, text: 'Reading …' });
    const before = await openState({ kind: 'sqlite', file: join(folder, 'state.db') });
    await beginRun(before.db, {
      id: 'old',
      place: { kind: 'message', channel: CHANNELS.costs, ts: waiting.ts },
      question: 'by=team',
      startedMs: NOW,
    });
    await before.close();

    const port = await freePort();
    const config = parseConfig(configText(), 'test');
    const bot = await runStart({ ...config, slack: { ...config.slack, port } }, readEnvironment({}), surroundings, {
      slackApiUrl: workspace.apiUrl,
      secrets,
    });
    try {
      await until(() => room.message(CHANNELS.costs, waiting.ts)?.text.includes('restarted'), 'the excuse');
      await acts.say(PEOPLE.dana, CHANNELS.costs, undefined, '/netcost since=24h by=team');
      const answer = await until(
        () => room.messages(CHANNELS.costs).find((message) => message.text.includes('payments')),
        'the answer',
      );
      expect(answer.text).toContain('1.00 GiB');
      await acts.say(PEOPLE.dana, CHANNELS.costs, undefined, '/netcost status');
      await until(
        () => room.messages(CHANNELS.costs).find((message) => message.text.includes('Status of netcost')),
        'the status',
      );

      const health = await fetch(`http://127.0.0.1:${port}/healthz`);
      expect([health.status, await health.json()]).toEqual([
        200,
        { ok: true, slack: 'connected', questionsInFlight: 0 },
      ]);
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(metrics).toContain('netcost_calls_total{via="command",outcome="answered"} 2');
      expect(metrics).toContain('netcost_slack_connected 1');
      expect(metrics).toMatch(/nodejs_eventloop_lag_p99_seconds/);

      await expect(
        runStart(config, readEnvironment({}), surroundings, { slackApiUrl: workspace.apiUrl, secrets }),
      ).rejects.toMatchObject({
        code: 'store',
        message: expect.stringContaining('in use by another netcost'),
      });
    } finally {
      await bot.stop();
      await workspace.stop();
    }
    const audit = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.message === 'audit');
    expect(audit[0]).toMatchObject({
      level: 'info',
      caller: `T0ACME001/${PEOPLE.dana}`,
      via: 'command',
      text: 'since=24h by=team',
      outcome: 'answered',
    });
    expect(lines.join('')).not.toMatch(/xoxb-|xapp-|hooks\.slack/);
    // The lock of the state is free again.
    await (await openState({ kind: 'sqlite', file: join(folder, 'state.db') })).close();
  });
});

describe('netcost check', () => {
  test('says in one line each what is well and how to mend what is not', async () => {
    workspace = await freshWorkspace(BOT_SCOPES.filter((scope) => scope !== 'files:write'));
    writeFileSync(join(folder, 'netcost.yml'), configText());
    const checked = await runCheck(
      join(folder, 'netcost.yml'),
      readEnvironment({}),
      { log, nowMs: () => NOW },
      { slackApiUrl: workspace.apiUrl, secrets },
    );
    await workspace.stop();
    expect(checked).toEqual([
      { ok: true, subject: 'Config', says: join(folder, 'netcost.yml') },
      { ok: true, subject: 'Flow logs', says: folder },
      { ok: true, subject: 'Store', says: join(folder, 'store') },
      { ok: true, subject: 'Owners', says: `${join(folder, 'owners.yaml')}: 1 team` },
      { ok: true, subject: 'Remotes', says: expect.stringContaining('bundled; no AS table') },
      { ok: true, subject: 'State', says: join(folder, 'state.db') },
      { ok: true, subject: 'Slack token', says: 'netcost in Harbourline' },
      {
        ok: false,
        subject: 'Slack scopes',
        says: 'files:write missing',
        fix: expect.stringContaining('install it again'),
      },
      { ok: true, subject: 'Slack channel #cloud-costs', says: 'netcost is in it' },
      {
        ok: false,
        subject: 'Slack channel #nowhere',
        says: 'is not found',
        fix: expect.stringContaining('/invite @netcost in #nowhere'),
      },
    ]);
  });

  test('names a wrong token, a wrong config and missing secrets', async () => {
    workspace = await freshWorkspace();
    writeFileSync(join(folder, 'netcost.yml'), configText());
    const file = join(folder, 'netcost.yml');
    const wrong = await runCheck(
      file,
      readEnvironment({}),
      { log, nowMs: () => NOW },
      { slackApiUrl: workspace.apiUrl, secrets: { ...secrets, botToken: 'xoxb-wrong' } },
    );
    expect(wrong.at(-1)).toMatchObject({ ok: false, subject: 'Slack token', says: 'Slack says invalid_auth' });
    const none = await runCheck(file, readEnvironment({}), { log, nowMs: () => NOW });
    expect(none.at(-1)).toMatchObject({
      ok: false,
      says: 'SLACK_BOT_TOKEN is not set.',
      fix: expect.stringContaining('api.slack.com/apps'),
    });
    writeFileSync(file, 'slack: { mode: pigeon }');
    expect(await runCheck(file, readEnvironment({}), { log, nowMs: () => NOW })).toMatchObject([
      { ok: false, subject: 'Config' },
    ]);
    await workspace.stop();
  });
});
