import { setMaxListeners } from 'node:events';
import { type AwsAccess, openAwsAccess } from '../aws/access.js';
import { whoAmI } from '../aws/discover.js';
import { describeFlowLogs, describeNatGateways, type FlowLog, logsOf } from '../aws/flow-logs.js';
import type { LogGroup } from '../aws/log-group-source.js';
import { lookIntoBucket } from '../aws/look-into-bucket.js';
import { statementFor } from '../aws/policy.js';
import { tryPermissions, UNTRIED } from '../aws/probes.js';
import type { FlowLogBucket } from '../aws/s3-flow-logs.js';
import type { Config } from '../config.js';
import { describeError, NetcostError } from '../errors.js';
import { adviseOnFormat } from '../flows/advise-format.js';
import type { CheckLine } from '../slack/check-slack.js';
import { isoTime, MINUTE_MS } from '../units.js';
import { accountsOf } from './accounts.js';
import { bucketsOf, logGroupsOf } from './bucket-config.js';
import { createCommand } from './init-aws.js';

/** What the config reads flow logs from. */
interface Places {
  readonly buckets: readonly FlowLogBucket[];
  readonly logGroups: readonly LogGroup[];
}

/** Whatever hangs is a failure after this long. */
const TIME_LIMIT_MS = 120_000;

/**
 * What `netcost check` says of AWS: each account (its role, each permission with the statement that is missing), each
 * gateway (its flow log, the format of it), each bucket (whether it can be listed and read, how old the newest object is).
 * Never throws.
 */
export async function checkAws(config: Config, nowMs: number): Promise<readonly CheckLine[]> {
  const { accounts } = config.aws;
  let places: Places;
  try {
    places = { buckets: bucketsOf(config), logGroups: logGroupsOf(config) };
  } catch (error) {
    return [failed('Buckets', error)];
  }
  const access = openAwsAccess(accountsOf(accounts), { maxAttempts: 2 });
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  // Each request on its way listens to it.
  setMaxListeners(0, signal);
  try {
    const all = await Promise.all([
      ...access.accounts.map((account) => checkAccount(access, account, places, signal)),
      ...places.buckets.map((bucket) => checkBucket(access, bucket, nowMs, signal)),
    ]);
    return all.flat();
  } finally {
    access.close();
  }
}

async function checkAccount(
  access: AwsAccess,
  { accountId, roleArn, regions }: AwsAccess['accounts'][number],
  places: Places,
  signal: AbortSignal,
): Promise<CheckLine[]> {
  const subject = `AWS ${accountId}`;
  const [home = 'us-east-1'] = regions;
  try {
    const me = await whoAmI(access, { accountId, region: home }, signal);
    if (me.accountId !== accountId) {
      return [
        {
          ok: false,
          subject,
          says: `the credentials are those of account ${me.accountId}.`,
          fix: 'Name its role in aws.accounts, or mend the id.',
        },
      ];
    }
    const who: CheckLine = { ok: true, subject, says: roleArn === undefined ? me.arn : `${roleArn} is assumed` };
    const rest = await Promise.all([
      checkPermissions(access, accountId, home, signal),
      ...regions.map((region) => checkGateways(access, accountId, region, places, signal)),
    ]);
    return [who, ...rest.flat()];
  } catch (error) {
    const fix =
      roleArn === undefined
        ? 'Give this process credentials: a profile, a role of the machine, or AWS_ACCESS_KEY_ID and its secret.'
        : `Look at the role's trust policy (deploy/iam/trust.json) and at this process's right to assume it (deploy/iam/assume.json).`;
    return [{ ...failed(subject, error), fix }];
  }
}

async function checkPermissions(
  access: AwsAccess,
  accountId: string,
  region: string,
  signal: AbortSignal,
): Promise<CheckLine[]> {
  const subject = `Permissions ${accountId}`;
  const tried = await tryPermissions(access, { accountId, region }, signal);
  const refused = tried.filter(({ error }) => error !== undefined);
  const untried = Object.entries(UNTRIED).map(([action, why]) => `${action} (${why})`);
  return [
    {
      ok: true,
      subject,
      says: `${tried.length - refused.length} of ${tried.length} work; not tried: ${untried.join(', ')}`,
    },
    ...refused.map(({ action, error }): CheckLine => ({ ...failed(subject, error), fix: fixOf(error, action) })),
  ];
}

/** A statement where AWS does not allow it; else what the error itself says to do. */
function fixOf(error: NetcostError | undefined, action: string, bucket?: string): string {
  if (!error?.message.startsWith('AWS does not allow')) return error?.hint ?? '';
  return `Add to the role's policy: ${JSON.stringify(statementFor(action, bucket))}`;
}

