import { DescribeFlowLogsCommand, DescribeNatGatewaysCommand, EC2Client } from '@aws-sdk/client-ec2';
import { readLogFormat } from '../flows/advise-format.js';
import { DEFAULT_FORMAT } from '../flows/fields.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask, readPages } from './ask.js';

/** A flow log as it is configured. */
export interface FlowLog {
  readonly id: string;
  /** The VPC, subnet, interface or gateway that it records. */
  readonly resourceId: string;
  /** Where its objects go; undefined where they go to CloudWatch Logs or Firehose. */
  readonly bucket: { readonly name: string; readonly prefix: string } | undefined;
  /** The log group of CloudWatch Logs that its events go to. */
  readonly logGroup: string | undefined;
  readonly format: readonly string[];
  /** Why AWS could not deliver, in its words. */
  readonly deliveryError: string | undefined;
}

/** A NAT gateway that costs money, and what a flow log of it may be named after. */
export interface NatGateway {
  readonly id: string;
  readonly vpcId: string;
  readonly resourceIds: readonly string[];
}

const MOST_PAGES = 100;

/** The flow logs of one account and Region. Throws NetcostError('upstream'). */
export async function describeFlowLogs(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<readonly FlowLog[]> {
  const client = access.client(EC2Client, place);
  const { items } = await readPages(MOST_PAGES, (NextToken) =>
    ask('ec2:DescribeFlowLogs', place, signal, async (options) => {
      const answer = await client.send(new DescribeFlowLogsCommand({ MaxResults: 1000, NextToken }), options);
      return { items: answer.FlowLogs ?? [], token: answer.NextToken };
    }),
  );
  return items.flatMap((log) => {
    if (log.FlowLogId === undefined || log.ResourceId === undefined) return [];
    const format = readLogFormat(log.LogFormat ?? '');
    return [
      {
        id: log.FlowLogId,
        resourceId: log.ResourceId,
        bucket: log.LogDestinationType === 's3' ? bucketOf(log.LogDestination ?? '') : undefined,
        logGroup: log.LogGroupName,
        format: format.length > 0 ? format : DEFAULT_FORMAT,
        deliveryError: log.DeliverLogsStatus === 'FAILED' ? (log.DeliverLogsErrorMessage ?? 'it failed') : undefined,
      },
    ];
  });
}

/** The NAT gateways of one account and Region that are there. Throws NetcostError('upstream'). */
export async function describeNatGateways(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<readonly NatGateway[]> {
  const client = access.client(EC2Client, place);
  const { items } = await readPages(MOST_PAGES, (NextToken) =>
    ask('ec2:DescribeNatGateways', place, signal, async (options) => {
      const answer = await client.send(new DescribeNatGatewaysCommand({ MaxResults: 1000, NextToken }), options);
      return { items: answer.NatGateways ?? [], token: answer.NextToken };
    }),
  );
  return items
    .filter(({ State }) => State === undefined || State === 'available' || State === 'pending')
    .flatMap(({ NatGatewayId: id, VpcId = '', SubnetId, NatGatewayAddresses = [] }) =>
      id === undefined
        ? []
        : [
            {
              id,
              vpcId: VpcId,
              resourceIds: [
                ...NatGatewayAddresses.map(({ NetworkInterfaceId }) => NetworkInterfaceId),
                id,
                SubnetId,
                VpcId,
              ].filter((one): one is string => one !== undefined && one !== ''),
            },
          ],
    );
}

/** The flow logs that record a gateway: of its interfaces, itself, its subnet or its VPC. */
export const logsOf = ({ resourceIds }: NatGateway, logs: readonly FlowLog[]): readonly FlowLog[] =>
  logs.filter(({ resourceId }) => resourceIds.includes(resourceId));

/** `arn:aws:s3:::name/some/folder/` → name and prefix; the prefix ends with a slash or is empty. */
function bucketOf(arn: string): FlowLog['bucket'] {
  const match = /^arn:aws[a-z-]*:s3:::([^/]+)(?:\/(.*))?$/.exec(arn);
  if (match === null) return undefined;
  const folder = (match[2] ?? '').replace(/\/+$/, '');
  return { name: match[1]!, prefix: folder === '' ? '' : `${folder}/` };
}
