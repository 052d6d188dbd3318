import { hexOf } from './random.js';

export interface ObjectKey {
  readonly accountId: string;
  readonly region: string;
  readonly flowLogId: string;
  /** The five minutes of the object; floored to them. */
  readonly atMs: number;
  readonly layout?: 'legacy' | 'hive';
  /** A folder for each hour, as the option of that name of CreateFlowLogs makes. */
  readonly hourly?: boolean;
  /** Folders in front of `AWSLogs`. */
  readonly prefix?: string;
  readonly extension?: string;
}

/** The S3 key under which AWS delivers a flow-log object (facts/flow-logs.md 1.2). */
export function flowLogKey(key: ObjectKey): string {
  const at = new Date(Math.floor(key.atMs / 300_000) * 300_000).toISOString();
  const [year, month, day, hour, minute] = [
    at.slice(0, 4),
    at.slice(5, 7),
    at.slice(8, 10),
    at.slice(11, 13),
    at.slice(14, 16),
  ];
  const folders =
    key.layout === 'hive'
      ? [
          `aws-account-id=${key.accountId}`,
          'aws-service=vpcflowlogs',
          `aws-region=${key.region}`,
          `year=${year}`,
          `month=${month}`,
          `day=${day}`,
          ...(key.hourly ? [`hour=${hour}`] : []),
        ]
      : [key.accountId, 'vpcflowlogs', key.region, year, month, day, ...(key.hourly ? [hour] : [])];
  const stamp = `${year}${month}${day}T${hour}${minute}Z`;
  const name = [key.accountId, 'vpcflowlogs', key.region, key.flowLogId, stamp, hexOf(8, key.flowLogId, stamp)].join(
    '_',
  );
  return [...(key.prefix ? [key.prefix] : []), 'AWSLogs', ...folders, `${name}.${key.extension ?? 'log.gz'}`].join('/');
}
