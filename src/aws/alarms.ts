import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { Alert } from '../triage/alerts/alert.js';
import { arnParts, distinct } from '../triage/alerts/fields.js';
import type { AwsAccess } from './access.js';
import { ask } from './ask.js';

/** A composite alarm may stand on a hundred others; a few tell which gateway it is about. */
const MOST_CHILDREN = 20;

/**
 * The NAT gateways that the alarms below a composite one watch: such an alert names alarms, not metrics (facts/triage.md
 * 1.3). Alarms of accounts that are not configured, or that cannot be read, are passed over: the alert stays as it was.
 */
export async function gatewaysOfChildren(
  access: Pick<AwsAccess, 'client' | 'places'>,
  alert: Alert,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const found = await Promise.all(
    alert.childAlarms.slice(0, MOST_CHILDREN).map(async (arn) => {
      const { accountId, region } = arnParts(arn);
      const place = access.places.find((one) => one.accountId === accountId && one.region === region);
      const name = /:alarm:(.+)$/.exec(arn)?.[1];
      if (place === undefined || name === undefined) return [];
      const client = access.client(CloudWatchClient, place);
      const answer = await ask('cloudwatch:DescribeAlarms', place, signal, (options) =>
        client.send(new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm'] }), options),
      ).catch(() => undefined);
      return (answer?.MetricAlarms ?? []).flatMap(({ Dimensions = [], Metrics = [] }) =>
        [...Dimensions, ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? [])].flatMap(
          ({ Name, Value }) => (Name === 'NatGatewayId' ? (Value ?? []) : []),
        ),
      );
    }),
  );
  return distinct(found.flat());
}
