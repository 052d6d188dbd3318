import { NetcostError } from '../errors.js';
import { formatBytes } from '../units.js';
import type { AwsPlace } from './access.js';
import { isThrottling } from './call-count.js';
import { awsFailure } from './failure.js';

/** What Logs Insights refuses, as one line with what to do; what any service of AWS says is said as everywhere. */
export function insightsFailure(cause: unknown, call: string, place: AwsPlace, logGroup: string): NetcostError {
  const { name = '', message = '' } = (cause ?? {}) as { name?: string; message?: string };
  const said = message.replace(/\s+/g, ' ').slice(0, 300);
  const say = (what: string, hint: string): NetcostError => new NetcostError('upstream', what, { cause, hint });
  if (name === 'ResourceNotFoundException') {
    return call === 'logs:GetQueryResults'
      ? say('Logs Insights no longer knows the query.', 'Ask again.')
      : say(
          `There is no log group ${logGroup} in account ${place.accountId}, ${place.region}.`,
          'Mend name, region and account of it in data.logGroups; aws logs describe-log-groups lists them.',
        );
  }
  if (name === 'MalformedQueryException') {
    return say(
      `Logs Insights does not understand netcost's statement: ${said}`,
      'Please report it; engine: embedded answers meanwhile.',
    );
  }
  // Before throttling: of both the name says "limit".
  if (name === 'LimitExceededException') {
    return say(
      `As many queries run in account ${place.accountId}, ${place.region}, as Logs Insights allows at once.`,
      'Try again when others have ended: an account has 30, or 100, for people, dashboards and netcost together.',
    );
  }
  if (name === 'InvalidParameterException' && /retention|time range|before the log group/i.test(message)) {
    return say(
      `The log group ${logGroup} does not go back that far: ${said}`,
      'Ask for a window within its retention; aws logs describe-log-groups tells it.',
    );
  }
  if (name === 'InvalidOperationException' || /Infrequent ?Access/i.test(message)) {
    return say(
      `Logs Insights cannot answer over ${logGroup}: ${said}`,
      'A log group of the class Infrequent Access has no sums; read it with engine: embedded.',
    );
  }
  if (isThrottling(cause)) return awsFailure(cause, call, place);
  return awsFailure(cause, call, place, logGroup);
}

/** A statement that came to no result. `Late`: we did not wait any longer. */
export function insightsEnded(status: string, bytes: number, logGroup: string, seconds = 0): NetcostError {
  const billed = bytes === 0 ? '' : ` ${formatBytes(bytes)} that were scanned are billed.`;
  const say = (what: string, hint: string): NetcostError => new NetcostError('upstream', what, { hint });
  switch (status) {
    case 'Timeout':
      return say(
        `Logs Insights ended the query over ${logGroup} after 60 minutes.${billed}`,
        'Ask for a shorter window.',
      );
    case 'Late':
      return say(
        `The query over ${logGroup} took more than ${seconds} s and was stopped.${billed}`,
        'Ask for a shorter window, or raise data.insights.timeoutSeconds.',
      );
    case 'Cancelled':
      return say(`Somebody stopped the query over ${logGroup} in AWS.${billed}`, 'Ask again.');
    case 'Failed':
      return say(
        `The query over ${logGroup} failed in Logs Insights, which says no more; it is not billed.`,
        'Ask again; for a shorter window where it fails again.',
      );
    default:
      return say(`The query over ${logGroup} is ${status} in Logs Insights.${billed}`, 'Ask again in a minute.');
  }
}
