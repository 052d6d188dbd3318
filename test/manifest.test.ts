import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BOT_SCOPES, OPTIONAL_SCOPES } from '../src/workspace/start-demo.js';
import { readYaml } from '../src/yaml.js';

interface Manifest {
  readonly display_information: { readonly name: string; readonly description: string };
  readonly features: {
    readonly bot_user: { readonly display_name: string };
    readonly slash_commands: readonly {
      readonly command: string;
      readonly description: string;
      readonly usage_hint: string;
      readonly should_escape: boolean;
    }[];
    readonly shortcuts: readonly {
      readonly name: string;
      readonly type: string;
      readonly callback_id: string;
      readonly description: string;
    }[];
    readonly app_home: { readonly home_tab_enabled: boolean; readonly messages_tab_read_only_enabled: boolean };
  };
  readonly oauth_config: {
    readonly scopes: { readonly bot: readonly string[]; readonly bot_optional: readonly string[] };
  };
  readonly settings: {
    readonly event_subscriptions: { readonly bot_events: readonly string[] };
    readonly interactivity: { readonly is_enabled: boolean };
  };
}

const manifest = readYaml(readFileSync(new URL('../manifest.yml', import.meta.url), 'utf8')) as Manifest;
const folder = new URL('../src/slack/', import.meta.url);
const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n');

/** The scopes of each method that we call (docs.slack.dev/reference/methods); several where the channel's kind decides. */
const METHOD_SCOPES: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'blocks.validate': [],
  'chat.delete': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.members': ['channels:read', 'groups:read'],
  'conversations.open': ['im:write'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'files.uploadV2': ['files:write'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'views.open': [],
  'views.publish': [],
  'views.update': [],
};
const EVENT_SCOPES: Readonly<Record<string, readonly string[]>> = {
  app_home_opened: [],
  app_mention: ['app_mentions:read'],
  'message.im': ['im:history'],
};

const found = (pattern: RegExp) => [...new Set([...source.matchAll(pattern)].map((match) => match[1]!))].sort();
const methods = found(/client\.((?:chat|conversations|files|usergroups|users|views|auth|blocks)(?:\.\w+)+)\(/g);

describe('manifest.yml and the code', () => {
  test('name the same commands', () => {
    expect(manifest.features.slash_commands.map((each) => each.command)).toEqual(found(/app\.command\('([^']+)'/g));
  });

  test('name the same shortcuts', () => {
    expect(manifest.features.shortcuts.map((each) => each.callback_id).sort()).toEqual(
      found(/callback_id: '([^']+)' \}, async \(\{ shortcut/g),
    );
  });

  test('name the same events', () => {
    const listened = found(/app\.event\('([^']+)'/g).map((event) => (event === 'message' ? 'message.im' : event));
    expect([...manifest.settings.event_subscriptions.bot_events].sort()).toEqual(listened);
  });

  test('ask for the scopes that are used, and for no other', () => {
    expect(methods.filter((method) => METHOD_SCOPES[method] === undefined)).toEqual([]);
    const needed = [
      'commands',
      ...methods.flatMap((method) => METHOD_SCOPES[method] ?? []),
      ...manifest.settings.event_subscriptions.bot_events.flatMap((event) => EVENT_SCOPES[event] ?? []),
    ];
    const { bot, bot_optional: optional } = manifest.oauth_config.scopes;
    expect([...new Set(needed)].sort()).toEqual([...bot, ...optional].sort());
  });

  test('give the local workspace the same scopes', () => {
    expect([...BOT_SCOPES]).toEqual([...manifest.oauth_config.scopes.bot]);
    expect([...OPTIONAL_SCOPES]).toEqual([...manifest.oauth_config.scopes.bot_optional]);
  });
});

describe("Slack's rules for a manifest", () => {
  test('lengths', () => {
    const { display_information: about, features } = manifest;
    expect(about.name.length).toBeLessThanOrEqual(35);
    expect(about.description.length).toBeLessThanOrEqual(140);
    expect(features.bot_user.display_name.length).toBeLessThanOrEqual(80);
    for (const shortcut of features.shortcuts) {
      expect(shortcut.name.length).toBeLessThanOrEqual(24);
      expect(shortcut.description.length).toBeLessThanOrEqual(150);
    }
    for (const command of features.slash_commands) {
      expect(command.command).toMatch(/^\/[a-z]{1,31}$/);
      expect(command.description.length).toBeLessThanOrEqual(2000);
      expect(command.usage_hint.length).toBeLessThanOrEqual(1000);
    }
  });

  test('what the listeners need is switched on', () => {
    expect(manifest.settings.interactivity.is_enabled).toBe(true);
    expect(manifest.features.app_home.home_tab_enabled).toBe(true);
    expect(manifest.features.app_home.messages_tab_read_only_enabled).toBe(false);
    expect(manifest.features.slash_commands.every((each) => each.should_escape)).toBe(true);
  });
});
