// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS's own placeholders
import nock from 'nock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { InsightsProgress } from '../../src/answers/insights-port.js';
import { openAwsAccess } from '../../src/aws/access.js';
import { readFlowLogEvents } from '../../src/aws/cloudwatch-logs.js';
import { openInsights } from '../../src/aws/logs-insights.js';

const place = { accountId: '111122223333', region: 'us-east-1' };
const question = { fromMs: 1_795_219_200_000, toMs: 1_795_222_800_000, interfaceIds: ['eni-0a1b'] };
const slice = { statement: 'stats count(*) as n by x', fromSecond: 1_795_219_200, toSecond: 1_795_222_800 };
let access: ReturnType<typeof openAwsAccess>;
let sent: { target: string; body: Record<string, unknown> }[];
let clockMs = 0;

/** What AWS answers, one after another: an error has a status and a name. */
function logs(answers: readonly (object | { status: number; name: string; message?: string })[]): void {
  const left = [...answers];
  nock('https://logs.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(function (_uri, body) {
      sent.push({
        target: String(this.req.headers['x-amz-target']).replace(/^.*\./, ''),
        body: (typeof body === 'string' ? JSON.parse(body) : body) as Record<string, unknown>,
      });
      const answer = (left.shift() ?? {}) as { status?: number; name?: string; message?: string };
      return typeof answer.status === 'number'
        ? [answer.status, { __type: answer.name, message: answer.message ?? 'no' }]
        : [200, answer];
    });
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  sent = [];
  clockMs = 0;
  access = openAwsAccess(
    [{ accountId: place.accountId, roleArn: undefined, externalId: undefined, regions: ['us-east-1'] }],
    { maxAttempts: 1 },
  );
});
afterEach(() => {
  access.close();
  nock.cleanAll();
  vi.unstubAllEnvs();
});

const open = () =>
  openInsights(
    access,
    place,
    '/vpc/flow',
    { timeoutMs: 10_000 },
    {
      elapsedMs: () => clockMs,
      sleep: async (ms) => {
        clockMs += ms;
      },
    },
  );

const complete = (rows: readonly Record<string, string>[], bytesScanned: number, more: object = {}) => ({
  status: 'Complete',
  results: rows.map((row) => Object.entries(row).map(([field, value]) => ({ field, value }))),
  statistics: { bytesScanned },
  ...more,
});

it('runs a statement to its end, with its end outside, and tells its states and what it scanned', async () => {
  logs([
    { queryId: 'q' },
    { status: 'Scheduled' },
    { status: 'Running', statistics: { bytesScanned: 1e9 } },
    complete([{ x: 'a', n: '7' }], 2e9),
  ]);
  const heard: InsightsProgress[] = [];
  const billed: number[] = [];
  const rows = await open()({
    ...slice,
    onProgress: (one) => heard.push(one),
    onBilled: (bytes) => billed.push(bytes),
  });
  expect(rows.map((row) => Object.fromEntries(row))).toEqual([{ x: 'a', n: '7' }]);
  expect(sent[0]).toEqual({
    target: 'StartQuery',
    body: {
      logGroupName: '/vpc/flow',
      startTime: 1_795_219_200,
      endTime: 1_795_222_799,
      queryString: slice.statement,
      limit: 10_000,
    },
  });
  expect(heard).toEqual([
    { state: 'queued', bytesScanned: 0 },
    { state: 'running', bytesScanned: 1e9 },
  ]);
  expect(billed).toEqual([2e9]);
});

it('reads all pages of a result', async () => {
  logs([{ queryId: 'q' }, complete([{ x: 'a' }], 5, { nextToken: 't' }), complete([{ x: 'b' }], 5)]);
  expect((await open()(slice)).map((row) => row.get('x'))).toEqual(['a', 'b']);
  expect(sent.at(-1)!.body).toMatchObject({ queryId: 'q', nextToken: 't' });
});

