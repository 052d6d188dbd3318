import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nock from 'nock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseConfig } from '../../src/config.js';
import { checkInsights } from '../../src/main/check-insights.js';
import { sourceEngines } from '../../src/main/source-engines.js';
import { runStatement } from '../fixtures/insights-on-rows.js';
import { runInTerminal } from '../fixtures/run-in-terminal.js';

// `netcost ask --config` as a person types it, with AWS's protocol on the other side: EC2 tells flow logs and gateways,
// Logs Insights runs the statements that it is sent over these events.

const FORMAT = 'interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr bytes packets start end action log-status';
const nowMs = Date.parse('2026-11-21T12:00:00Z');
const start = Date.parse('2026-11-21T11:10:00Z') / 1000;
const EVENTS = [
  `eni-0a1b 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5 1000 3 ${start} ${start + 59} ACCEPT OK`,
  `eni-0a1b 10.0.0.220 203.0.113.5 10.0.0.220 203.0.113.5 1000 3 ${start} ${start + 59} ACCEPT OK`,
  `eni-0a1b 10.0.0.220 10.0.1.5 203.0.113.5 10.0.1.5 9000 8 ${start + 60} ${start + 119} ACCEPT OK`,
  `eni-0fff 10.0.9.9 10.0.9.8 10.0.9.9 10.0.9.8 7777 8 ${start} ${start + 59} ACCEPT OK`,
];

let dir: string;
let started: string[];
let storedBytes: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netcost-insights-main-'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  started = [];
  storedBytes = 1e9;
  aws();
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
  nock.cleanAll();
  vi.unstubAllEnvs();
});

