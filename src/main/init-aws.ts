import { setMaxListeners } from 'node:events';
import { openAwsAccess } from '../aws/access.js';
import { type Discovery, discover } from '../aws/discover.js';
import { logsOf } from '../aws/flow-logs.js';
import { describeError, NetcostError } from '../errors.js';
import { adviseOnFormat } from '../flows/advise-format.js';
import { RECOMMENDED_FORMAT } from '../flows/fields.js';
import { NO_ACCOUNT } from './bucket-config.js';

/** What of the config AWS told, and what a person should know of it. */
export interface FoundInAws {
  readonly buckets: readonly {
    readonly name: string;
    readonly prefix: string;
    readonly region: string;
    readonly account?: string;
  }[];
  readonly accounts: readonly {
    readonly id: string;
    readonly role?: string;
    readonly externalId?: string;
    readonly regions: readonly string[];
  }[];
  readonly lines: readonly string[];
}

/** Where to look, and as whom. */
export interface LookInAws {
  /** The Region that is asked first. */
  readonly home: string;
  /** All that the account has enabled where absent. */
  readonly regions: readonly string[] | undefined;
  /** A role to assume; the process's own credentials where absent. */
  readonly role: string | undefined;
  readonly externalId: string | undefined;
}

/** Looking through all Regions takes seconds; what takes longer does not answer. */
const TIME_LIMIT_MS = 60_000;

/**
 * Looks through the account whose credentials this process has. Never throws: without credentials, or where AWS does not
 * answer, nothing is found and a line says why.
 */
export async function findInAws(
  { home, regions, role, externalId }: LookInAws,
  signal: AbortSignal,
): Promise<FoundInAws> {
  const accountId = role?.split(':')[4] ?? NO_ACCOUNT;
  const access = openAwsAccess([{ accountId, roleArn: role, externalId, regions: [home] }]);
  const stop = AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMIT_MS)]);
  setMaxListeners(0, stop);
  try {
    const found = tell(await discover(access, { accountId, region: home }, regions, stop));
    if (role === undefined) return found;
    return {
      ...found,
      accounts: found.accounts.map((each) => ({ ...each, role, ...(externalId !== undefined && { externalId }) })),
      buckets: found.buckets.map((each) => ({ ...each, account: accountId })),
    };
  } catch (error) {
    const why = error instanceof NetcostError ? error.message : describeError(error);
    return { buckets: [], accounts: [], lines: [`AWS was not looked at: ${why}`] };
  } finally {
    access.close();
  }
}

function tell({ accountId, places, bucketRegions, failures }: Discovery): FoundInAws {
  const lines: string[] = [];
  const buckets = new Map<string, FoundInAws['buckets'][number]>();
  const gatewayCount = places.reduce((sum, { gateways }) => sum + gateways.length, 0);
  lines.push(
    `AWS account ${accountId}: ${
      gatewayCount === 0
        ? 'no NAT gateway'
        : `${gatewayCount} NAT ${gatewayCount === 1 ? 'gateway' : 'gateways'} in ${places
            .filter(({ gateways }) => gateways.length > 0)
            .map(({ region }) => region)
            .join(', ')}`
    }.`,
  );
  for (const { region, gateways, flowLogs } of places) {
    // Where no gateway is, as in an account that only keeps the logs of others, every log is one that may be meant.
    const meant = gatewayCount === 0 ? flowLogs : gateways.flatMap((gateway) => logsOf(gateway, flowLogs));
    for (const log of new Set(meant)) {
      if (log.bucket === undefined) {
        lines.push(
          `${log.id} goes to CloudWatch Logs or Firehose: make one that goes to S3, or name its log group in data.logGroups.`,
        );
        continue;
      }
      const { name, prefix } = log.bucket;
      const url = `s3://${name}/${prefix}`;
      if (!buckets.has(url)) lines.push(`Found ${url}: it is in data.buckets.`);
      buckets.set(url, { name, prefix, region: bucketRegions.get(name) ?? region });
      const { missing, unknown } = adviseOnFormat(log.format);
      if (missing.length > 0) lines.push(`${log.id} lacks ${missing.join(', ')}: its bytes cannot be counted.`);
      if (unknown.length > 0) lines.push(`${log.id}: ${unknown.join('; ')}.`);
      if (log.deliveryError !== undefined) lines.push(`${log.id} is not delivered: ${log.deliveryError}.`);
    }
    for (const gateway of gateways.filter((each) => logsOf(each, flowLogs).length === 0)) {
      lines.push(
        `${gateway.id} has no flow log. Make one: ${createCommand(gateway.resourceIds[0] ?? gateway.id, region)}`,
      );
    }
  }
  for (const { message } of failures) lines.push(`Not found out: ${message}`);
  return {
    buckets: [...buckets.values()],
    accounts: [{ id: accountId, regions: places.map(({ region }) => region) }].filter(
      ({ regions }) => regions.length > 0,
    ),
    lines,
  };
}

/** What makes a flow log of a gateway's interface (or of a regional gateway) that tells all that netcost can use. */
export function createCommand(resourceId: string, region: string): string {
  const type = resourceId.startsWith('eni-') ? 'NetworkInterface' : 'RegionalNatGateway';
  return `aws ec2 create-flow-logs --region ${region} --resource-type ${type} --resource-ids ${resourceId} --traffic-type ALL --max-aggregation-interval 60 --log-destination-type s3 --log-destination arn:aws:s3:::BUCKET --log-format '${RECOMMENDED_FORMAT}'`;
}
