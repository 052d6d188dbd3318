import { type Loose, listOf, objectOf, textOf, timeOf } from '../alerts/fields.js';
import type { ContainerImage, MetricSeries, Trail, TrailEvent, UsageLine } from '../sources.js';
import { entries, numberOf, texts } from './documents.js';

/** An exabyte in one period: no gateway carries it (100 Gbit/s are 45 TB an hour), so such a value is damage. */
const MAX_VALUE = 1e18;

/** `cloudwatch/metrics.json`, or GetMetricData's results with their dimensions. Series without points are dropped. */
export function readMetrics(document: unknown): MetricSeries[] {
  return entries(document, 'MetricDataResults').flatMap((one) => {
    const metric = textOf(one, 'MetricName');
    const period = numberOf(one.Period);
    if (metric === undefined || period === undefined || period <= 0) return [];
    const dimensions: Record<string, string> = Object.create(null);
    for (const pair of listOf(one.Dimensions).map(objectOf)) {
      const name = textOf(pair, 'Name');
      if (name !== undefined) dimensions[name] = textOf(pair, 'Value') ?? '';
    }
    const values = listOf(one.Values);
    const points = listOf(one.Timestamps)
      .map((time, index) => ({ atMs: timeOf(time), value: numberOf(values[index]) }))
      .filter(
        (point): point is { atMs: number; value: number } =>
          point.atMs !== undefined && point.value !== undefined && point.value >= 0 && point.value <= MAX_VALUE,
      )
      .sort((a, b) => a.atMs - b.atMs);
    return [
      {
        namespace: textOf(one, 'Namespace') ?? '',
        metric,
        dimensions,
        periodMs: period * 1000,
        stat: textOf(one, 'Stat') ?? '',
        timesMs: points.map((point) => point.atMs),
        values: points.map((point) => point.value),
      },
    ];
  });
}

/** LookupEvents: newest first, each with its record as JSON text. Events that cannot be read are dropped. */
export function readTrail(document: unknown): Trail {
  const events = entries(document, 'Events')
    .flatMap((one) => readTrailEvent(one) ?? [])
    .sort((a, b) => a.atMs - b.atMs);
  // A live diagnosis writes down what it searched; AWS's own answer does not say.
  const searched = objectOf(objectOf(document).Searched);
  const names = texts(searched.Names);
  const pages = numberOf(searched.Pages);
  const namesFrom = textOf(searched, 'NamesFrom')?.slice(0, 16);
  return {
    events,
    fromMs: timeOf(searched.From) ?? events[0]?.atMs ?? 0,
    toMs: timeOf(searched.To) ?? events.at(-1)?.atMs ?? 0,
    truncated: searched.Truncated === true || textOf(objectOf(document), 'NextToken') !== undefined,
    ...(pages === undefined
      ? {}
      : { searched: `${pages} pages${names.length > 0 ? `; by name since ${namesFrom}Z: ${names.join(', ')}` : ''}` }),
  };
}

function readTrailEvent(one: Loose): TrailEvent | null {
  const atMs = timeOf(one.EventTime);
  const name = textOf(one, 'EventName');
  if (atMs === undefined || name === undefined) return null;
  let record: Loose = {};
  try {
    record =
      typeof one.CloudTrailEvent === 'string'
        ? objectOf(JSON.parse(one.CloudTrailEvent))
        : objectOf(one.CloudTrailEvent);
  } catch {
    // The outer fields still tell who did what and when.
  }
  const identity = objectOf(record.userIdentity);
  const resources = listOf(one.Resources)
    .map(objectOf)
    .map((resource) => textOf(resource, 'ResourceName'));
  return {
    atMs,
    name,
    source: textOf(one, 'EventSource') ?? '',
    principal: textOf(identity, 'arn') ?? textOf(identity, 'invokedBy') ?? textOf(one, 'Username') ?? 'unknown',
    userAgent: textOf(record, 'userAgent') ?? '',
    sourceAddress: textOf(record, 'sourceIPAddress'),
    errorCode: textOf(record, 'errorCode'),
    identityType: textOf(identity, 'type') ?? '',
    names: [
      ...new Set([
        ...resources.filter((text): text is string => text !== undefined),
        ...textsWithin(record.requestParameters, 0),
      ]),
    ],
    request: record.requestParameters,
  };
}

const MAX_NAMES = 200;

function textsWithin(value: unknown, depth: number): string[] {
  if (depth > 8) return [];
  if (typeof value === 'string') return value.length > 0 && value.length <= 500 ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value)
    .flatMap((inner) => textsWithin(inner, depth + 1))
    .slice(0, MAX_NAMES);
}

/** DescribeImages. */
export function readImages(document: unknown): ContainerImage[] {
  return entries(document, 'imageDetails').flatMap((one) => {
    const repository = textOf(one, 'repositoryName');
    const bytes = numberOf(one.imageSizeInBytes);
    if (repository === undefined || bytes === undefined || bytes <= 0) return [];
    return [{ repository, tags: texts(one.imageTags), bytes, pushedAtMs: timeOf(one.imagePushedAt) }];
  });
}

/** GetCostAndUsage by USAGE_TYPE, daily. */
export function readUsage(document: unknown): UsageLine[] {
  return entries(document, 'ResultsByTime').flatMap((day) => {
    const dayMs = timeOf(objectOf(day.TimePeriod).Start);
    if (dayMs === undefined) return [];
    return listOf(day.Groups)
      .map(objectOf)
      .flatMap((group) => {
        const usageType = texts(group.Keys)[0];
        const metrics = objectOf(group.Metrics);
        if (usageType === undefined) return [];
        const cost = objectOf(metrics.UnblendedCost ?? metrics.AmortizedCost ?? metrics.BlendedCost);
        return [
          {
            dayMs,
            usageType,
            usd: numberOf(cost.Amount) ?? 0,
            quantity: numberOf(objectOf(metrics.UsageQuantity).Amount) ?? 0,
          },
        ];
      });
  });
}