it('waits for its turn where as many queries run as may, and says so where it never comes', async () => {
  const limit = { status: 400, name: 'LimitExceededException' };
  logs([limit, limit, { queryId: 'q' }, complete([], 0)]);
  const heard: InsightsProgress[] = [];
  await open()({ ...slice, onProgress: (one) => heard.push(one) });
  expect(heard.map(({ state }) => state)).toEqual(['queued', 'queued']);
  expect(sent.filter(({ target }) => target === 'StartQuery')).toHaveLength(3);
  nock.cleanAll();
  logs(Array.from({ length: 20 }, () => limit));
  await expect(open()(slice)).rejects.toThrow(
    'As many queries run in account 111122223333, us-east-1, as Logs Insights allows at once.',
  );
});

it('stops the query in AWS where the question is cancelled, and tells what is billed', async () => {
  const stop = new AbortController();
  logs([
    { queryId: 'q' },
    { status: 'Running', statistics: { bytesScanned: 3e9 } },
    { success: true },
    { status: 'Running', statistics: { bytesScanned: 3e9 } },
    { status: 'Cancelled', statistics: { bytesScanned: 4e9 } },
  ]);
  const billed: number[] = [];
  const run = {
    ...slice,
    signal: stop.signal,
    onProgress: () => stop.abort(),
    onBilled: (n: number) => billed.push(n),
  };
  await expect(open()(run)).rejects.toMatchObject({
    code: 'cancelled',
    message: expect.stringContaining('are billed'),
  });
  expect(sent.map(({ target }) => target)).toContain('StopQuery');
  expect(billed).toEqual([4e9]);
});

it('asks nothing where the question was cancelled before', async () => {
  logs([{ queryId: 'q' }]);
  await expect(open()({ ...slice, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  expect(sent).toEqual([]);
});

it('stops a query that takes too long', async () => {
  logs([{ queryId: 'q' }, ...Array.from({ length: 60 }, () => ({ status: 'Running' }))]);
  await expect(open()(slice)).rejects.toThrow('took more than 10 s and was stopped');
  expect(sent.map(({ target }) => target)).toContain('StopQuery');
});

it.each([
  ['Timeout', 'ended the query over /vpc/flow after 60 minutes'],
  ['Cancelled', 'Somebody stopped the query over /vpc/flow in AWS'],
  ['Failed', 'failed in Logs Insights, which says no more; it is not billed'],
  ['Unknown', 'is Unknown in Logs Insights'],
])('says in words that a query ended as %s', async (status, words) => {
  logs([{ queryId: 'q' }, { status, statistics: { bytesScanned: 7 } }]);
  const billed: number[] = [];
  await expect(open()({ ...slice, onBilled: (bytes) => billed.push(bytes) })).rejects.toThrow(words);
  expect(billed).toEqual([status === 'Failed' ? 0 : 7]);
});

it.each([
  [
    'ResourceNotFoundException',
    'x',
    'There is no log group /vpc/flow in account 111122223333, us-east-1.',
    'data.logGroups',
  ],
  [
    'MalformedQueryException',
    'unexpected symbol',
    "does not understand netcost's statement: unexpected symbol",
    'report',
  ],
  [
    'AccessDeniedException',
    'not authorized',
    'AWS does not allow logs:StartQuery of /vpc/flow',
    'Add the permission logs:StartQuery',
  ],
  ['InvalidParameterException', 'end date is before the log group retention', 'does not go back that far', 'retention'],
  ['InvalidOperationException', 'Infrequent Access', 'cannot answer over /vpc/flow', 'engine: embedded'],
])('says in words what %s means, and what to do', async (name, message, words, hint) => {
  logs([{ status: 400, name, message }]);
  await expect(open()(slice)).rejects.toMatchObject({
    code: 'upstream',
    message: expect.stringContaining(words),
    hint: expect.stringContaining(hint),
  });
});

it('waits where AWS throttles, and says so where it goes on', async () => {
  logs(Array.from({ length: 30 }, () => ({ status: 400, name: 'ThrottlingException' })));
  await expect(open()(slice)).rejects.toThrow('AWS throttled logs:StartQuery');
});

it('stops the query where its state cannot be asked any more', async () => {
  logs([{ queryId: 'q' }, { status: 400, name: 'AccessDeniedException' }]);
  await expect(open()(slice)).rejects.toThrow('AWS does not allow logs:GetQueryResults');
  expect(sent.map(({ target }) => target)).toContain('StopQuery');
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
