// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS's own placeholders
import nock from 'nock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openAwsAccess } from '../../src/aws/access.js';
import { readFlowLogEvents } from '../../src/aws/cloudwatch-logs.js';
import { askInsights, type InsightsQuestion, insightsQuery } from '../../src/aws/logs-insights.js';

const place = { accountId: '111122223333', region: 'us-east-1' };
const question: InsightsQuestion = {
  logGroup: 'flow',
  fromMs: 1_795_219_200_000,
  toMs: 1_795_222_800_000,
  interfaceIds: ['eni-0a1b'],
  ownAddresses: ['10.0.0.220', '10.0.0.221'],
  what: 'talkers',
};
let access: ReturnType<typeof openAwsAccess>;
let sent: { target: string; body: Record<string, unknown> }[];

function logs(answers: readonly object[]): void {
  const left = [...answers];
  nock('https://logs.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(function (_uri, body) {
      sent.push({
        target: String(this.req.headers['x-amz-target']).replace(/^.*\./, ''),
        body: (typeof body === 'string' ? JSON.parse(body) : body) as Record<string, unknown>,
      });
      return [200, left.shift() ?? {}];
    });
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  sent = [];
  access = openAwsAccess([
    { accountId: place.accountId, roleArn: undefined, externalId: undefined, regions: ['us-east-1'] },
  ]);
});
afterEach(() => {
  access.close();
  nock.cleanAll();
  vi.unstubAllEnvs();
});
const options = { sleep: async () => {}, mostMs: 2_000 };

it('asks for each billed byte once, by camel-case names', () => {
  expect(insightsQuery(question)).toBe(
    'fields dstAddr != pktDstAddr as isUp | filter interfaceId in ["eni-0a1b"] and action = "ACCEPT" and logStatus = "OK" and pktSrcAddr not in ["10.0.0.220", "10.0.0.221"] and pktDstAddr not in ["10.0.0.220", "10.0.0.221"] and (srcAddr != pktSrcAddr or dstAddr != pktDstAddr) | stats sum(bytes) as total by pktSrcAddr, pktDstAddr, isUp | sort total desc | limit 10000',
  );
  expect(insightsQuery({ ...question, what: 'series' })).toContain('by bin(5m) as slot, isUp');
  expect(() => insightsQuery({ ...question, interfaceIds: ['eni-1"] | limit 1'] })).toThrow('cannot stand');
});

it('tells client and remote by the direction, and what reading cost', async () => {
  const row = (up: string, source: string, destination: string, total: string) =>
    Object.entries({ isUp: up, pktSrcAddr: source, pktDstAddr: destination, total }).map(([field, value]) => ({
      field,
      value,
    }));
  logs([
    { queryId: 'q' },
    { status: 'Running' },
    {
      status: 'Complete',
      results: [row('1', '10.0.1.5', '203.0.113.5', '700'), row('0', '203.0.113.5', '10.0.1.5', '9000')],
      statistics: { bytesScanned: 2e9 },
    },
  ]);
  const answer = await askInsights(access, place, question, options);
  expect(answer.rows.map(({ client, remote, isUp, bytes }) => [client, remote, isUp, bytes])).toEqual([
    ['10.0.1.5', '203.0.113.5', true, 700],
    ['10.0.1.5', '203.0.113.5', false, 9000],
  ]);
  expect(answer).toMatchObject({ isCut: false, bytesScanned: 2e9, usd: '0.010000' });
  expect(sent[0]!.body).toMatchObject({ logGroupName: 'flow', startTime: 1_795_219_200, endTime: 1_795_222_799 });
});

it('says that there is more where Insights gave all the rows it gives', async () => {
  const results = Array.from({ length: 10_000 }, () => [{ field: 'total', value: '1' }]);
  logs([{ queryId: 'q' }, { status: 'Complete', results, statistics: { bytesScanned: 1 } }]);
  expect((await askInsights(access, place, question, options)).isCut).toBe(true);
});

it('stops a question that takes too long, and tells one that failed', async () => {
  logs([{ queryId: 'q' }, ...Array.from({ length: 5 }, () => ({ status: 'Running' })), {}]);
  await expect(askInsights(access, place, question, options)).rejects.toThrow(/did not finish: Timeout\. .*billed/);
  expect(sent.at(-1)!.target).toBe('StopQuery');
  nock.cleanAll();
  logs([{ queryId: 'q' }, { status: 'Failed' }]);
  await expect(askInsights(access, place, question, options)).rejects.toThrow(/did not finish: Failed/);
});

it('reads events as objects with the format’s header, through empty pages too', async () => {
  logs([
    { events: [{ message: '10.0.1.5 10.0.0.220 700 1795219200\n' }], nextToken: 'a' },
    { events: [], nextToken: 'b' },
    { events: [{ message: '10.0.0.220 10.0.1.5 900 1795219260' }] },
  ]);
  const texts: string[] = [];
  const group = { logGroup: 'flow', format: '${srcaddr} ${dstaddr} ${bytes} ${start}' };
  for await (const text of readFlowLogEvents(access, place, group, question)) texts.push(text);
  expect(texts).toEqual([
    'srcaddr dstaddr bytes start\n10.0.1.5 10.0.0.220 700 1795219200\n',
    'srcaddr dstaddr bytes start\n10.0.0.220 10.0.1.5 900 1795219260\n',
  ]);
  expect(sent.map(({ body }) => body.logStreamNamePrefix)).toEqual(['eni-0a1b', 'eni-0a1b', 'eni-0a1b']);
  await expect(readFlowLogEvents(access, place, { ...group, format: '${bytes}' }, question).next()).rejects.toThrow(
    'none of a flow log',
  );
});
