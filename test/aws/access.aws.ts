import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, expect, it } from 'vitest';
import { openAwsAccess } from '../../src/aws/access.js';
import { priceOfCalls } from '../../src/aws/call-count.js';

const own = { accountId: '123456789012', roleArn: undefined, externalId: undefined, regions: ['us-east-1'] };
const other = {
  accountId: '210987654321',
  roleArn: 'arn:aws:iam::210987654321:role/netcost-read',
  externalId: 'x',
  regions: ['eu-west-1', 'us-east-1'],
};
const access = openAwsAccess([own, other]);
afterAll(() => access.close());

it('assumes the role of each account and counts what it asked, by place', async () => {
  expect(access.places).toHaveLength(3);
  const { result, calls } = await access.counted(async () => {
    await Promise.all(access.places.map((place) => access.client(EC2Client, place).send(new DescribeVpcsCommand({}))));
    return access
      .client(STSClient, { accountId: other.accountId, region: 'eu-west-1' })
      .send(new GetCallerIdentityCommand({}));
  });
  expect(result.Account).toBe('210987654321');
  expect(
    calls
      .filter(({ service }) => service === 'EC2')
      .map(({ accountId, region, requests }) => [accountId, region, requests])
      // They are sent at once, and counted as they leave.
      .sort(),
  ).toEqual([
    ['123456789012', 'us-east-1', 1],
    ['210987654321', 'eu-west-1', 1],
    ['210987654321', 'us-east-1', 1],
  ]);
  expect(priceOfCalls(calls).toString()).toBe('0');
});

it('prices metrics by the metric', async () => {
  const MetricDataQueries = ['a', 'b'].map((Id) => ({
    Id,
    MetricStat: {
      Metric: { Namespace: 'AWS/NATGateway', MetricName: 'BytesOutToDestination' },
      Period: 300,
      Stat: 'Sum',
    },
  }));
  const { calls } = await access.counted(() =>
    access
      .client(CloudWatchClient, { accountId: own.accountId, region: 'us-east-1' })
      .send(new GetMetricDataCommand({ StartTime: new Date(0), EndTime: new Date(3_600_000), MetricDataQueries })),
  );
  expect(priceOfCalls(calls).toString()).toBe('0.00002');
});
