import { DescribeFlowLogsCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { FlowLogFormat } from '../answers/athena-tables.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask, readPages } from './ask.js';

const MOST_PAGES = 50;

/** The flow logs of one account and Region, with the format that their objects or events have. Throws 'upstream'. */
export async function describeFlowLogs(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<readonly FlowLogFormat[]> {
  const client = access.client(EC2Client, place);
  const { items } = await readPages(MOST_PAGES, (NextToken) =>
    ask('ec2:DescribeFlowLogs', place, signal, async (options) => {
      const page = await client.send(new DescribeFlowLogsCommand({ MaxResults: 1_000, NextToken }), options);
      return { items: page.FlowLogs ?? [], token: page.NextToken };
    }),
  );
  return items.flatMap((log) =>
    log.FlowLogId === undefined
      ? []
      : [
          {
            id: log.FlowLogId,
            ...place,
            format: log.LogFormat ?? '',
            destination: log.LogDestinationType === 's3' ? (log.LogDestination ?? '') : '',
            logGroup: log.LogGroupName,
            file: log.DestinationOptions?.FileFormat === 'parquet' ? ('parquet' as const) : ('text' as const),
            layout: log.DestinationOptions?.HiveCompatiblePartitions === true ? ('hive' as const) : ('date' as const),
            isHourly: log.DestinationOptions?.PerHourPartition === true,
            createdMs: log.CreationTime?.getTime() ?? 0,
          },
        ],
  );
}
