import { Decimal } from 'decimal.js';
import type { AwsPlace } from './access.js';

/** Requests of one operation at one place. */
export interface CallCount extends AwsPlace {
  /** As the SDK names it: `CloudWatch`, `EC2`, `S3`. */
  readonly service: string;
  /** `GetMetricData`. */
  readonly operation: string;
  /** Attempts that were sent, retries included. */
  readonly requests: number;
  readonly failures: number;
  /** Failures that were throttling. */
  readonly throttled: number;
  /** What AWS bills by: metrics asked for GetMetricData, else the requests. */
  readonly units: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function createCallCounter() {
  const counts = new Map<string, Mutable<CallCount>>();
  return {
    /** One attempt begins; the returned function takes its error, or undefined. */
    begin(
      service: string,
      operation: string,
      { accountId, region }: AwsPlace,
      input: unknown,
    ): (error: unknown) => void {
      const key = [service, operation, accountId, region].join(' ');
      const count = counts.get(key) ?? {
        service,
        operation,
        accountId,
        region,
        requests: 0,
        failures: 0,
        throttled: 0,
        units: 0,
      };
      counts.set(key, count);
      count.requests += 1;
      count.units += unitsOf(input);
      return (error) => {
        if (error === undefined) return;
        count.failures += 1;
        if (isThrottling(error)) count.throttled += 1;
      };
    },
    counts: (): readonly CallCount[] => [...counts.values()].map((count) => ({ ...count })),
  };
}

/**
 * USD per unit of the operations that are billed by the request, in us-east-1; everything else that netcost asks (EC2
 * Describe…, LookupEvents, STS, ECR, Organizations, SQS within its free million) costs nothing.
 * CloudWatch: 0.01 per 1,000 metrics (aws.amazon.com/cloudwatch/pricing). Cost Explorer: 0.01 a request
 * (aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing). S3: 0.005 per 1,000 lists, 0.0004 per 1,000 reads
 * (aws.amazon.com/s3/pricing). Read in 2026-11.
 */
const USD_PER_UNIT: Readonly<Record<string, string>> = {
  'CloudWatch GetMetricData': '0.00001',
  'CloudWatch ListMetrics': '0.00001',
  'CloudWatch DescribeAlarms': '0.00001',
  'CostExplorer GetCostAndUsage': '0.01',
  'S3 ListObjectsV2': '0.000005',
  'S3 GetObject': '0.0000004',
  'S3 HeadObject': '0.0000004',
  'S3 HeadBucket': '0.0000004',
};

/** What these requests cost at most (free tiers left aside), USD. */
export function priceOfCalls(calls: readonly CallCount[]): Decimal {
  return calls.reduce(
    (sum, { service, operation, units }) =>
      sum.plus(new Decimal(USD_PER_UNIT[`${service} ${operation}`] ?? 0).times(units)),
    new Decimal(0),
  );
}

function unitsOf(input: unknown): number {
  const queries = (input as { MetricDataQueries?: readonly { MetricStat?: unknown }[] } | undefined)?.MetricDataQueries;
  return Array.isArray(queries) ? queries.filter((query) => query.MetricStat !== undefined).length : 1;
}

/** The names under which AWS says "too many" (SDK: isThrottlingError). */
export function isThrottling(error: unknown): boolean {
  const { name, $metadata } = (error ?? {}) as { name?: string; $metadata?: { httpStatusCode?: number } };
  return (
    $metadata?.httpStatusCode === 429 ||
    /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimitExceeded|LimitExceededException/.test(
      name ?? '',
    )
  );
}
