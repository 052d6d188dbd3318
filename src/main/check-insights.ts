import { openAwsAccess } from '../aws/access.js';
import { describeLogGroup } from '../aws/log-group-size.js';
import { findFlowLog, type LogGroup } from '../aws/log-group-source.js';
import { OPTIONAL_POLICIES } from '../aws/policy.js';
import type { Config } from '../config.js';
import { describeError, NetcostError } from '../errors.js';
import { layoutOfFormat } from '../flows/layout.js';
import type { CheckLine } from '../slack/check-slack.js';
import { formatBytes } from '../units.js';
import { accountsOf } from './accounts.js';
import { sourceEngines } from './source-engines.js';

const TIME_LIMIT_MS = 60_000;

/**
 * What `netcost check` says of the engines of sources, and of each log group that Logs Insights is asked over: whether it
 * is there, how much it holds and for how long, and which flow log writes to it. Runs no query, so it costs nothing.
 * Never throws.
 */
export async function checkInsights(config: Config): Promise<readonly CheckLine[]> {
  const access = openAwsAccess(accountsOf(config.aws.accounts), { maxAttempts: 2 });
  try {
    const { live } = sourceEngines(config);
    return await Promise.all(live.map(({ group }) => checkGroup(access, group)));
  } catch (error) {
    return [failed('Engines', error)];
  } finally {
    access.close();
  }
}

async function checkGroup(access: ReturnType<typeof openAwsAccess>, group: LogGroup): Promise<CheckLine> {
  const subject = `Logs Insights ${group.name}`;
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  try {
    const size = await describeLogGroup(access, group.place, group.name, signal);
    if (size === undefined) {
      const says = `there is no such log group in account ${group.place.accountId}, ${group.place.region}.`;
      return { ok: false, subject, says, fix: 'Mend name, region and account of it in data.logGroups.' };
    }
    if (size.logClass === 'INFREQUENT_ACCESS') {
      const says = 'its class is Infrequent Access, over which Logs Insights makes no sums.';
      return { ok: false, subject, says, fix: 'Give it engine: embedded.' };
    }
    const { id, format } = await findFlowLog(access, group, signal);
    const layout = layoutOfFormat(format);
    if (layout === undefined || layout.isTransitGateway) {
      return { ok: false, subject, says: `${id} is no flow log of interfaces.`, fix: 'Leave the group out.' };
    }
    const kept = size.retentionDays === undefined ? 'for ever' : `for ${size.retentionDays} days`;
    return { ok: true, subject, says: `${id}; ${formatBytes(size.storedBytes)}, kept ${kept}` };
  } catch (error) {
    return failed(subject, error);
  }
}

function failed(subject: string, error: unknown): CheckLine {
  if (!(error instanceof NetcostError)) return { ok: false, subject, says: describeError(error) };
  const { message, hint } = error;
  const fix = message.startsWith('AWS does not allow') ? `Add to the role's policy: ${STATEMENT}` : hint;
  return { ok: false, subject, says: message, ...(fix === undefined ? {} : { fix }) };
}

/** All that a question needs, since check asks only the half of it. */
const STATEMENT = JSON.stringify({
  Effect: 'Allow',
  Action: ['ec2:DescribeFlowLogs', ...OPTIONAL_POLICIES['logs-insights']!.actions],
  Resource: '*',
});
