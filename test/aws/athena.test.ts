import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AthenaProgress } from '../../src/answers/athena-port.js';
import { openAwsAccess } from '../../src/aws/access.js';
import { openAthena } from '../../src/aws/athena.js';
import { athenaFailure } from '../../src/aws/athena-failure.js';
import { NetcostError } from '../../src/errors.js';

const place = { accountId: '111122223333', region: 'us-east-1' };
const token = 'the same question';

interface Sent {
  readonly target: string;
  readonly body: Record<string, unknown>;
}

/** Athena's JSON 1.1 as captured from the SDK: one answer a call, in order, by the operation's name. */
function athena(script: readonly (readonly [operation: string, answer: unknown, status?: number])[]): Sent[] {
  const sent: Sent[] = [];
  const left = [...script];
  nock('https://athena.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(function (_uri, body) {
      const target = String(this.req.headers['x-amz-target']).replace('AmazonAthena.', '');
      // The type of the body is not plain JSON's, so nock gives its text.
      sent.push({ target, body: JSON.parse(String(body)) as Record<string, unknown> });
      const next = left.shift();
      if (next?.[0] !== target) return [400, { __type: 'InvalidRequestException', Message: `not expected: ${target}` }];
      return [next[2] ?? 200, next[1] as object];
    });
  return sent;
}

const execution = (State: string, more: object = {}, statistics: object = {}) => ({
  QueryExecution: { QueryExecutionId: 'q1', Status: { State, ...more }, Statistics: statistics },
});
const page = (rows: readonly (readonly (string | undefined)[])[], NextToken?: string) => ({
  ResultSet: {
    ResultSetMetadata: { ColumnInfo: [{ Name: 'kind' }, { Name: 'bytes' }] },
    Rows: rows.map((row) => ({ Data: row.map((value) => (value === undefined ? {} : { VarCharValue: value })) })),
  },
  ...(NextToken === undefined ? {} : { NextToken }),
});
const STARTED = ['StartQueryExecution', { QueryExecutionId: 'q1' }] as const;

let access: ReturnType<typeof openAwsAccess>;
let now = 0;
const open = (options: { outputLocation?: string; catalog?: string; timeoutMs?: number } = {}) =>
  openAthena(
    access,
    place,
    { workGroup: 'netcost', database: 'netcost', timeoutMs: 60_000, ...options },
    {
      elapsedMs: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
  );
const run = (more: object = {}) => open()({ sql: 'select 1', token, reuseMinutes: 60, ...more });

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  now = 0;
  access = openAwsAccess(
    [{ accountId: place.accountId, roleArn: undefined, externalId: undefined, regions: ['us-east-1'] }],
    {
      maxAttempts: 1,
    },
  );
});
afterEach(() => {
  access.close();
  nock.cleanAll();
  vi.unstubAllEnvs();
});

it('starts once, waits through the queue, and reads every page without the header', async () => {
  const sent = athena([
    STARTED,
    ['GetQueryExecution', execution('QUEUED')],
    ['GetQueryExecution', execution('RUNNING', {}, { DataScannedInBytes: 1_000 })],
    // A transient error sends a running statement back into the queue.
    ['GetQueryExecution', execution('QUEUED')],
    ['GetQueryExecution', execution('SUCCEEDED', {}, { DataScannedInBytes: 5_000 })],
    [
      'GetQueryResults',
      page(
        [
          ['kind', 'bytes'],
          ['0', '7'],
          ['1', undefined],
        ],
        'more',
      ),
    ],
    [
      'GetQueryResults',
      page([
        ['kind', 'bytes'],
        ['2', '9'],
      ]),
    ],
  ]);
  const told: AthenaProgress[] = [];
  const result = await run({ onProgress: (progress: AthenaProgress) => told.push(progress) });
  // A row of a later page that reads like the header is a row.
  expect(result).toEqual({
    rows: [
      ['0', '7'],
      ['1', null],
      ['kind', 'bytes'],
      ['2', '9'],
    ],
    bytesScanned: 5_000,
    isReused: false,
  });
  expect(told.map(({ state }) => state)).toEqual(['queued', 'running', 'queued', 'reading', 'reading']);
  const [start] = sent;
  expect(start!.body).toMatchObject({
    QueryString: 'select 1',
    WorkGroup: 'netcost',
    QueryExecutionContext: { Database: 'netcost' },
    ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 60 } },
  });
  expect(start!.body).not.toHaveProperty('ResultConfiguration');
  expect(String(start!.body.ClientRequestToken)).toMatch(/^[0-9a-f]{64}$/);
});

