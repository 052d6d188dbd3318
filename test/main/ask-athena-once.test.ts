import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nock from 'nock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCommandLine } from '../../src/cli.js';

// `netcost ask --config` where the config says Athena, over an Athena of HTTP answers.

let folder: string;
let started: string[];

function aws(objectBytes: number): void {
  const listed = `<ListBucketResult><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/11/20/a.log.gz</Key><Size>${objectBytes}</Size><LastModified>2026-11-20T10:00:00Z</LastModified></Contents></ListBucketResult>`;
  nock(/s3/).persist().get(/.*/).reply(200, listed);
  nock('https://ec2.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(200, '<DescribeFlowLogsResponse><flowLogSet/></DescribeFlowLogsResponse>');
  nock('https://athena.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(function (_uri, body) {
      const call = String(this.req.headers['x-amz-target']).replace(/^.*\./, '');
      const asked = (typeof body === 'string' ? JSON.parse(body) : body) as { QueryString?: string };
      if (call === 'StartQueryExecution') {
        started.push(asked.QueryString ?? '');
        return [200, { QueryExecutionId: `q${started.length}` }];
      }
      const done = { Status: { State: 'SUCCEEDED' }, Statistics: { DataScannedInBytes: 3e9 } };
      return [200, call === 'GetQueryExecution' ? { QueryExecution: done } : { ResultSet: { Rows: [] } }];
    });
}

beforeEach(() => {
  started = [];
  folder = mkdtempSync(join(tmpdir(), 'netcost-athena-once-'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('DATABASE_URL', '');
  const format =
    'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
  const fields = format.split(' ').map((name) => `\${${name}}`);
  writeFileSync(
    join(folder, 'netcost.yml'),
    `state: { file: state.db }
aws: { accounts: [{ id: "111122223333", regions: [us-east-1] }] }
data:
  store: store
  engine: athena
  athena:
    region: us-east-1
    tables: [{ name: flow, format: "${fields.join(' ')}", location: "s3://my-logs", accounts: ["111122223333"], regions: [us-east-1] }]
    limits: { confirmGb: 20, questionGb: 200, dayGb: 500 }
`,
  );
});
afterEach(() => {
  nock.cleanAll();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function netcost(...words: string[]) {
  const printed: string[] = [];
  const errors: string[] = [];
  const status = await runCommandLine(['ask', ...words, '--config', join(folder, 'netcost.yml')], {
    write: async (text) => void printed.push(text),
    writeError: (text) => void errors.push(text),
    hasColour: false,
    progressStream: undefined,
    isDebugging: false,
    nowMs: () => Date.UTC(2026, 10, 22, 12),
    elapsedMs: () => 0,
    signal: new AbortController().signal,
  });
  return { status, printed: printed.join(''), errors: errors.join('') };
}
const DAY = 'since=2026-11-20T00:00..2026-11-21T00:00';

it('asks Athena where the config says so, and tells what that cost', async () => {
  aws(1e9);
  const { status, printed, errors } = await netcost(DAY, 'by=client', '--json');
  expect(errors).toBe('');
  expect(status).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ cost: { engine: 'athena', bytesScanned: 6e9 } });
  // The survey of the day, and the question; the next question has the survey.
  expect(started).toHaveLength(2);
  await netcost(DAY, 'by=remote');
  expect(started).toHaveLength(3);
});

it('asks nothing that reads much before somebody said yes', async () => {
  aws(30e9);
  const { status, printed, errors } = await netcost(DAY);
  expect(started).toEqual([]);
  expect(status).not.toBe(0);
  expect(printed).toBe('');
  expect(errors).toMatch(/This will scan 55\.9 GiB, about \$0\.27\..*Give --yes/s);
  expect((await netcost(DAY, '--yes', '--json')).status).toBe(0);
  expect(started).toHaveLength(2);
});

it('keeps to the limits whatever was said', async () => {
  aws(120e9);
  const { errors } = await netcost(DAY, '--yes');
  expect(errors).toContain('one question may scan');
  expect(started).toEqual([]);
});
