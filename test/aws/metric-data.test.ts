import nock from 'nock';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openAwsAccess } from '../../src/aws/access.js';
import { priceOfCalls } from '../../src/aws/call-count.js';
import { listMetricDimensions, type MetricAsked, readMetricData } from '../../src/aws/metric-data.js';
import { HOUR_MS } from '../../src/units.js';

const PLACE = { accountId: '111122223333', region: 'eu-west-1' };
const FROM = Date.parse('2026-11-20T00:00:00Z');
const WINDOW = { fromMs: FROM, toMs: FROM + 3 * HOUR_MS };
const access = openAwsAccess([{ ...PLACE, roleArn: undefined, externalId: undefined, regions: ['eu-west-1'] }], {
  maxAttempts: 2,
});
const saved = { ...process.env };

beforeAll(() => {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  nock.disableNetConnect();
});
afterEach(() => nock.cleanAll());
afterAll(() => {
  process.env = saved;
  access.close();
  nock.enableNetConnect();
});

const asked = (id: string, metric = 'BytesOutToDestination'): MetricAsked => ({
  namespace: 'AWS/NATGateway',
  metric,
  dimensions: { NatGatewayId: id },
  periodMs: HOUR_MS,
  stat: 'Sum',
});

/** Times of the wire are seconds since 1970, as AWS JSON 1.0 has them. */
const hours = (...offsets: number[]) => offsets.map((offset) => FROM / 1000 + offset * 3600);

interface Sent {
  readonly MetricDataQueries: readonly { readonly Id: string; readonly MetricStat: { readonly Period: number } }[];
  readonly StartTime: number;
  readonly EndTime: number;
  readonly NextToken?: string;
}

/** Answers each request in turn and keeps what was sent. */
function cloudWatch(...answers: readonly [status: number, body: object][]): Sent[] {
  const sent: Sent[] = [];
  for (const [status, body] of answers) {
    nock('https://monitoring.eu-west-1.amazonaws.com')
      .post('/', (request: Sent) => sent.push(request) > 0)
      .reply(status, body, { 'content-type': 'application/x-amz-json-1.0' });
  }
  return sent;
}

it('reads page by page and puts the points of a metric in order', async () => {
  const sent = cloudWatch(
    [
      200,
      {
        MetricDataResults: [
          {
            Id: 'm0',
            Label: 'BytesOutToDestination',
            Timestamps: hours(1, 0),
            Values: [20, 10],
            StatusCode: 'PartialData',
          },
        ],
        NextToken: 'page-2',
        Messages: [],
      },
    ],
    [
      200,
      { MetricDataResults: [{ Id: 'm0', Timestamps: hours(2), Values: [30], StatusCode: 'Complete' }], Messages: [] },
    ],
  );
  const { result, calls } = await access.counted(() => readMetricData(access, PLACE, [asked('nat-1')], WINDOW));
  expect(result).toEqual({
    series: [{ ...asked('nat-1'), timesMs: [FROM, FROM + HOUR_MS, FROM + 2 * HOUR_MS], values: [10, 20, 30] }],
    incomplete: [],
  });
  expect(sent.map(({ NextToken }) => NextToken)).toEqual([undefined, 'page-2']);
  expect(priceOfCalls(calls).toString()).toBe('0.00002');
});

it('asks whole periods where the window begins or ends within one', async () => {
  const sent = cloudWatch([200, { MetricDataResults: [{ Id: 'm0', StatusCode: 'Complete' }] }]);
  await readMetricData(access, PLACE, [asked('nat-1')], { fromMs: FROM + 60_000, toMs: FROM + 2 * HOUR_MS + 1 });
  expect(sent[0]).toMatchObject({ StartTime: FROM / 1000, EndTime: FROM / 1000 + 3 * 3600 });
});

it('asks 500 metrics at once and no more, and gives them back in the order asked', async () => {
  const many = Array.from({ length: 501 }, (_, index) => asked(`nat-${index}`));
  const answer = (ids: readonly number[]) => ({
    MetricDataResults: ids
      .map((id) => ({ Id: `m${id}`, Timestamps: hours(0), Values: [id], StatusCode: 'Complete' }))
      .reverse(),
  });
  const sent = cloudWatch([200, answer([...Array(500).keys()])], [200, answer([500])]);
  const { result, calls } = await access.counted(() => readMetricData(access, PLACE, many, WINDOW));
  expect(sent.map(({ MetricDataQueries }) => MetricDataQueries.length)).toEqual([500, 1]);
  expect(result.series.map(({ values }) => values[0])).toEqual([...Array(501).keys()]);
  expect(priceOfCalls(calls).toString()).toBe('0.00501');
});