function aws(): void {
  const group = '<logGroupName>/vpc/flow</logGroupName><logDestinationType>cloud-watch-logs</logDestinationType>';
  const format = FORMAT.split(' ')
    .map((field) => `\${${field}}`)
    .join(' ');
  const answers: Readonly<Record<string, string>> = {
    DescribeFlowLogs: `<flowLogSet><item><flowLogId>fl-0123456789abcdef0</flowLogId><resourceId>vpc-0a</resourceId>${group}<logFormat>${format}</logFormat></item></flowLogSet>`,
    DescribeNatGateways:
      '<natGatewaySet><item><natGatewayId>nat-0a</natGatewayId><vpcId>vpc-0a</vpcId><state>available</state><natGatewayAddressSet><item><networkInterfaceId>eni-0a1b</networkInterfaceId><privateIp>10.0.0.220</privateIp></item></natGatewayAddressSet></item></natGatewaySet>',
  };
  nock('https://ec2.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(200, (_uri, body) => {
      const action = /Action=(\w+)/.exec(
        typeof body === 'string' ? body : new URLSearchParams(body as Record<string, string>).toString(),
      )![1]!;
      return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${answers[action] ?? ''}</${action}Response>`;
    });
  const results = new Map<string, object>();
  nock('https://logs.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(200, function (_uri, sent) {
      const operation = String(this.req.headers['x-amz-target']).replace(/^.*\./, '');
      const body = (typeof sent === 'string' ? JSON.parse(sent) : sent) as Record<string, string | number>;
      if (operation === 'DescribeLogGroups') {
        const creationTime = nowMs - 10 * 86_400_000;
        return { logGroups: [{ logGroupName: '/vpc/flow', storedBytes, creationTime, retentionInDays: 10 }] };
      }
      if (operation === 'GetQueryResults') return results.get(String(body.queryId)) ?? {};
      started.push(String(body.queryString));
      const inTime = EVENTS.filter((line) => {
        const second = Number(line.split(' ')[7]);
        return second >= Number(body.startTime) && second <= Number(body.endTime);
      });
      const rows = runStatement(String(body.queryString), inTime).map((row) =>
        [...row].map(([field, value]) => ({ field, value })),
      );
      const queryId = `q${started.length}`;
      results.set(queryId, { status: 'Complete', results: rows, statistics: { bytesScanned: 2e9 } });
      return { queryId };
    });
}

const ACCOUNT = '111122223333';
function write(data: string): string {
  const file = join(dir, 'netcost.yml');
  writeFileSync(
    file,
    `data:\n${data}\naws: { accounts: [{ id: "${ACCOUNT}", regions: [us-east-1] }] }\nstate: { file: ${dir}/state.db }\n`,
  );
  return file;
}
const GROUP = (engine: string) => `{ name: /vpc/flow, region: us-east-1, engine: ${engine} }`;
const ask = (file: string, words: readonly string[]) => runInTerminal(['ask', '--config', file, ...words], nowMs);

it('answers out of the log group, with what that scanned and cost', async () => {
  const file = write(`  logGroups: [${GROUP('logs-insights')}]`);
  const { status, out, err } = await ask(file, ['since=2h', 'by=client', '--json']);
  expect(err).toBe('');
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    rows: [{ key: { client: '10.0.1.5' }, bytes: 10_000, bytesUp: 1000, bytesDown: 9000, packets: 11, flows: 2 }],
    total: { bytes: 10_000, usd: '0.000000' },
    coverage: { hoursAsked: 2, hoursWithData: 1 },
    cost: { engine: 'logs-insights', bytesScanned: 4e9, usd: '0.020000' },
  });
});

it('refuses what would scan much with its price, until it is accepted', async () => {
  storedBytes = 10e12;
  const file = write(
    `  insights: { limits: { questionGb: 900000, dayGb: 900000 } }\n  logGroups: [${GROUP('logs-insights')}]`,
  );
  const refused = await ask(file, ['since=24h', 'by=team', '--json']);
  expect(refused.status).toBe(1);
  expect(refused.err).toMatch(/This will scan 1\.\d+ TiB, about \$10\.00/);
  expect(started).toEqual([]);
  expect((await ask(file, ['since=24h', 'by=team', '--json', '--yes'])).status).toBe(0);
  expect(started.length).toBeGreaterThan(0);
});

it('asks the store, and says what it leaves out, unless the question names a gateway of the group', async () => {
  const logs = join(dir, 'logs');
  mkdirSync(logs);
  writeFileSync(
    join(logs, '999988887777_vpcflowlogs_us-east-1_fl-00000000000000aaa_20261121T1115Z_x.log'),
    `${FORMAT}\neni-0ccc 10.9.1.5 10.9.0.9 10.9.1.5 203.0.113.9 500 1 ${start} ${start + 59} ACCEPT OK\n`,
  );
  const file = write(`  flowLogs: logs\n  store: store\n  logGroups: [${GROUP('logs-insights')}]`);
  expect((await runInTerminal(['ingest', '--config', file], nowMs)).status).toBe(0);
  const whole = JSON.parse((await ask(file, ['since=2h', '--json'])).out) as { cost: object; caveats: string[] };
  expect(whole.cost).toMatchObject({ engine: 'embedded' });
  expect(whole.caveats[0]).toBe(
    'Not in these totals: /vpc/flow, which Logs Insights answers for. Ask for its gateways with nat=….',
  );
  expect(started).toEqual([]);
  const named = JSON.parse((await ask(file, ['since=2h', 'nat=nat-0a', '--json'])).out) as {
    total: object;
    cost: object;
  };
  expect(named).toMatchObject({ total: { bytes: 10_000 }, cost: { engine: 'logs-insights' } });
  const both = await ask(file, ['since=2h', 'nat=nat-0a,nat-0other']);
  expect(both.status).toBe(2);
  expect(both.err).toContain('nat-0other is not in the log group /vpc/flow, and one engine answers a question.');
});

it('asks a group of engine auto for what is older than the store', async () => {
  const file = write(`  logGroups: [${GROUP('auto')}]`);
  const { out, status } = await ask(file, ['since=2h', '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ total: { bytes: 10_000 }, cost: { engine: 'logs-insights' } });
});

it('says in a line that what sums cannot answer is the embedded engine’s, and gives it no price', async () => {
  storedBytes = 10e12;
  const file = write(`  logGroups: [${GROUP('logs-insights')}]`);
  const { status, err } = await ask(file, ['since=2h', 'by=charge']);
  expect(status).toBe(2);
  expect(err).toMatch(/charge is not answered by Logs Insights\..*embedded engine/s);
  expect(started).toEqual([]);
});

it('tells of the log group and its flow log, and of engines that have nothing to ask', async () => {
  const good = parseConfig(`data: { logGroups: [${GROUP('auto')}] }`, 'x');
  expect(await checkInsights(good)).toEqual([
    { ok: true, subject: 'Logs Insights /vpc/flow', says: 'fl-0123456789abcdef0; 953.7 MiB, kept for 10 days' },
  ]);
  const gone = parseConfig('data: { logGroups: [{ name: /vpc/no, region: us-east-1, engine: logs-insights }] }', 'x');
  expect((await checkInsights(gone))[0]).toMatchObject({ ok: false, fix: expect.stringContaining('data.logGroups') });
  expect((await checkInsights(parseConfig('data: { engine: logs-insights }', 'x')))[0]).toMatchObject({
    ok: false,
    subject: 'Engines',
  });
});

it.each([
  ['engine: logs-insights', 'no log group of data.logGroups is asked of it'],
  ['engine: athena', 'data.engine is athena, and data.athena is not set.'],
  ['engine: auto', 'data.engine is auto, and data.athena is not set.'],
  ['buckets: [{ name: my-logs, region: us-east-1, engine: athena }]', 'no table of data.athena lies in s3://my-logs/'],
  [`logGroups: [${GROUP('auto')}, ${GROUP('embedded')}]`, 'data.logGroups has /vpc/flow of us-east-1 twice.'],
])('refuses %s in a line', (data, words) => {
  expect(() => sourceEngines(parseConfig(`data: { ${data} }`, 'x'))).toThrow(words);
});

it('leaves every engine as it was where a config names none', () => {
  const table = 'name: t, location: "s3://other", accounts: ["111122223333"], regions: [us-east-1]';
  const data = `engine: athena, athena: { region: us-east-1, tables: [{ ${table} }] }, buckets: [{ name: my-logs, region: us-east-1 }], logGroups: [{ name: /vpc/flow, region: us-east-1 }]`;
  const { buckets, logGroups, live } = sourceEngines(parseConfig(`data: { ${data} }`, 'x'));
  expect([buckets.length, logGroups.length, live.length]).toEqual([1, 1, 0]);
});

it('brings into the store what has engine auto, and not what is asked where it is', () => {
  const both = `logGroups: [${GROUP('auto')}, { name: /vpc/other, region: us-east-1, engine: logs-insights }]`;
  const { logGroups, live } = sourceEngines(parseConfig(`data: { ${both} }`, 'x'));
  expect(logGroups.map(({ name }) => name)).toEqual(['/vpc/flow']);
  expect(live.map(({ engine }) => engine)).toEqual(['auto', 'logs-insights']);
});
