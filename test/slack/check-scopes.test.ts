import { afterEach, expect, test } from 'vitest';
import { SILENT } from '../../src/log.js';
import { checkSlack } from '../../src/slack/check-slack.js';
import { createSlackClient } from '../../src/slack/slack-client.js';
import { BOT_SCOPES, OPTIONAL_SCOPES } from '../../src/workspace/start-demo.js';
import type { Workspace } from '../../src/workspace/workspace-server.js';
import { ALL_SCOPES, postWorkspace } from './post-fixture.js';

let workspace: Workspace;
afterEach(() => workspace.stop());

test.each([
  ['all of them', ALL_SCOPES, { ok: true, says: `all ${BOT_SCOPES.length} are granted` }],
  [
    'none of the optional ones',
    BOT_SCOPES,
    {
      ok: true,
      says: `all ${BOT_SCOPES.length} are granted; without channels:history, groups:history a digest whose reply got lost is marked unsure instead of looked up`,
    },
  ],
  ['one too few', BOT_SCOPES.slice(1), { ok: false, says: `${BOT_SCOPES[0]} missing` }],
])('scopes, %s', async (_, scopes, line) => {
  workspace = await postWorkspace(scopes);
  const client = createSlackClient('xoxb-test-1234567890', SILENT, workspace.apiUrl);
  const lines = await checkSlack(client, { scopes: BOT_SCOPES, optional: OPTIONAL_SCOPES, channels: [] });
  expect(lines.find(({ subject }) => subject === 'Slack scopes')).toMatchObject(line);
});
