import { DescribeRegionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NetcostError } from '../errors.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask } from './ask.js';
import { describeFlowLogs, describeNatGateways, type FlowLog, type NatGateway } from './flow-logs.js';

/** What one account has, as far as netcost is concerned. */
export interface Discovery {
  readonly accountId: string;
  /** Regions with NAT gateways or flow logs. */
  readonly places: readonly DiscoveredPlace[];
  /** Region of each bucket that flow logs go to; a bucket whose Region was not told is not there. */
  readonly bucketRegions: ReadonlyMap<string, string>;
  /** What could not be asked, one line each. */
  readonly failures: readonly NetcostError[];
}

interface DiscoveredPlace extends AwsPlace {
  readonly gateways: readonly NatGateway[];
  readonly flowLogs: readonly FlowLog[];
}

/** Whose credentials these are, asked in that Region. Throws NetcostError('upstream'). */
export async function whoAmI(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<{ readonly accountId: string; readonly arn: string }> {
  const { Account = '', Arn = '' } = await ask('sts:GetCallerIdentity', place, signal, (options) =>
    access.client(STSClient, place).send(new GetCallerIdentityCommand({}), options),
  );
  return { accountId: Account, arn: Arn };
}

/**
 * Looks through the account of these credentials: which Regions have NAT gateways and flow logs, and where the logs go.
 * `home` is where it is asked first; `regions` are those to look in, all that the account has enabled where absent. A
 * Region that refuses is a failure among the others. Throws NetcostError where nobody is logged in.
 */
export async function discover(
  access: Pick<AwsAccess, 'client'>,
  home: AwsPlace,
  regions: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<Discovery> {
  const { accountId } = await whoAmI(access, home, signal);
  const failures: NetcostError[] = [];
  const attempt = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof NetcostError) || error.code === 'cancelled') throw error;
      failures.push(error);
      return otherwise;
    }
  };
  const wanted = regions ?? (await attempt(enabledRegions(access, home, signal), [home.region]));
  const all = await Promise.all(
    wanted.map(async (region): Promise<DiscoveredPlace> => {
      const place = { accountId: home.accountId, region };
      const [gateways, flowLogs] = await Promise.all([
        attempt(describeNatGateways(access, place, signal), []),
        attempt(describeFlowLogs(access, place, signal), []),
      ]);
      return { accountId, region, gateways, flowLogs };
    }),
  );
  const buckets = new Set(all.flatMap(({ flowLogs }) => flowLogs.flatMap(({ bucket }) => bucket?.name ?? [])));
  const bucketRegions = new Map<string, string>();
  for (const name of buckets) {
    const region = await attempt(regionOfBucket(access, name, home, signal), undefined);
    if (region !== undefined) bucketRegions.set(name, region);
  }
  const places = all
    .filter(({ gateways, flowLogs }) => gateways.length > 0 || flowLogs.length > 0)
    .sort((a, b) => (a.region < b.region ? -1 : 1));
  return { accountId, places, bucketRegions, failures };
}

async function enabledRegions(
  access: Pick<AwsAccess, 'client'>,
  home: AwsPlace,
  signal?: AbortSignal,
): Promise<string[]> {
  const { Regions = [] } = await ask('ec2:DescribeRegions', home, signal, (options) =>
    access.client(EC2Client, home).send(new DescribeRegionsCommand({}), options),
  );
  return Regions.flatMap(({ RegionName }) => RegionName ?? []);
}

/** S3 tells a bucket's Region even where it refuses everything else. Throws NetcostError('upstream'). */
async function regionOfBucket(
  access: Pick<AwsAccess, 'client'>,
  Bucket: string,
  place: AwsPlace,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return ask('s3:ListBucket', place, signal, async (options) => {
    try {
      const { BucketRegion } = await access.client(S3Client, place).send(new HeadBucketCommand({ Bucket }), options);
      return BucketRegion;
    } catch (error) {
      const { $response } = error as { $response?: { headers?: Readonly<Record<string, string>> } };
      const told = $response?.headers?.['x-amz-bucket-region'];
      if (told === undefined) throw error;
      return told;
    }
  });
}
