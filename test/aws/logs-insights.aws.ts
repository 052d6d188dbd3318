import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, expect, it } from 'vitest';
import { openAwsAccess } from '../../src/aws/access.js';
import { describeLogGroup } from '../../src/aws/log-group-size.js';
import { openInsights } from '../../src/aws/logs-insights.js';

// moto's Logs Insights has the states, the times and the shapes, and makes no sums: what statements give is tested over
// rows of our own (test/answers/ask-insights.test.ts).

const place = { accountId: '123456789012', region: 'us-east-1' };
const access = openAwsAccess([{ ...place, roleArn: undefined, externalId: undefined, regions: ['us-east-1'] }]);
afterAll(() => access.close());

it('runs a statement over the events of its time, and finds the size of the group', async () => {
  const client = access.client(CloudWatchLogsClient, place);
  const logGroupName = '/vpc/insights';
  const fromSecond = Math.floor(Date.now() / 1000) - 600;
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  await client.send(new CreateLogGroupCommand({ logGroupName: `${logGroupName}-other` }));
  await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'eni-0a1b-all' }));
  const logEvents = [0, 60, 120].map((second) => ({
    timestamp: (fromSecond + second) * 1000,
    message: `row ${second}`,
  }));
  await client.send(new PutLogEventsCommand({ logGroupName, logStreamName: 'eni-0a1b-all', logEvents }));
  const started = performance.now();
  const clock = {
    elapsedMs: () => performance.now() - started,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const run = openInsights(access, place, logGroupName, { timeoutMs: 20_000 }, clock);
  const billed: number[] = [];
  const rows = await run({
    statement: 'fields @message | sort @timestamp asc | limit 10000',
    fromSecond,
    toSecond: fromSecond + 120,
    onBilled: (bytes) => billed.push(bytes),
  });
  expect(rows.map((row) => row.get('@message'))).toEqual(['row 0', 'row 60']);
  expect(billed).toHaveLength(1);
  expect(await describeLogGroup(access, place, logGroupName)).toMatchObject({ logClass: 'STANDARD' });
  expect(await describeLogGroup(access, place, '/vpc/none')).toBeUndefined();
  const nowhere = openInsights(access, place, '/vpc/none', { timeoutMs: 1_000 }, clock);
  await expect(nowhere({ statement: 'fields @message', fromSecond, toSecond: fromSecond + 1 })).rejects.toThrow(
    'There is no log group /vpc/none in account 123456789012, us-east-1.',
  );
});