it('says which metric came in part, refused or not at all, with the reason of CloudWatch', async () => {
  cloudWatch([
    200,
    {
      MetricDataResults: [
        { Id: 'm0', Timestamps: hours(0), Values: [1], StatusCode: 'PartialData' },
        {
          Id: 'm1',
          Timestamps: [],
          Values: [],
          StatusCode: 'Forbidden',
          Messages: [{ Code: 'Forbidden', Value: 'not\nallowed' }],
        },
        { Id: 'm2', Timestamps: [], Values: [], StatusCode: 'InternalError' },
        { Id: 'm4', Timestamps: [], Values: [], StatusCode: 'Complete' },
      ],
    },
  ]);
  const all = ['nat-0', 'nat-1', 'nat-2', 'nat-3', 'nat-4'].map((id) => asked(id));
  const { series, incomplete } = await readMetricData(access, PLACE, all, WINDOW);
  expect(incomplete).toEqual([
    'BytesOutToDestination of nat-0 (1 h): PartialData',
    'BytesOutToDestination of nat-1 (1 h): Forbidden: not allowed',
    'BytesOutToDestination of nat-2 (1 h): InternalError',
    'BytesOutToDestination of nat-3 (1 h): no result',
  ]);
  expect(series[0]?.values).toEqual([1]);
});

it('ends where CloudWatch gives the same token again, and says that the data is a part', async () => {
  const page = {
    MetricDataResults: [{ Id: 'm0', Timestamps: hours(0), Values: [1], StatusCode: 'Complete' }],
    NextToken: 'same',
  };
  cloudWatch([200, page], [200, page]);
  const { incomplete } = await readMetricData(access, PLACE, [asked('nat-1')], WINDOW);
  expect(incomplete).toEqual(['BytesOutToDestination of nat-1 (1 h): PartialData']);
});

it('drops values that no gateway can have', async () => {
  cloudWatch([
    200,
    { MetricDataResults: [{ Id: 'm0', Timestamps: hours(0, 1, 2), Values: [-1, 1e30, 5], StatusCode: 'Complete' }] },
  ]);
  const { series } = await readMetricData(access, PLACE, [asked('nat-1')], WINDOW);
  expect(series[0]).toMatchObject({ timesMs: [FROM + 2 * HOUR_MS], values: [5] });
});

it('tries again where CloudWatch throttles, counts each attempt, and then says so', async () => {
  const throttled: [number, object] = [
    400,
    { __type: 'com.amazon.coral.availability#ThrottlingException', message: 'Rate exceeded' },
  ];
  cloudWatch(throttled, [
    200,
    { MetricDataResults: [{ Id: 'm0', Timestamps: hours(0), Values: [7], StatusCode: 'Complete' }] },
  ]);
  const { result, calls } = await access.counted(() => readMetricData(access, PLACE, [asked('nat-1')], WINDOW));
  expect(result.series[0]?.values).toEqual([7]);
  expect(calls).toMatchObject([{ operation: 'GetMetricData', requests: 2, throttled: 1, units: 2 }]);

  cloudWatch(throttled, throttled);
  await expect(readMetricData(access, PLACE, [asked('nat-1')], WINDOW)).rejects.toMatchObject({
    code: 'upstream',
    message:
      'AWS throttled cloudwatch:GetMetricData in account 111122223333, eu-west-1, after retries: ThrottlingException.',
  });
});

it('names the permission that is missing', async () => {
  cloudWatch([
    400,
    { __type: 'AccessDeniedException', Message: 'User is not authorized to perform: cloudwatch:ListMetrics' },
  ]);
  await expect(
    listMetricDimensions(access, PLACE, { namespace: 'AWS/NATGateway', metric: 'BytesOutToSource' }),
  ).rejects.toMatchObject({ hint: expect.stringContaining('Add the permission cloudwatch:ListMetrics') });
});

it('lists every dimension set of a metric, page by page', async () => {
  const listed = (id: string) => ({ Namespace: 'AWS/NATGateway', Dimensions: [{ Name: 'NatGatewayId', Value: id }] });
  cloudWatch([200, { Metrics: [listed('nat-1')], NextToken: 'more' }], [200, { Metrics: [listed('nat-2')] }]);
  expect(
    await listMetricDimensions(access, PLACE, { namespace: 'AWS/NATGateway', metric: 'BytesOutToSource' }),
  ).toEqual([{ NatGatewayId: 'nat-1' }, { NatGatewayId: 'nat-2' }]);
});

it('stops where it is told to', async () => {
  await expect(readMetricData(access, PLACE, [asked('nat-1')], WINDOW, AbortSignal.abort())).rejects.toMatchObject({
    code: 'cancelled',
  });
});