it('gives the same question the same token, and names a place for results only where one is configured', async () => {
  const sent = athena(
    [0, 1].flatMap(() => [
      STARTED,
      ['GetQueryExecution', execution('SUCCEEDED')] as const,
      ['GetQueryResults', page([])] as const,
    ]),
  );
  await run();
  await open({ outputLocation: 's3://results/netcost/' })({ sql: 'select 1', token, reuseMinutes: 0 });
  const [first, second] = sent.filter(({ target }) => target === 'StartQueryExecution').map(({ body }) => body);
  expect(first!.ClientRequestToken).toBe(second!.ClientRequestToken);
  expect(second!.ResultConfiguration).toEqual({ OutputLocation: 's3://results/netcost/' });
  expect(second).not.toHaveProperty('ResultReuseConfiguration');
});

it('says that a kept result was used, and that it costs nothing', async () => {
  athena([
    STARTED,
    [
      'GetQueryExecution',
      execution('SUCCEEDED', {}, { DataScannedInBytes: 5_000, ResultReuseInformation: { ReusedPreviousResult: true } }),
    ],
    ['GetQueryResults', page([])],
  ]);
  expect(await run()).toEqual({ rows: [], bytesScanned: 0, isReused: true });
});

it('waits where the quota of statements at once is used up', async () => {
  const busy = [
    'StartQueryExecution',
    { __type: 'TooManyRequestsException', Message: 'too many', Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' },
    400,
  ] as const;
  const sent = athena([
    busy,
    busy,
    STARTED,
    ['GetQueryExecution', execution('SUCCEEDED')],
    ['GetQueryResults', page([])],
  ]);
  await run();
  const tokens = sent
    .filter(({ target }) => target === 'StartQueryExecution')
    .map(({ body }) => body.ClientRequestToken);
  expect(new Set(tokens).size).toBe(1);
  expect(now).toBeGreaterThanOrEqual(3_000);
});

it('begins anew only where Athena says that it helps', async () => {
  const failed = (Retryable: boolean) =>
    [
      'GetQueryExecution',
      execution('FAILED', {
        StateChangeReason: 'GENERIC_INTERNAL_ERROR',
        AthenaError: { ErrorCategory: 1, Retryable },
      }),
    ] as const;
  const sent = athena([
    STARTED,
    failed(true),
    STARTED,
    ['GetQueryExecution', execution('SUCCEEDED')],
    ['GetQueryResults', page([])],
  ]);
  await run();
  const tokens = sent
    .filter(({ target }) => target === 'StartQueryExecution')
    .map(({ body }) => body.ClientRequestToken);
  expect(new Set(tokens).size).toBe(2);
  nock.cleanAll();
  const again = athena([STARTED, failed(false)]);
  await expect(run()).rejects.toThrow('Athena failed for a reason of its own');
  expect(again.filter(({ target }) => target === 'StartQueryExecution')).toHaveLength(1);
});

it('stops the statement where the person cancels, and says what is billed', async () => {
  const stopped = new AbortController();
  const sent = athena([
    STARTED,
    ['GetQueryExecution', execution('RUNNING', {}, { DataScannedInBytes: 1 })],
    ['StopQueryExecution', {}],
    ['GetQueryExecution', execution('CANCELLED', {}, { DataScannedInBytes: 1.2e12 })],
  ]);
  const billed: number[] = [];
  const onBilled = (bytes: number) => billed.push(bytes);
  const asked = run({ signal: stopped.signal, onProgress: () => stopped.abort(), onBilled });
  await expect(asked).rejects.toMatchObject({
    code: 'cancelled',
    message: 'The question was cancelled.',
    hint: 'Athena bills what it had read: 1.09 TiB, $5.46.',
  });
  expect(sent.map(({ target }) => target)).toContain('StopQueryExecution');
  expect(billed).toEqual([1.2e12]);
});

it('stops a statement that takes too long', async () => {
  athena([
    STARTED,
    ...Array.from({ length: 4 }, () => ['GetQueryExecution', execution('RUNNING')] as const),
    ['StopQueryExecution', {}],
    ['GetQueryExecution', execution('CANCELLED', {}, { DataScannedInBytes: 20 * 2 ** 20 })],
  ]);
  const asked = open({ timeoutMs: 700 })({ sql: 'select 1', token, reuseMinutes: 0 });
  await expect(asked).rejects.toThrow(
    /did not answer within 1 s and was stopped\. Athena bills what it had read: 20\.0 MiB/,
  );
});

it('begins anew where the token leads to a statement that was cancelled before, whose bytes are not this question’s', async () => {
  athena([
    STARTED,
    [
      'GetQueryExecution',
      execution('CANCELLED', { StateChangeReason: 'Query cancelled by user' }, { DataScannedInBytes: 100 }),
    ],
    STARTED,
    ['GetQueryExecution', execution('SUCCEEDED', {}, { DataScannedInBytes: 900 })],
    ['GetQueryResults', page([])],
  ]);
  expect(await run()).toMatchObject({ bytesScanned: 900 });
});

it('does not begin anew what somebody cancels in Athena while it runs', async () => {
  const sent = athena([
    STARTED,
    ['GetQueryExecution', execution('RUNNING')],
    [
      'GetQueryExecution',
      execution('CANCELLED', { StateChangeReason: 'Query cancelled by user' }, { DataScannedInBytes: 2e9 }),
    ],
  ]);
  await expect(run()).rejects.toMatchObject({ code: 'cancelled', hint: expect.stringContaining('1.86 GiB') });
  expect(sent.filter(({ target }) => target === 'StartQueryExecution')).toHaveLength(1);
});

const THROTTLED = { __type: 'ThrottlingException', Message: 'Rate exceeded' };

it('goes on where Athena is asked too often whether it is done, and for its rows', async () => {
  const sent = athena([
    STARTED,
    ['GetQueryExecution', THROTTLED, 400],
    ['GetQueryExecution', execution('SUCCEEDED', {}, { DataScannedInBytes: 5_000 })],
    ['GetQueryResults', THROTTLED, 400],
    ['GetQueryResults', page([['0', '7']])],
  ]);
  expect(await run()).toMatchObject({ rows: [['0', '7']], bytesScanned: 5_000 });
  expect(sent.map(({ target }) => target)).not.toContain('StopQueryExecution');
});

it('stops a statement that it can no longer watch, and says why', async () => {
  const sent = athena([
    STARTED,
    ['GetQueryExecution', { __type: 'AccessDeniedException', Message: 'User is not authorized' }, 400],
    ['StopQueryExecution', {}],
    ['GetQueryExecution', execution('CANCELLED')],
  ]);
  await expect(run()).rejects.toMatchObject({ hint: expect.stringContaining('athena:GetQueryExecution') });
  expect(sent.map(({ target }) => target)).toContain('StopQueryExecution');
});

it('gives up in words where the quota of statements stays used up', async () => {
  athena(
    Array.from({ length: 30 }, () => [
      'StartQueryExecution',
      { __type: 'TooManyRequestsException', Message: 'too many', Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' },
      400,
    ]),
  );
  await expect(run()).rejects.toThrow('too much to do in this account');
  expect(now).toBeLessThanOrEqual(60_000);
});

it('begins what fails again and again three times, and no more', async () => {
  const failing = [
    STARTED,
    [
      'GetQueryExecution',
      execution('FAILED', {
        AthenaError: { ErrorCategory: 1, Retryable: true, ErrorMessage: 'GENERIC_INTERNAL_ERROR' },
      }),
    ] as const,
  ] as const;
  const sent = athena(Array.from({ length: 5 }, () => failing).flat());
  await expect(run()).rejects.toThrow('reason of its own');
  expect(sent.filter(({ target }) => target === 'StartQueryExecution')).toHaveLength(3);
});

it('names the catalog where the tables are in another', async () => {
  const sent = athena([STARTED, ['GetQueryExecution', execution('SUCCEEDED')], ['GetQueryResults', page([])]]);
  await open({ catalog: 'other' })({ sql: 'select 1', token, reuseMinutes: 0 });
  expect(sent[0]!.body.QueryExecutionContext).toEqual({ Database: 'netcost', Catalog: 'other' });
});

it('begins anew however often the question was cancelled before', async () => {
  const cancelled = execution('CANCELLED', { StateChangeReason: 'Query cancelled by user' }, { DataScannedInBytes: 9 });
  const former = [STARTED, ['GetQueryExecution', cancelled] as const];
  const sent = athena([
    ...Array.from({ length: 5 }, () => former).flat(),
    STARTED,
    ['GetQueryExecution', execution('SUCCEEDED', {}, { DataScannedInBytes: 900 })],
    ['GetQueryResults', page([])],
  ]);
  expect(await run()).toMatchObject({ bytesScanned: 900 });
  const starts = sent.filter(({ target }) => target === 'StartQueryExecution');
  expect(new Set(starts.map(({ body }) => body.ClientRequestToken)).size).toBe(6);
});

describe('a statement that an earlier question began in the same hour', () => {
  const at = Date.UTC(2026, 10, 22, 12);
  const ended = (State: string, minutesAgo: number, statistics: object = {}) =>
    ['GetQueryExecution', execution(State, { SubmissionDateTime: at / 1000 - minutesAgo * 60 }, statistics)] as const;
  const ask = () =>
    openAthena(
      access,
      place,
      { workGroup: 'netcost', database: 'netcost', timeoutMs: 60_000 },
      { nowMs: () => at, elapsedMs: () => now, sleep: async () => {} },
    )({ sql: 'select 1', token, reuseMinutes: 60 });

  it('gives its result, and is billed to nobody twice', async () => {
    athena([STARTED, ended('SUCCEEDED', 20, { DataScannedInBytes: 5_000 }), ['GetQueryResults', page([])]]);
    expect(await ask()).toEqual({ rows: [], bytesScanned: 0, isReused: true });
    nock.cleanAll();
    athena([STARTED, ended('SUCCEEDED', 0, { DataScannedInBytes: 5_000 }), ['GetQueryResults', page([])]]);
    expect(await ask()).toEqual({ rows: [], bytesScanned: 5_000, isReused: false });
  });

  it('is begun anew where it failed: what was wrong may be mended', async () => {
    athena([STARTED, ended('FAILED', 5), STARTED, ended('SUCCEEDED', 0), ['GetQueryResults', page([])]]);
    expect(await ask()).toMatchObject({ rows: [] });
  });
});

it('says that a question which the work group cut off is billed', async () => {
  athena([
    STARTED,
    ['GetQueryExecution', execution('CANCELLED', { StateChangeReason: 'Bytes scanned limit was exceeded' })],
  ]);
  await expect(run()).rejects.toMatchObject({
    message: expect.stringMatching(/read more than the work group allows.*billed/),
  });
});

it('tells a missing permission of the call', async () => {
  athena([['StartQueryExecution', { __type: 'AccessDeniedException', Message: 'User is not authorized' }, 400]]);
  await expect(run()).rejects.toMatchObject({ hint: expect.stringContaining('athena:StartQueryExecution') });
});

// What Athena and its engine say (AWS, "Troubleshoot issues in Athena"; Trino's error names), and the person's line.
const REFUSALS: readonly (readonly [string, RegExp])[] = [
  ['Bytes scanned limit was exceeded', /more than the work group allows.*billed/],
  ['Query timeout', /time limit/],
  ['Query timed out', /time limit/],
  ['EXCEEDED_TIME_LIMIT: Query exceeded maximum time limit of 30.00m', /time limit/],
  // A connection that is lost is no time limit of the question.
  ['HIVE_CURSOR_ERROR: Read timed out', /could not read an object/],
  ['QUERY_HAS_TOO_MANY_STAGES: Number of stages in the query (167) exceeds the allowed maximum (150)', /too large/],
  ['NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow', /exceed the largest number/],
  ['Query exhausted resources at this scale factor', /ran out of resources/],
  ['EXCEEDED_LOCAL_MEMORY_LIMIT: Query exceeded per-node memory limit', /ran out of resources/],
  ["TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.netcost.flow' does not exist", /does not know the table/],
  ["SCHEMA_NOT_FOUND: line 1:15: Schema 'netcost' does not exist", /does not know the database/],
  ["COLUMN_NOT_FOUND: line 1:8: Column 'pkt_srcaddr' cannot be resolved", /no column pkt_srcaddr/],
  ['CONSTRAINT_VIOLATION: For the injected projected partition column accid', /injected/],
  ['HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers', /100 partitions/],
  ['HIVE_BAD_DATA: Field bytes is not valid in s3://b/k.parquet', /could not read an object/],
  ['HIVE_CURSOR_ERROR: Failed to read s3://b/k.log.gz: incorrect data check', /could not read an object/],
  ['HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://b/k.log.gz', /could not read an object/],
  ['HIVE_INVALID_PARTITION_VALUE: Invalid partition value', /partitions of the table/],
  ['INVALID_TABLE_PROPERTY: projection.day.range', /partitions of the table/],
  ['HIVE_EXCEEDED_PARTITION_LIMIT: Query over table can potentially read more than 1000000', /partitions of the table/],
  ['HIVE_METASTORE_ERROR: Required Table Storage Descriptor is not populated', /no table of flow logs/],
  ['Unable to verify/create output bucket results', /no place to write/],
  ['No output location provided. An output location is required', /no place to write/],
  ['The S3 location provided to save your query results is invalid.', /no place to write/],
  ['The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket)', /A bucket/],
  ['PermanentRedirect (Service: Amazon S3; Status Code: 301)', /another Region/],
  ['Insufficient Lake Formation permission(s) on flow', /Lake Formation/],
  ['The ciphertext refers to a customer master key; KMS.NotFoundException', /encrypted with a key/],
  ['Permission denied on S3 path: Access Denied (Service: Amazon S3; Status Code: 403)', /may not read/],
  ['Insufficient permissions to execute the query. User is not authorized to perform: glue:GetTable', /glue:GetTable/],
  ['InvalidRequestException: WorkGroup netcost is not found.', /no such work group/],
  ['InvalidRequestException: WorkGroup netcost is disabled.', /disabled/],
  ['InvalidRequestException: query string length must be less than or equal to 262144', /longer than Athena takes/],
  ['InvalidRequestException: Idempotent parameters do not match', /same request/],
  ['InvalidRequestException: Query result file is expired', /no longer has the result/],
  ['SYNTAX_ERROR: line 1:1: mismatched input', /does not understand the statement/],
  ['FUNCTION_NOT_FOUND: Function starts_with not registered', /does not understand the statement/],
  ['TooManyRequestsException: rate exceeded', /too much to do/],
  ['GENERIC_INTERNAL_ERROR: null', /reason of its own/],
  ['', /did not say why/],
  ['something that nobody has seen', /Athena failed: something that nobody has seen/],
];

describe.each(REFUSALS)('Athena says %j', (said, line) => {
  it('is told in one line with what to do', () => {
    const error = athenaFailure(said);
    expect(error).toBeInstanceOf(NetcostError);
    expect(error.message).toMatch(line);
    expect(error.message).not.toContain('\n');
    expect(error.hint?.length).toBeGreaterThan(10);
  });
});
