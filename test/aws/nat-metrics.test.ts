import nock from 'nock';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openAwsAccess } from '../../src/aws/access.js';
import { readNatMetrics } from '../../src/aws/nat-metrics.js';
import { HOUR_MS } from '../../src/units.js';

const NOW = Date.parse('2026-11-21T09:05:00Z');
const FROM = Date.parse('2026-11-21T06:00:00Z');
const access = openAwsAccess(
  [{ accountId: '111122223333', roleArn: undefined, externalId: undefined, regions: ['us-east-1', 'eu-west-1'] }],
  { maxAttempts: 1 },
);
const saved = { ...process.env };

beforeAll(() => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' });
  nock.disableNetConnect();
});
afterEach(() => nock.cleanAll());
afterAll(() => {
  process.env = saved;
  access.close();
  nock.enableNetConnect();
});

interface Query {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: { readonly MetricName: string; readonly Dimensions: readonly { Name: string; Value: string }[] };
    readonly Stat: string;
  };
}

/** A CloudWatch of one Region: lists these dimension sets, and gives each metric of them one value an hour. */
function cloudWatch(
  region: string,
  listed: readonly Readonly<Record<string, string>>[],
  of: (metric: string, dimensions: Readonly<Record<string, string>>) => number,
): Query[] {
  const queries: Query[] = [];
  const host = nock(`https://monitoring.${region}.amazonaws.com`).persist();
  host
    .post('/')
    .matchHeader('x-amz-target', /\.ListMetrics$/)
    .reply(200, {
      Metrics: listed.map((set) => ({ Dimensions: Object.entries(set).map(([Name, Value]) => ({ Name, Value })) })),
    });
  host
    .post('/')
    .matchHeader('x-amz-target', /\.GetMetricData$/)
    .reply(200, (_, body) => {
      const asked = JSON.parse(body as string) as { MetricDataQueries: Query[]; StartTime: number; EndTime: number };
      queries.push(...asked.MetricDataQueries);
      const times: number[] = [];
      for (let time = asked.StartTime; time < asked.EndTime; time += 3600) times.push(time);
      return {
        MetricDataResults: asked.MetricDataQueries.map(({ Id, MetricStat: { Metric } }) => {
          const set = Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]));
          return {
            Id,
            Timestamps: times,
            Values: times.map(() => of(Metric.MetricName, set)),
            StatusCode: 'Complete',
          };
        }),
      };
    });
  return queries;
}

it('asks for what leaves the gateway only, in whole hours that CloudWatch no longer changes', async () => {
  const queries = cloudWatch('us-east-1', [{ NatGatewayId: 'nat-1' }], (metric) =>
    metric === 'BytesOutToSource' ? 9 : 1,
  );
  cloudWatch('eu-west-1', [], () => 0);
  const read = await readNatMetrics(access, { fromMs: FROM, nowMs: NOW });
  expect(read.gateways).toHaveLength(1);
  expect(read.gateways[0]).toMatchObject({ accountId: '111122223333', region: 'us-east-1', natGatewayId: 'nat-1' });
  expect(read.gateways[0]?.down).toEqual([
    { atMs: FROM, value: 9 },
    { atMs: FROM + HOUR_MS, value: 9 },
  ]);
  expect(read.completeUntilMs).toBe(Date.parse('2026-11-21T08:00:00Z'));
  expect(queries.map(({ MetricStat }) => MetricStat.Metric.MetricName)).not.toContain('BytesInFromDestination');
  expect(
    queries.find(({ MetricStat }) => MetricStat.Metric.MetricName === 'ActiveConnectionCount')?.MetricStat.Stat,
  ).toBe('Maximum');
  // Six metrics of one gateway and two lists; a Region without a gateway is not asked for data.
  expect(read).toMatchObject({ usd: '0.00008', requests: 3, failures: [], incomplete: [] });
});

it('counts a regional gateway once, whether CloudWatch has it whole, by zone, or both', async () => {
  const zones = [
    { NatGatewayId: 'nat-zones', AvailabilityZone: 'use1-az1' },
    { NatGatewayId: 'nat-zones', AvailabilityZone: 'use1-az2' },
  ];
  const both = [{ NatGatewayId: 'nat-both' }, { NatGatewayId: 'nat-both', AvailabilityZone: 'use1-az1' }];
  cloudWatch('us-east-1', [...zones, ...both], (_, set) => (set.AvailabilityZone === undefined ? 10 : 4));
  cloudWatch('eu-west-1', [], () => 0);
  const { gateways } = await readNatMetrics(access, { fromMs: FROM, nowMs: NOW });
  expect(gateways.map(({ natGatewayId, up }) => [natGatewayId, up[0]?.value])).toEqual([
    ['nat-both', 10],
    ['nat-zones', 8],
  ]);
});

it('reads the other places where one is denied, and says which', async () => {
  cloudWatch('us-east-1', [{ NatGatewayId: 'nat-1' }], () => 5);
  nock('https://monitoring.eu-west-1.amazonaws.com')
    .post('/')
    .reply(400, { __type: 'AccessDeniedException', message: 'no' });
  const { gateways, failures } = await readNatMetrics(access, { fromMs: FROM, nowMs: NOW });
  expect(gateways.map(({ natGatewayId }) => natGatewayId)).toEqual(['nat-1']);
  expect(failures).toEqual([
    {
      accountId: '111122223333',
      region: 'eu-west-1',
      says: expect.stringContaining('AWS does not allow cloudwatch:ListMetrics in account 111122223333, eu-west-1'),
    },
  ]);
});
