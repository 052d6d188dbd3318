import { basename } from 'node:path';

/** What the key of a flow-log object tells, in the legacy, hourly and Hive-compatible layouts alike. */
export interface ObjectName {
  /** fl-…; "" where the name is not AWS's. */
  readonly flowLogId: string;
  readonly accountId: string;
  readonly region: string;
  /** Start of the five minutes in whose delivery the object stands, ms; undefined where the name is not AWS's. */
  readonly timeMs: number | undefined;
}

const AWS_NAME =
  /^(\d{12}|unknown)_(?:vpcflowlogs|[a-z]+)_([a-z0-9-]+)_(fl-[0-9a-z]+)_(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})Z_/;

/** Reads AWS's object name: `<account>_vpcflowlogs_<region>_<fl-id>_YYYYMMDDTHHmmZ_<hash>.log.gz`. */
export function readObjectName(path: string): ObjectName {
  const match = AWS_NAME.exec(basename(path));
  if (match) {
    const [, accountId, region, flowLogId, year, month, day, hour, minute] = match;
    const timeMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
    return { flowLogId: flowLogId!, accountId: accountId!, region: region!, timeMs };
  }
  return {
    flowLogId: /(?:^|[^0-9a-z])(fl-[0-9a-f]{8,17})(?![0-9a-f])/.exec(path)?.[1] ?? '',
    accountId: /(?:aws-account-id=|AWSLogs\/)(\d{12})/.exec(path)?.[1] ?? '',
    region: /(?:aws-region=|vpcflowlogs\/)([a-z]{2}(?:-[a-z]+)+-\d)/.exec(path)?.[1] ?? '',
    timeMs: undefined,
  };
}
