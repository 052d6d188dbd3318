import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeNatMetricsDigest, natDigestFromMs } from '../../src/answers/nat-metrics-digest.js';
import { openAwsAccess } from '../../src/aws/access.js';
import { readNatMetrics } from '../../src/aws/nat-metrics.js';
import { BYTES_PER_BILLED_GB, DAY_MS, HOUR_MS } from '../../src/units.js';

// A Region of its own: moto is shared by all files of a run.
const PLACE = { accountId: '123456789012', region: 'ap-southeast-1' };
const access = openAwsAccess([{ ...PLACE, roleArn: undefined, externalId: undefined, regions: [PLACE.region] }]);
afterAll(() => access.close());

const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const NOW = TODAY + 9 * HOUR_MS;
const WEEK = { fromMs: TODAY - 7 * DAY_MS, toMs: TODAY };

/**
 * The seed's week: 668 GB down, 2.1 GB up, of which AWS billed about 659 GB, as a gateway measures it: the same bytes
 * come in on one side and leave on the other, so all four metrics have them.
 */
const DAILY_SHARES = [0.08, 0.11, 0.21, 0.19, 0.17, 0.13, 0.11];

beforeAll(async () => {
  const client = access.client(CloudWatchClient, PLACE);
  const Dimensions = [{ Name: 'NatGatewayId', Value: 'nat-0seed' }];
  for (const [day, share] of DAILY_SHARES.entries()) {
    const MetricData = Array.from({ length: 24 }, (_, hour) => {
      const Timestamp = new Date(WEEK.fromMs + day * DAY_MS + hour * HOUR_MS);
      const down = (668 * BYTES_PER_BILLED_GB * share) / 24;
      const up = (2.1 * BYTES_PER_BILLED_GB * share) / 24;
      const of = (MetricName: string, Value: number) => ({ MetricName, Dimensions, Timestamp, Value });
      return [
        of('BytesInFromDestination', down),
        of('BytesOutToSource', down),
        of('BytesInFromSource', up),
        of('BytesOutToDestination', up),
        // The most of an hour is one of two values.
        of('ActiveConnectionCount', 12),
        of('ActiveConnectionCount', 30 + hour),
        of('ConnectionAttemptCount', 100),
        of('ConnectionEstablishedCount', 98),
        of('ErrorPortAllocation', 0),
      ];
    }).flat();
    await client.send(new PutMetricDataCommand({ Namespace: 'AWS/NATGateway', MetricData }));
  }
});

it('reads the week of the seed as AWS billed it, and says what reading cost', async () => {
  const read = await readNatMetrics(access, { fromMs: natDigestFromMs(WEEK, NOW), nowMs: NOW });
  expect(read.failures).toEqual([]);
  expect(read.incomplete).toEqual([]);
  const digest = makeNatMetricsDigest(read, WEEK, NOW);
  const gb = (bytes: bigint) => Number(bytes) / BYTES_PER_BILLED_GB;
  expect(Math.abs(gb(digest.total.bytes) / 659 - 1)).toBeLessThan(0.05);
  expect(gb(digest.total.down)).toBeCloseTo(668, 3);
  expect(gb(digest.total.up)).toBeCloseTo(2.1, 3);
  // ap-southeast-1: 0.059 USD a GB.
  expect(Number(digest.total.usd)).toBeCloseTo(670.1 * 0.059, 3);
  expect(digest.gateways).toMatchObject([
    {
      natGatewayId: 'nat-0seed',
      ...PLACE,
      hoursKnown: 168,
      connections: { most: 53, attempts: 16_800, established: 16_464, portErrors: 0 },
    },
  ]);
  expect(digest.days).toHaveLength(7);
  expect(read.usd).toBe('0.00007');
});
