import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { readMessages } from '../../src/workspace/message-history.js';
import { createResponseUrl } from '../../src/workspace/response-urls.js';
import { BOT_SCOPES } from '../../src/workspace/start-demo.js';
import { createTrigger } from '../../src/workspace/views.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace-server.js';
import { CHANNELS, PEOPLE, until } from '../end-to-end/demo-fixture.js';

const secrets = { botToken: 'xoxb-test', appToken: 'xapp-test', signingSecret: 'secret' };
let clock = Date.parse('2026-11-21T12:00:00Z');
let workspace: Workspace;

beforeEach(async () => {
  clock = Date.parse('2026-11-21T12:00:00Z');
  workspace = await startWorkspace({ ...secrets, now: () => clock, transport: 'http', port: 0, scopes: BOT_SCOPES });
});
afterEach(() => workspace.stop());

async function api(method: string, input: object, token = secrets.botToken): Promise<Record<string, unknown>> {
  const response = await fetch(`${workspace.apiUrl}${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(input),
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    ...((await response.json()) as object),
  };
}

async function respond(id: string, body: object): Promise<string> {
  const response = await fetch(`${workspace.origin}/response/${id}`, { method: 'POST', body: JSON.stringify(body) });
  return `${response.status} ${await response.text()}`;
}

describe('a response URL', () => {
  const place = { channel: CHANNELS.costs, userId: PEOPLE.dana };

  test('works five times', async () => {
    const { id } = createResponseUrl(workspace.room, place);
    for (let use = 0; use < 5; use += 1) expect(await respond(id, { text: `use ${use}` })).toBe('200 ok');
    expect(await respond(id, { text: 'one too many' })).toBe('404 used_url');
    expect(workspace.room.messages(CHANNELS.costs)).toHaveLength(5);
  });

  test('works for thirty minutes', async () => {
    const { id } = createResponseUrl(workspace.room, place);
    clock += 30 * 60_000;
    expect(await respond(id, { text: 'in time' })).toBe('200 ok');
    clock += 1;
    expect(await respond(id, { text: 'too late' })).toBe('404 expired_url');
  });

  test('replaces what it made, and shares in the channel beside it', async () => {
    const { id } = createResponseUrl(workspace.room, place);
    await respond(id, { text: 'first', replace_original: true });
    await respond(id, { text: 'second', replace_original: true });
    await respond(id, { text: 'for all', response_type: 'in_channel', replace_original: false });
    expect(workspace.room.messages(CHANNELS.costs).map(({ text, ephemeralFor }) => [text, ephemeralFor])).toEqual([
      ['second', PEOPLE.dana],
      ['for all', undefined],
    ]);
    await respond(id, { delete_original: true });
    expect(workspace.room.messages(CHANNELS.costs)).toHaveLength(1);
  });

  test('refuses blocks that Slack refuses, and nothing at all', async () => {
    const { id } = createResponseUrl(workspace.room, place);
    expect(await respond(id, { blocks: [{ type: 'nope' }] })).toBe('400 invalid_blocks');
    expect(await respond(id, {})).toBe('400 no_text');
    expect(await respond('unknown', { text: 'x' })).toBe('404 no_service');
  });
});

describe('the Web API', () => {
  test('wants the token, and a scope for what is done', async () => {
    expect(await api('chat.postMessage', {}, 'xoxb-other')).toMatchObject({ ok: false, error: 'invalid_auth' });
    expect(await api('conversations.replies', { channel: CHANNELS.costs, ts: '1' })).toMatchObject({
      error: 'missing_scope',
      needed: 'channels:history',
    });
    expect(await api('no.such.method', {})).toMatchObject({ error: 'unknown_method' });
  });

  test('says where a message is refused, as Slack does', async () => {
    const elements = Array.from({ length: 26 }, (_, index) => ({
      type: 'button',
      action_id: `a${index}`,
      text: { type: 'plain_text', text: 'x' },
    }));
    expect(
      await api('chat.postMessage', {
        channel: CHANNELS.costs,
        text: 'x',
        blocks: [{ type: 'divider' }, { type: 'actions', elements }],
      }),
    ).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: { messages: ['[ERROR] no more than 25 items allowed [json-pointer:/blocks/1/elements]'] },
    });
    const long = Array.from({ length: 4 }, () => ({
      type: 'section',
      text: { type: 'mrkdwn', text: 'x'.repeat(2_990) },
    }));
    expect(await api('chat.postMessage', { channel: CHANNELS.costs, text: 'x', blocks: long })).toMatchObject({
      error: 'msg_blocks_too_long',
    });
  });

  test('hides private channels from who is not in them', async () => {
    const channel = workspace.room.channel(CHANNELS.payments);
    expect(channel?.kind).toBe('private');
    expect(await api('chat.postMessage', { channel: 'C0NOWHERE', text: 'x' })).toMatchObject({
      error: 'channel_not_found',
    });
    expect(
      await api('chat.postEphemeral', { channel: CHANNELS.payments, user: PEOPLE.priya, text: 'x' }),
    ).toMatchObject({ error: 'user_not_in_channel' });
  });

  test('answers 429 with Retry-After where posts come too fast', async () => {
    for (let post = 0; post < 10; post += 1)
      expect(await api('chat.postMessage', { channel: CHANNELS.costs, text: 'x' })).toMatchObject({ ok: true });
    expect(await api('chat.postMessage', { channel: CHANNELS.costs, text: 'x' })).toMatchObject({
      status: 429,
      retryAfter: '5',
      error: 'ratelimited',
    });
    expect(await api('chat.postMessage', { channel: CHANNELS.general, text: 'x' })).toMatchObject({ ok: true });
    clock += 5_000;
    expect(await api('chat.postMessage', { channel: CHANNELS.costs, text: 'x' })).toMatchObject({ ok: true });
  });

  test('a file is there a moment after it was completed, not at once', async () => {
    const started = await api('files.getUploadURLExternal', { filename: 'a.csv', length: 3 });
    expect(
      await api('files.completeUploadExternal', { files: [{ id: started.file_id }], channel_id: CHANNELS.costs }),
    ).toMatchObject({ error: 'file_not_found' });
    await fetch(String(started.upload_url), { method: 'POST', body: 'a,b' });
    expect(
      await api('files.completeUploadExternal', { files: [{ id: started.file_id }], channel_id: CHANNELS.costs }),
    ).toMatchObject({ ok: true });
    expect(workspace.room.messages(CHANNELS.costs)).toHaveLength(0);
    await until(() => workspace.room.messages(CHANNELS.costs).length === 1, 'the file');
    expect(await (await fetch(`${workspace.origin}/file/${String(started.file_id)}`)).text()).toBe('a,b');
    expect(readMessages(workspace.room, CHANNELS.costs, {})).toMatchObject({
      messages: [{ files: [{ id: started.file_id, name: 'a.csv', size: 3 }] }],
    });
  });

  test('blocks.validate needs no token', async () => {
    expect(await api('blocks.validate', { blocks: [{ type: 'divider' }] }, '')).toMatchObject({ ok: true });
    expect(
      await api('blocks.validate', { blocks: [{ type: 'image', image_url: 'https://x.test/a.png' }] }, ''),
    ).toMatchObject({
      ok: false,
      errors: [{ pointer: '/blocks/0/alt_text', constraint: 'missing required field' }],
    });
  });
});

describe('a window', () => {
  const view = { type: 'modal', title: { type: 'plain_text', text: 'T' }, blocks: [{ type: 'divider' }] };

  test('opens with a trigger once, within three seconds', async () => {
    const trigger_id = createTrigger(workspace.room, PEOPLE.dana);
    clock += 3_000;
    expect(await api('views.open', { trigger_id, view })).toMatchObject({ ok: true });
    expect(await api('views.open', { trigger_id, view })).toMatchObject({ error: 'exchanged_trigger_id' });
    const late = createTrigger(workspace.room, PEOPLE.dana);
    clock += 3_001;
    expect(await api('views.open', { trigger_id: late, view })).toMatchObject({ error: 'expired_trigger_id' });
    expect(await api('views.open', { trigger_id: 'T1', view })).toMatchObject({ error: 'invalid_trigger_id' });
  });

  test('is not updated over a newer one', async () => {
    const opened = await api('views.open', { trigger_id: createTrigger(workspace.room, PEOPLE.dana), view });
    const { id, hash } = opened.view as { id: string; hash: string };
    expect(await api('views.update', { view_id: id, hash, view })).toMatchObject({ ok: true });
    expect(await api('views.update', { view_id: id, hash, view })).toMatchObject({ error: 'hash_conflict' });
  });

  test('with an input needs a submit', async () => {
    const input = {
      type: 'input',
      label: { type: 'plain_text', text: 'L' },
      element: { type: 'plain_text_input', action_id: 'a' },
    };
    const refused = await api('views.open', {
      trigger_id: createTrigger(workspace.room, PEOPLE.dana),
      view: { ...view, blocks: [input] },
    });
    expect(refused).toMatchObject({ ok: false, error: 'invalid_arguments' });
  });
});

describe('an app that does not do its part', () => {
  test('does not acknowledge within three seconds: the person reads operation_timeout', async () => {
    workspace.connectBot(`${workspace.origin}/api/hang`);
    workspace.faults.failNext('hang', { kind: 'hang' });
    await workspace.acts.say(PEOPLE.dana, CHANNELS.costs, undefined, '/netcost by=team');
    expect(workspace.room.messages(CHANNELS.costs).map((message) => message.text)).toEqual([
      '/netcost failed with the error “operation_timeout”',
    ]);
  });

  test('is not there: dispatch_failed', async () => {
    workspace.connectBot('http://127.0.0.1:9/');
    await workspace.acts.say(PEOPLE.dana, CHANNELS.costs, undefined, '/netcost by=team');
    expect(workspace.room.messages(CHANNELS.costs)[0]?.text).toContain('dispatch_failed');
  });

  test('a slash command in a thread is refused, another command is not known', async () => {
    await workspace.acts.say(PEOPLE.dana, CHANNELS.costs, '1.1', '/netcost by=team');
    await workspace.acts.say(PEOPLE.dana, CHANNELS.costs, undefined, '/giphy cat');
    expect(workspace.room.messages(CHANNELS.costs).map((message) => message.text)).toEqual([
      '/netcost is not supported in threads. Begin with @netcost instead.',
      '/giphy is not a valid command. In this workspace there is /netcost.',
    ]);
  });
});

describe('other pages and programs', () => {
  const port = () => Number(new URL(workspace.origin).port);

  function status(
    headers: Record<string, string>,
    options: { readonly method?: string; readonly path?: string } = {},
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: port(), path: options.path ?? '/', method: options.method ?? 'GET', headers },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end(options.method === 'POST' ? '{}' : undefined);
    });
  }

  test('reach it under its own name alone', async () => {
    expect(await status({ host: `127.0.0.1:${port()}` })).toBe(200);
    expect(await status({ host: `localhost:${port()}` })).toBe(200);
    expect(await status({ host: `evil.test:${port()}` })).toBe(403);
    expect(await status({ host: '127.0.0.1' })).toBe(403);
  });

  test('of another origin may not press or read', async () => {
    const host = `127.0.0.1:${port()}`;
    const post = { method: 'POST', path: '/client/home' };
    expect(await status({ host, 'x-workspace': '1', origin: 'http://evil.test' }, post)).toBe(403);
    expect(await status({ host, origin: `http://${host}` }, post)).toBe(403);
    expect(await status({ host, 'x-workspace': '1', origin: `http://${host}` }, post)).toBe(200);
    expect(
      await status({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, { path: '/client/start' }),
    ).toBe(403);
  });

  test('cannot open a web socket without the ticket of apps.connections.open', async () => {
    const refused = new WebSocket(`${workspace.origin.replace('http', 'ws')}/socket?ticket=guess`);
    await new Promise((resolve) => refused.once('error', resolve));
    const opened = await api('apps.connections.open', {}, secrets.appToken);
    const socket = new WebSocket(String(opened.url));
    const hello = await new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
    expect(JSON.parse(hello)).toMatchObject({ type: 'hello', num_connections: 1 });
    socket.terminate();
  });

  test('find it on the loopback address alone, and see no file of the machine', async () => {
    expect(workspace.origin).toMatch(/^http:\/\/127\.0\.0\.1:/);
    for (const path of ['/../package.json', '/page.js/../../x', '/file/..%2f..%2fpackage.json', '/src/main.ts']) {
      expect(await status({ host: `127.0.0.1:${port()}` }, { path })).toBe(404);
    }
  });
});
