import { afterAll, expect, it } from 'vitest';
import { openAwsAccess } from '../../src/aws/access.js';
import { openAthena } from '../../src/aws/athena.js';

// moto's Athena has the state machine and the shapes; its rows are what is put into its queue.

const place = { accountId: '123456789012', region: 'us-east-1' };
const access = openAwsAccess([{ ...place, roleArn: undefined, externalId: undefined, regions: ['us-east-1'] }]);
afterAll(() => access.close());

it('starts a statement in a real state machine, waits for its end and reads its rows', async () => {
  const base = process.env.AWS_ENDPOINT_URL ?? '';
  const rows = [
    ['kind', 'bytes'],
    ['0', '7'],
    ['1', '7'],
  ].map((row) => ({ Data: row.map((VarCharValue) => ({ VarCharValue })) }));
  const column = (Name: string) => ({
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name,
    Label: Name,
    Type: 'varchar',
    Precision: 1,
    Scale: 0,
    Nullable: 'UNKNOWN',
    CaseSensitive: true,
  });
  const queued = await fetch(`${base}/moto-api/static/athena/query-results`, {
    method: 'POST',
    body: JSON.stringify({ results: [{ rows, column_info: [column('kind'), column('bytes')] }] }),
  });
  expect(queued.ok).toBe(true);
  const started = performance.now();
  const run = openAthena(
    access,
    place,
    { workGroup: 'primary', database: 'netcost', outputLocation: 's3://athena-results/netcost/', timeoutMs: 30_000 },
    {
      elapsedMs: () => performance.now() - started,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    },
  );
  const result = await run({ sql: 'select 1', token: 'moto', reuseMinutes: 0 });
  expect(result.rows).toEqual([
    ['0', '7'],
    ['1', '7'],
  ]);
});
