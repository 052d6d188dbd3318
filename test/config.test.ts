import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../src/config/schema.js';
import { describeConfig, parseConfig, readEnvironment, requireSecrets } from '../src/config.js';

/** Each a list of ten aliases of the one before: a few lines that stand for any number of things. */
const aliases = (levels: number) =>
  Array.from({ length: levels }, (_, i) => `b${i + 1}: &b${i + 1} [${`*b${i},`.repeat(10)}]`).join('\n');

describe('the config file', () => {
  test('an empty one is all defaults', () => {
    expect(parseConfig('', 'netcost.yml')).toEqual(configSchema().parse({}));
    expect(parseConfig('', 'netcost.yml').slack.mode).toBe('socket');
  });

  test.each([
    ['slack: { mode: carrier-pigeon }', /slack\.mode: .*"socket".*"http".*got "carrier-pigeon"/],
    ['slack: { port: 99999 }', /slack\.port: .*65535.*got 99999/],
    ['slak: {}', /Unrecognized key: "slak"/],
    ['access: { roles: { admin: [dana] } }', /access\.roles\.admin\.0: ids as U0123ABCD/],
    ['slack: [', /is no YAML: .* at line 2, column 1/],
    [`b0: &b0 [x]\n${aliases(20)}\ndata: *b20`, /data: .*expected object.*got a list/],
    ['data: &a [*a]', /data: .*got a list/],
  ])('%j is refused with the key, what was got and what is allowed, on one line', (text, expected) => {
    let message = '';
    try {
      parseConfig(text, 'netcost.yml');
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n');
  });

  test('every key is explained, and the explanation is itself a config file that changes nothing', () => {
    const text = describeConfig();
    for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#')))
      expect(line).toMatch(/# \S/);
    expect(parseConfig(text, 'described')).toEqual(configSchema().parse({}));
    for (const key of ['flowLogs', 'guests', 'ingest', 'level', 'channels']) expect(text).toContain(`${key}:`);
  });
});

test('the config of docs/slack.md is one', () => {
  const page = readFileSync(new URL('../docs/slack.md', import.meta.url), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(parseConfig(example, 'docs/slack.md')).toMatchObject({
    slack: { channels: ['#cloud-costs'] },
    access: { roles: { admin: ['S0PLATFORM'] } },
  });
});

describe('the secrets', () => {
  const config = parseConfig('', 'netcost.yml');
  const http = parseConfig('slack: { mode: http }', 'netcost.yml');

  test('are those of the mode', () => {
    expect(
      requireSecrets(config, readEnvironment({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' })).appToken,
    ).toBe('xapp-1');
    expect(
      requireSecrets(http, readEnvironment({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'abc' })).signingSecret,
    ).toBe('abc');
  });

  test.each([
    [config, {}, /SLACK_BOT_TOKEN is not set/],
    [config, { SLACK_BOT_TOKEN: 'xapp-1' }, /SLACK_BOT_TOKEN does not begin with xoxb-/],
    [config, { SLACK_BOT_TOKEN: 'xoxb-1' }, /SLACK_APP_TOKEN is not set/],
    [http, { SLACK_BOT_TOKEN: 'xoxb-1' }, /SLACK_SIGNING_SECRET is not set/],
    [config, { SLACK_BOT_TOKEN: 'xoxb-local-1', SLACK_APP_TOKEN: 'xapp-1' }, /local workspace/],
    [http, { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'local-abc' }, /local workspace/],
  ])('are refused where one is missing, wrong or the demo’s (%#)', (mode, env, expected) => {
    expect(() => requireSecrets(mode, readEnvironment(env))).toThrow(expected);
  });
});
