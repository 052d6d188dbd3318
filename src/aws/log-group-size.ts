import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { LogGroupSize } from '../answers/insights-guard.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask, readPages } from './ask.js';

const MOST_PAGES = 10;

/** How much a log group holds, and since when; undefined where there is none of that name. Throws NetcostError('upstream'). */
export async function describeLogGroup(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  logGroup: string,
  signal?: AbortSignal,
): Promise<(LogGroupSize & { readonly logClass: string }) | undefined> {
  const client = access.client(CloudWatchLogsClient, place);
  const { items } = await readPages(MOST_PAGES, (nextToken) =>
    ask('logs:DescribeLogGroups', place, signal, async (options) => {
      const input = { logGroupNamePrefix: logGroup, ...(nextToken === undefined ? {} : { nextToken }) };
      const page = await client.send(new DescribeLogGroupsCommand(input), options);
      return { items: page.logGroups ?? [], token: page.nextToken };
    }),
  );
  const found = items.find(({ logGroupName }) => logGroupName === logGroup);
  return found === undefined
    ? undefined
    : {
        storedBytes: found.storedBytes ?? 0,
        createdMs: found.creationTime ?? 0,
        retentionDays: found.retentionInDays,
        logClass: found.logGroupClass ?? 'STANDARD',
      };
}