/** Each gateway of a Region has a flow log that goes to a bucket of the config and tells what netcost needs. */
async function checkGateways(
  access: AwsAccess,
  accountId: string,
  region: string,
  places: Places,
  signal: AbortSignal,
): Promise<CheckLine[]> {
  const subject = `Gateways ${region}`;
  try {
    const place = { accountId, region };
    const [gateways, logs] = await Promise.all([
      describeNatGateways(access, place, signal),
      describeFlowLogs(access, place, signal),
    ]);
    if (gateways.length === 0) return [{ ok: true, subject, says: `no NAT gateway in account ${accountId}` }];
    return gateways.map((gateway): CheckLine => {
      const own = logsOf(gateway, logs);
      const best = own.find((log) => isRead(log, places)) ?? own.find(({ bucket }) => bucket !== undefined) ?? own[0];
      if (best === undefined) {
        const fix = `Make one: ${createCommand(gateway.resourceIds[0] ?? gateway.id, region)}`;
        return { ok: false, subject, says: `${gateway.id} has no flow log.`, fix };
      }
      return { subject, ...judge(gateway.id, best, places) };
    });
  } catch (error) {
    // Which permission is missing stands among the permissions, with its statement.
    return [failed(subject, error)];
  }
}

function judge(gateway: string, log: FlowLog, places: Places): Omit<CheckLine, 'subject'> {
  const { missing, unknown } = adviseOnFormat(log.format);
  const lacks: Omit<CheckLine, 'subject'> = {
    ok: false,
    says: `${gateway}: ${log.id} lacks ${missing.join(', ')}.`,
    fix: 'Make another flow log: docs/flow-log-fields.md has the format.',
  };
  const notes = unknown.length > 0 ? `; ${unknown.join('; ')}` : '';
  if (log.logGroup !== undefined && isRead(log, places)) {
    return missing.length > 0
      ? lacks
      : { ok: true, says: `${gateway}: ${log.id} to the log group ${log.logGroup}${notes}` };
  }
  if (log.bucket === undefined) {
    const says = `${gateway}: ${log.id} goes to CloudWatch Logs or Firehose, and data.logGroups has it not.`;
    return { ok: false, says, fix: 'Make a second one that goes to S3, or name its log group in data.logGroups.' };
  }
  const url = `s3://${log.bucket.name}/${log.bucket.prefix}`;
  if (log.deliveryError !== undefined) {
    const says = `${gateway}: ${log.id} is not delivered to ${url}: ${log.deliveryError}.`;
    return { ok: false, says, fix: 'Look at the policy of the bucket: delivery.logs.amazonaws.com must be let in.' };
  }
  if (missing.length > 0) return lacks;
  if (!isRead(log, places)) {
    const says = `${gateway}: ${log.id} goes to ${url}, which data.buckets has not.`;
    return { ok: false, says, fix: `Add { name: ${log.bucket.name}, prefix: "${log.bucket.prefix}", region: … }.` };
  }
  return { ok: true, says: `${gateway}: ${log.id} to ${url}${notes}` };
}

const isRead = ({ bucket, logGroup }: FlowLog, { buckets, logGroups }: Places): boolean =>
  logGroups.some(({ name }) => name === logGroup) ||
  buckets.some(({ name, prefix }) => name === bucket?.name && `${bucket.prefix}AWSLogs/`.startsWith(prefix)) ||
  buckets.some(({ name, prefix }) => name === bucket?.name && prefix.startsWith(bucket.prefix));

async function checkBucket(
  access: AwsAccess,
  bucket: FlowLogBucket,
  nowMs: number,
  signal: AbortSignal,
): Promise<CheckLine[]> {
  const subject = `Bucket ${bucket.name}`;
  const { listed, read } = await lookIntoBucket(access, bucket, nowMs, signal);
  if (listed instanceof NetcostError) {
    return [{ ...failed(subject, listed), fix: fixOf(listed, 's3:ListBucket', bucket.name) }];
  }
  const { lanes, newest } = listed;
  if (newest === undefined) {
    const says =
      lanes === 0
        ? `nothing below s3://${bucket.name}/${bucket.prefix} that could be a flow log.`
        : 'no object of today or yesterday.';
    return [
      { ok: false, subject, says, fix: 'Look at the prefix, and whether AWS delivers: data.buckets, netcost check.' },
    ];
  }
  if (read instanceof NetcostError) {
    return [{ ...failed(subject, read), fix: fixOf(read, 's3:GetObject', bucket.name) }];
  }
  const age = newest.timeMs === undefined ? '' : `, ${Math.round((nowMs - newest.timeMs) / MINUTE_MS)} minutes ago`;
  const of =
    lanes === 0
      ? 'not laid out as AWS does it'
      : `${lanes} ${lanes === 1 ? 'account and Region' : 'accounts and Regions'}`;
  const advice = read.format === undefined ? undefined : adviseOnFormat(read.format);
  if (advice !== undefined && advice.missing.length > 0) {
    const says = `the newest object lacks ${advice.missing.join(', ')} in its header.`;
    return [{ ok: false, subject, says, fix: 'Make another flow log: docs/flow-log-fields.md has the format.' }];
  }
  const notes = advice === undefined || advice.unknown.length === 0 ? '' : `; ${advice.unknown.join('; ')}`;
  const when = newest.timeMs === undefined ? newest.key : isoTime(newest.timeMs);
  return [{ ok: true, subject, says: `${of}; newest object ${when}${age}${notes}` }];
}

function failed(subject: string, error: unknown): CheckLine {
  if (!(error instanceof NetcostError)) return { ok: false, subject, says: describeError(error) };
  return { ok: false, subject, says: error.message, ...(error.hint === undefined ? {} : { fix: error.hint }) };
}
