import { createHash } from 'node:crypto';
import { athenaDdl, type FlowTable, fieldsOfFormat, type TablePlace } from '../flows/ddl.js';
import { isoTime } from '../units.js';

/** A flow log as EC2 describes it. */
export interface FlowLogFormat {
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  /** `${version} ${account-id} …` */
  readonly format: string;
  /** ARN of the bucket or of a prefix in it; '' where the log does not go to S3. */
  readonly destination: string;
  readonly logGroup: string | undefined;
  readonly file: 'text' | 'parquet';
  readonly layout: 'date' | 'hive';
  readonly isHourly: boolean;
  readonly createdMs: number;
}

/** A table to make, and what makes it. */
export interface TablePlan {
  readonly table: FlowTable;
  readonly place: TablePlace;
  readonly ddl: string;
}

/**
 * The tables that these flow logs need: one for all that share a place, a format and a layout. Logs that do not go to S3
 * need none.
 */
export function planTables(logs: readonly FlowLogFormat[], database: string): readonly TablePlan[] {
  const groups = new Map<string, FlowLogFormat[]>();
  for (const log of logs) {
    if (log.destination === '') continue;
    const key = JSON.stringify([
      locationOf(log.destination),
      fieldsOfFormat(log.format),
      log.file,
      log.layout,
      log.isHourly,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), log]);
  }
  return [...groups].map(([key, members]) => {
    const [first] = members as [FlowLogFormat];
    const fields = fieldsOfFormat(first.format);
    const table: FlowTable = {
      database,
      // The same logs give the same name, so that a table is found again and not made twice.
      name: `flow_logs_${createHash('sha256').update(key).digest('hex').slice(0, 8)}`,
      fields,
      file: first.file,
      layout: first.layout,
      isHourly: first.isHourly,
      flowLogIds: members.map(({ id }) => id).sort(),
    };
    const created = Math.min(...members.map(({ createdMs }) => createdMs));
    const place: TablePlace = {
      location: locationOf(first.destination),
      accounts: [...new Set(members.map(({ accountId }) => accountId))].sort(),
      regions: [...new Set(members.map(({ region }) => region))].sort(),
      firstDay: isoTime(created).slice(0, 10).replaceAll('-', '/'),
    };
    return { table, place, ddl: athenaDdl(table, place) };
  });
}

/** `arn:aws:s3:::bucket/prefix/` → `s3://bucket/prefix` */
function locationOf(arn: string): string {
  return `s3://${arn.replace(/^arn:[^:]*:s3:::/, '').replace(/\/+$/, '')}`;
}
