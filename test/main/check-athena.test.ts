import nock from 'nock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseConfig } from '../../src/config.js';
import { columnOf, fieldsOfFormat } from '../../src/flows/ddl.js';
import { checkAthena } from '../../src/main/check-athena.js';

const FORMAT =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status'
    .split(' ')
    .map((field) => `\${${field}}`)
    .join(' ');
const config = parseConfig(
  `aws: { accounts: [{ id: "111122223333", regions: [us-east-1] }] }
data: { athena: { region: us-east-1, tables: [{ name: flow, format: "${FORMAT}", location: "s3://logs", accounts: ["111122223333"], regions: [us-east-1] }] } }`,
  'netcost.yml',
);
const COLUMNS = fieldsOfFormat(FORMAT).map(columnOf);

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  nock.cleanAll();
  vi.unstubAllEnvs();
});

function athena(answers: Readonly<Record<string, readonly [number, object]>>): void {
  nock('https://athena.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(function () {
      const call = String(this.req.headers['x-amz-target']).replace(/^.*\./, '');
      const [status, body] = answers[call]!;
      return [status, body];
    });
}
const group = (configuration: object, state = 'ENABLED') =>
  [200, { WorkGroup: { Name: 'primary', State: state, Configuration: configuration } }] as const;
const PLACE = { ResultConfiguration: { OutputLocation: 's3://results/' } };
const table = (columns: readonly string[]) =>
  [
    200,
    {
      TableMetadata: {
        Name: 'flow',
        Columns: columns.map((Name) => ({ Name })),
        PartitionKeys: ['p_account', 'p_region', 'p_day'].map((Name) => ({ Name })),
      },
    },
  ] as const;

it('says what is there', async () => {
  athena({ GetWorkGroup: group({ ...PLACE, BytesScannedCutoffPerQuery: 2 ** 40 }), GetTableMetadata: table(COLUMNS) });
  expect(await checkAthena(config)).toEqual([
    { ok: true, subject: 'Athena primary', says: 'a statement is cut off above 1.00 TiB' },
    { ok: true, subject: 'Table flow', says: '14 fields in netcost' },
  ]);
});

it('says how a work group gets its limit, and that columns stand elsewhere', async () => {
  const swapped = [COLUMNS[1]!, COLUMNS[0]!, ...COLUMNS.slice(2)];
  athena({ GetWorkGroup: group(PLACE), GetTableMetadata: table(swapped) });
  const [limit, columns] = await checkAthena(config);
  expect(limit?.fix).toContain('--work-group primary --configuration-updates EnforceWorkGroupConfiguration=true,Bytes');
  expect(columns).toMatchObject({ ok: false, says: 'version, account_id: not where the format has it.' });
});

it('says that results have no place, and that a work group is disabled', async () => {
  athena({ GetWorkGroup: group({}), GetTableMetadata: table(COLUMNS) });
  expect((await checkAthena(config))[0]).toMatchObject({ ok: false, says: expect.stringContaining('no place') });
  nock.cleanAll();
  athena({ GetWorkGroup: group(PLACE, 'DISABLED'), GetTableMetadata: table(COLUMNS) });
  expect((await checkAthena(config))[0]).toMatchObject({ ok: false, says: 'the work group is disabled.' });
});

it('gives the statement of what is not allowed, and the verb that makes a table', async () => {
  athena({
    GetWorkGroup: [400, { __type: 'AccessDeniedException', message: 'not authorized' }],
    GetTableMetadata: [400, { __type: 'MetadataException', Message: 'Table not found' }],
  });
  const [limit, columns] = await checkAthena(config);
  expect(limit?.fix).toContain('"Action":["athena:GetWorkGroup"]');
  expect(columns).toMatchObject({ ok: false, fix: 'Make it in netcost: netcost ddl prints the statement.' });
});
