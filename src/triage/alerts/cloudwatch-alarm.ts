import { type Alert, type AlertState, plainAlert } from './alert.js';
import { arnParts, distinct, fieldOf, type Loose, listOf, natIdsIn, objectOf, textOf, timeOf } from './fields.js';

/**
 * Reads a CloudWatch alarm as SNS sends it: metric, band, metric math, composite (no `Trigger`) and log alarms. The
 * Region comes from the ARN; the field `Region` holds a display name.
 */
export function readAlarmMessage(source: Loose): Alert {
  const arn = textOf(source, 'AlarmArn');
  const name = textOf(source, 'AlarmName') ?? arn ?? 'alarm';
  const trigger = objectOf(fieldOf(source, 'Trigger'));
  const metrics = listOf(fieldOf(trigger, 'Metrics')).map(objectOf);
  const stats = metrics.map((metric) => objectOf(objectOf(fieldOf(metric, 'MetricStat')).Metric));
  const children = listOf(fieldOf(source, 'TriggeringChildren'));
  return {
    ...plainAlert('cloudwatch-alarm', arn ?? name, `CloudWatch alarm: ${name}`),
    state: stateOf(textOf(source, 'NewStateValue')),
    accountIds: distinct([
      // In a cross-account alarm the metric's account is not the alarm's.
      ...metrics.map((metric) => textOf(metric, 'AccountId')),
      textOf(source, 'AWSAccountId'),
      arnParts(arn).accountId,
    ]),
    regions: distinct([arnParts(arn).region]),
    natGatewayIds: distinct([
      ...[trigger, ...stats].flatMap((one) => dimensionIds(fieldOf(one, 'Dimensions'))),
      ...natIdsIn(`${name} ${textOf(source, 'AlarmDescription') ?? ''} ${textOf(source, 'AlarmRule') ?? ''}`),
    ]),
    metricNames: distinct([textOf(trigger, 'MetricName'), ...stats.map((stat) => textOf(stat, 'MetricName'))]),
    // The documentation says a list of texts, a real one holds objects.
    childAlarms: distinct(
      children.map((child) => (typeof child === 'string' ? child : textOf(objectOf(child), 'Arn'))),
    ),
    sentAtMs: timeOf(fieldOf(source, 'StateChangeTime')),
  };
}

/** Reads the EventBridge event "CloudWatch Alarm State Change": camelCase, dimensions as a map. */
export function readAlarmEvent(event: Loose): Alert {
  const detail = objectOf(event.detail);
  const arn = listOf(event.resources).find((one): one is string => typeof one === 'string' && one.includes(':alarm:'));
  const name = textOf(detail, 'alarmName') ?? arn ?? 'alarm';
  const configuration = objectOf(fieldOf(detail, 'configuration'));
  const metrics = listOf(fieldOf(configuration, 'metrics')).map(objectOf);
  const inner = metrics.map((metric) => objectOf(objectOf(fieldOf(metric, 'metricStat')).metric));
  const state = objectOf(fieldOf(detail, 'state'));
  return {
    ...plainAlert('cloudwatch-alarm', arn ?? name, `CloudWatch alarm: ${name}`),
    state: stateOf(textOf(state, 'value')),
    accountIds: distinct([
      ...metrics.map((metric) => textOf(metric, 'accountId')),
      textOf(event, 'account'),
      arnParts(arn).accountId,
    ]),
    regions: distinct([arnParts(arn).region ?? textOf(event, 'region')]),
    natGatewayIds: distinct([
      ...inner.flatMap((metric) => dimensionIds(fieldOf(metric, 'dimensions'))),
      ...natIdsIn(`${name} ${JSON.stringify(configuration)}`),
    ]),
    metricNames: distinct(inner.map((metric) => textOf(metric, 'name'))),
    childAlarms: distinct(
      [...(textOf(configuration, 'alarmRule') ?? '').matchAll(/arn:aws[\w-]*:cloudwatch:[^"')\s]+/g)].map(
        (one) => one[0],
      ),
    ),
    sentAtMs: timeOf(fieldOf(state, 'timestamp')) ?? timeOf(event.time),
  };
}

function stateOf(value: string | undefined): AlertState {
  if (value === 'ALARM') return 'alarm';
  return value === 'OK' ? 'ok' : 'unknown';
}

function dimensionIds(dimensions: unknown): string[] {
  const pairs = Array.isArray(dimensions)
    ? dimensions.map(objectOf).map((one) => [textOf(one, 'name'), textOf(one, 'value')] as const)
    : Object.entries(objectOf(dimensions)).map(
        ([name, value]) => [name, typeof value === 'string' ? value : undefined] as const,
      );
  return distinct(pairs.filter(([name]) => name?.toLowerCase() === 'natgatewayid').map(([, value]) => value));
}
