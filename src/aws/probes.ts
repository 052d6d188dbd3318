import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  DescribeFlowLogsCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing';
import { NetcostError } from '../errors.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask } from './ask.js';

type Options = { abortSignal?: AbortSignal };
type Probe = (access: Pick<AwsAccess, 'client'>, place: AwsPlace, options: Options) => Promise<unknown>;

const few = { MaxResults: 5 };
const NAMESPACE = 'AWS/NATGateway';
/** 2026-01-01: any hour that CloudWatch knows will do. */
const HOUR = { StartTime: new Date(1_767_225_600_000), EndTime: new Date(1_767_229_200_000) };

/** The smallest request of each read action that every account is asked for. None costs more than a thousandth of a cent. */
const PROBES: Readonly<Record<string, Probe>> = {
  'ec2:DescribeVpcs': (a, at, o) => a.client(EC2Client, at).send(new DescribeVpcsCommand(few), o),
  'ec2:DescribeSubnets': (a, at, o) => a.client(EC2Client, at).send(new DescribeSubnetsCommand(few), o),
  'ec2:DescribeRouteTables': (a, at, o) => a.client(EC2Client, at).send(new DescribeRouteTablesCommand(few), o),
  'ec2:DescribeNatGateways': (a, at, o) => a.client(EC2Client, at).send(new DescribeNatGatewaysCommand(few), o),
  'ec2:DescribeVpcEndpoints': (a, at, o) => a.client(EC2Client, at).send(new DescribeVpcEndpointsCommand(few), o),
  'ec2:DescribeNetworkInterfaces': (a, at, o) =>
    a.client(EC2Client, at).send(new DescribeNetworkInterfacesCommand(few), o),
  'ec2:DescribeFlowLogs': (a, at, o) => a.client(EC2Client, at).send(new DescribeFlowLogsCommand(few), o),
  'cloudwatch:DescribeAlarms': (a, at, o) =>
    a.client(CloudWatchClient, at).send(new DescribeAlarmsCommand({ MaxRecords: 1 }), o),
  'cloudwatch:ListMetrics': (a, at, o) =>
    a.client(CloudWatchClient, at).send(new ListMetricsCommand({ Namespace: NAMESPACE }), o),
  'cloudwatch:GetMetricData': (a, at, o) => {
    const Metric = { Namespace: NAMESPACE, MetricName: 'BytesOutToDestination' };
    const MetricDataQueries = [{ Id: 'a', MetricStat: { Metric, Period: 3600, Stat: 'Sum' } }];
    return a.client(CloudWatchClient, at).send(new GetMetricDataCommand({ ...HOUR, MetricDataQueries }), o);
  },
  'cloudtrail:LookupEvents': (a, at, o) =>
    a.client(CloudTrailClient, at).send(new LookupEventsCommand({ MaxResults: 1 }), o),
  'ecr:DescribeRepositories': (a, at, o) =>
    a.client(ECRClient, at).send(new DescribeRepositoriesCommand({ maxResults: 1 }), o),
  'pricing:GetProducts': (a, { accountId }, o) =>
    a
      .client(PricingClient, { accountId, region: 'us-east-1' })
      .send(new GetProductsCommand({ ServiceCode: 'AmazonVPC', MaxResults: 1 }), o),
};

/** Read actions that are not tried, and why; whatever is in neither list has no probe yet. */
export const UNTRIED: Readonly<Record<string, string>> = {
  'ce:GetCostAndUsage': 'a request costs $0.01',
  'ecr:DescribeImages': 'it needs the name of a repository',
  'ec2:DescribeRegions': 'only netcost init asks',
};

export interface ProbeResult {
  readonly action: string;
  /** Undefined where it works. */
  readonly error: NetcostError | undefined;
}

/** Tries each action at one place, a few at once. Never throws but for the signal. */
export async function tryPermissions(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<readonly ProbeResult[]> {
  return Promise.all(
    Object.entries(PROBES).map(async ([action, probe]) => {
      try {
        await ask(action, place, signal, (options) => probe(access, place, options));
        return { action, error: undefined };
      } catch (error) {
        if (!(error instanceof NetcostError) || error.code === 'cancelled') throw error;
        return { action, error };
      }
    }),
  );
}

export const PROBED: readonly string[] = Object.keys(PROBES);
