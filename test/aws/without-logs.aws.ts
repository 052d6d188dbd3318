import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAwsAccess } from '../../src/aws/access.js';
import { parseConfig, readEnvironment } from '../../src/config.js';
import { SILENT } from '../../src/log.js';
import { type RunningBot, runStart } from '../../src/main.js';
import { DAY_MS, HOUR_MS } from '../../src/units.js';
import { BOT_SCOPES, OPTIONAL_SCOPES } from '../../src/workspace/start-demo.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace-server.js';
import { CHANNELS, PEOPLE, until } from '../end-to-end/demo-fixture.js';
import { freePort } from '../end-to-end/free-port.js';

// A Region of its own: moto is shared by all files of a run.
const PLACE = { accountId: '123456789012', region: 'ap-southeast-2' };
const secrets = {
  botToken: 'xoxb-test-1234567890',
  appToken: 'xapp-test-1234567890',
  signingSecret: 'a signing secret',
};
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
let folder: string;
let workspace: Workspace;
let bot: RunningBot;

/** Five weeks of a gateway: a gigabyte an hour down, on the last two whole days five. */
async function putMetrics(): Promise<void> {
  const access = openAwsAccess([{ ...PLACE, roleArn: undefined, externalId: undefined, regions: [PLACE.region] }]);
  const Dimensions = [{ Name: 'NatGatewayId', Value: 'nat-0alone1234567890' }];
  const hours = Array.from({ length: 35 * 24 }, (_, index) => TODAY - 35 * DAY_MS + index * HOUR_MS);
  const data = hours.flatMap((atMs) => {
    const down = atMs >= TODAY - 2 * DAY_MS ? 5 * 2 ** 30 : 2 ** 30;
    const of = (MetricName: string, Value: number) => ({ MetricName, Dimensions, Timestamp: new Date(atMs), Value });
    return [of('BytesInFromDestination', down), of('BytesOutToSource', down), of('BytesOutToDestination', 0)];
  });
  for (let first = 0; first < data.length; first += 500) {
    const MetricData = data.slice(first, first + 500);
    await access
      .client(CloudWatchClient, PLACE)
      .send(new PutMetricDataCommand({ Namespace: 'AWS/NATGateway', MetricData }));
  }
  access.close();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-alone-'));
  await putMetrics();
  workspace = await startWorkspace({
    ...secrets,
    now: () => Date.now(),
    transport: 'socket',
    port: 0,
    scopes: [...BOT_SCOPES, ...OPTIONAL_SCOPES],
  });
  const config = parseConfig(
    `
slack: { mode: socket, port: ${await freePort()} }
ranges: { aws: false }
data: { store: ${join(folder, 'store')} }
aws: { accounts: [{ id: "${PLACE.accountId}", regions: [${PLACE.region}] }] }
state: { file: ${join(folder, 'state.db')} }
`,
    'test',
  );
  const surroundings = {
    nowMs: () => Date.now(),
    elapsedMs: () => performance.now(),
    log: SILENT,
    signal: new AbortController().signal,
  };
  bot = await runStart(config, readEnvironment({}), surroundings, { slackApiUrl: workspace.apiUrl, secrets });
});
afterAll(async () => {
  await bot?.stop();
  await workspace?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const say = (text: string) => workspace.acts.say(PEOPLE.dana, CHANNELS.costs, undefined, text);
const found = (words: string) =>
  until(() => workspace.room.messages(CHANNELS.costs).find(({ text }) => text.includes(words)), words);

it('starts without any flow log, and tells what CloudWatch knows', async () => {
  await say('/netcost gateways');
  expect((await found('NAT gateways as CloudWatch counts them')).text).toContain(
    'nat-0alone1234567890 (ap-southeast-2), 120.0 GiB, $7.08, +400 %',
  );
});

it('shows the month and the source of its figures at home', async () => {
  await workspace.acts.openHome(PEOPLE.dana);
  const home = await until(() => {
    const view = JSON.stringify(workspace.room.homes.get(PEOPLE.dana) ?? {});
    return view.includes('CloudWatch metrics up to') ? view : undefined;
  }, 'the home');
  expect(home).toContain('Without flow logs nothing is known of teams and destinations.');
  expect(home).toMatch(/\*All teams\* {2}(?:at least )?\*\$\d/);
});

it('posts the digest of the metrics', async () => {
  await say('/netcost subscribe daily 09:00 UTC');
  await found('daily at 09:00');
  await say('/netcost subscriptions test');
  const digest = await found('NAT gateways on');
  expect(digest.text).toContain('120.0 GiB, $7.08, +400 % on a week before, +400 % on four weeks.');
  const thread = await until(
    () => workspace.room.messages(CHANNELS.costs).find(({ threadTs }) => threadTs === digest.ts),
    'the thread',
  );
  expect(JSON.stringify(thread.blocks)).toContain('aws ec2 create-flow-logs');
  expect(thread.text).toContain('Asking CloudWatch took');
});
