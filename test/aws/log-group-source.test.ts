// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS's own placeholders
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nock from 'nock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import { ingestFrom } from '../../src/main/ingest-from.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const FORMAT =
  '${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} ${pkt-srcaddr} ${pkt-dstaddr} ${interface-type} ${flow-direction}';

let events: { atMs: number; message: string }[];
let asked: { startTime: number; endTime: number; logStreamNamePrefix?: string }[];
let dir: string;

/** A flow that goes out through the gateway. */
function flow(atMs: number, bytes: number) {
  const start = atMs / 1000;
  return {
    atMs,
    message: `5 111122223333 eni-0a1b 10.0.1.5 10.0.0.220 4000 443 6 1 ${bytes} ${start} ${start + 60} ACCEPT OK 10.0.1.5 203.0.113.5 nat_gateway ingress`,
  };
}

function aws(formats: readonly string[] = [FORMAT]): void {
  const items = formats.map(
    (format, i) =>
      `<item><flowLogId>fl-0123456789abcde${i}</flowLogId><logGroupName>/vpc/flow</logGroupName><logDestinationType>cloud-watch-logs</logDestinationType><logFormat>${format}</logFormat></item>`,
  );
  nock('https://ec2.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(200, `<DescribeFlowLogsResponse><flowLogSet>${items.join('')}</flowLogSet></DescribeFlowLogsResponse>`);
  nock('https://logs.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply((_uri, body) => {
      const question = (typeof body === 'string' ? JSON.parse(body) : body) as (typeof asked)[0];
      asked.push(question);
      const found = events.filter(({ atMs }) => atMs >= question.startTime && atMs <= question.endTime);
      return [200, { events: found.map(({ message }) => ({ message })) }];
    });
}

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  dir = await mkdtemp(join(tmpdir(), 'netcost-group-'));
  [events, asked] = [[], []];
});
afterEach(async () => {
  nock.cleanAll();
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

async function ingestAt(nowMs: number) {
  const group = {
    name: '/vpc/flow',
    place: { accountId: '111122223333', region: 'us-east-1' },
    days: 1,
    interfaces: ['eni-0a1b'],
  };
  const places = { buckets: [], logGroups: [group], accounts: [], store: dir };
  return ingestFrom(places, { nowMs: () => nowMs, elapsedMs: () => 0 });
}
async function bytesAt(nowMs: number): Promise<string> {
  const engine = await openEngine({ store: dir }, { elapsedMs: () => 0 });
  try {
    return (await engine.ask({ text: 'since=2d', nowMs })).total.bytes.toString();
  } finally {
    await engine.close();
  }
}

it('reads events once, those that come late too, and goes on from where it was', async () => {
  aws();
  events = [flow(NOW - 20 * 60 * MINUTE, 1000), flow(NOW - 30 * MINUTE, 200)];
  const first = await ingestAt(NOW);
  expect(first.remote?.failures).toEqual([]);
  expect(asked.length).toBeGreaterThanOrEqual(144);
  expect(asked[0]).toMatchObject({ logStreamNamePrefix: 'eni-0a1b' });
  expect(await bytesAt(NOW)).toBe('1200');
  // A row of the same ten minutes comes late, and a new one.
  events.push(flow(NOW - 25 * MINUTE, 30), flow(NOW + MINUTE, 4));
  asked = [];
  await ingestAt(NOW + 10 * MINUTE);
  expect(asked.length).toBeLessThan(10);
  expect(await bytesAt(NOW + 10 * MINUTE)).toBe('1234');
  // Once more, with nothing new.
  await ingestAt(NOW + 10 * MINUTE);
  await ingestAt(NOW + 90 * MINUTE);
  expect(await bytesAt(NOW + 90 * MINUTE)).toBe('1234');
}, 60_000);

it('says so where no flow log goes to the group, and where rows of two formats do', async () => {
  aws([]);
  const { remote } = await ingestAt(NOW);
  expect(remote?.failures.map(({ error }) => error.message)).toEqual([
    'No flow log of us-east-1 goes to the log group /vpc/flow.',
  ]);
  nock.cleanAll();
  aws([FORMAT, `${FORMAT} \${vpc-id}`]);
  expect((await ingestAt(NOW)).remote?.failures[0]?.error.message).toMatch(/^Flow logs of 2 formats go to/);
  expect(asked).toEqual([]);
});
