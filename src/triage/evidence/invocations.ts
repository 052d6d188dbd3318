import type { Interval } from '../../anomalies/onset.js';
import type { MetricSeries } from '../sources.js';
import type { Evidence } from './evidence.js';
import { at, evidence } from './say.js';

/** Metrics that count how often something was asked to run, by namespace. */
const COUNTERS: Readonly<Record<string, readonly string[]>> = {
  'AWS/Lambda': ['Invocations'],
  'AWS/Bedrock-AgentCore': ['Invocations', 'InvocationCount'],
  'AWS/BedrockAgentCore': ['Invocations', 'InvocationCount'],
  'AWS/ApplicationELB': ['RequestCount'],
};

/**
 * How often the workloads behind the talkers were invoked since the onset, where CloudWatch counts it. "Not once" is
 * said only with a series that says so; without a series there is no evidence at all, and a gap stands in the report.
 */
export function tellInvocations(
  series: readonly MetricSeries[],
  names: readonly string[],
  onset: Interval,
): Evidence[] {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const own = series.filter(
    (one) =>
      COUNTERS[one.namespace]?.includes(one.metric) &&
      Object.values(one.dimensions).some((value) =>
        value
          .toLowerCase()
          .split(/[/:]/)
          .some((part) => wanted.has(part)),
      ),
  );
  const finest = Math.min(...own.map((one) => one.periodMs));
  const counted = own.filter((one) => one.periodMs === finest && one.timesMs.some((atMs) => atMs >= onset.earliestMs));
  if (counted.length === 0) return [];
  const total = counted.reduce(
    (sum, one) =>
      sum +
      one.values.reduce((part, value, index) => part + ((one.timesMs[index] ?? 0) >= onset.earliestMs ? value : 0), 0),
    0,
  );
  const workload =
    names.find((name) =>
      counted.some((one) =>
        Object.values(one.dimensions).some((value) => value.toLowerCase().includes(name.toLowerCase())),
      ),
    ) ?? 'the workload';
  return [
    evidence(
      'cloudwatch',
      'found',
      'invocations of the workloads behind the talkers',
      total === 0
        ? '{workload} was not invoked once since {since:time}'
        : '{workload} was invoked {invocationCount:count} times since {since:time}',
      { workload, invocationCount: total, since: at(onset.earliestMs) },
    ),
  ];
}
