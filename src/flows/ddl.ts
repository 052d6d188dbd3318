import { NetcostError } from '../errors.js';
import { DEFAULT_FORMAT, type Field, fieldOf } from './fields.js';

/** How AWS lays out the objects of a flow log below `AWSLogs/`. */
type ObjectLayout = 'date' | 'hive';

/** An Athena table over the objects of flow logs that share one format. */
export interface FlowTable {
  /** `awsdatacatalog` where absent. */
  readonly catalog?: string;
  readonly database: string;
  readonly name: string;
  /** Field names as in the log format, in its order. */
  readonly fields: readonly string[];
  readonly file: 'text' | 'parquet';
  readonly layout: ObjectLayout;
  /** Whether each hour has a folder of its own. */
  readonly isHourly: boolean;
  /** Flow logs whose rows the table is for; objects of others in the same folder are passed over. None = all. */
  readonly flowLogIds: readonly string[];
}

/** What only the statement that makes the table needs. */
export interface TablePlace {
  /** `s3://bucket` or `s3://bucket/prefix`: what stands before `AWSLogs/`. */
  readonly location: string;
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  /** The first day that the table reaches back to, as 2026/11/01. */
  readonly firstDay: string;
}

/** Partition columns; prefixed, because `region` is a field of flow logs too. */
const PARTITIONS = {
  date: ['p_account', 'p_region', 'p_day'],
  hive: ['p_account', 'p_region', 'p_year', 'p_month', 'p_day'],
} as const;

/** Behind the last field of a text table: a value there is a line with too many columns. */
export const BEYOND = 'netcost_beyond';

const TYPES: Readonly<Record<Field['type'], string>> = { string: 'string', int32: 'int', int64: 'bigint' };
const NAME = /^[a-z_][a-z0-9_]{0,127}$/;

/** A field's column: underscores for hyphens, as in AWS's Parquet files. */
export const columnOf = (field: string): string => field.toLowerCase().replaceAll('-', '_');

/** The field names of a `LogFormat` ("${version} ${account-id} …"); AWS's default format for an empty one. */
export function fieldsOfFormat(logFormat: string): readonly string[] {
  const fields = logFormat
    .replaceAll(/\$\{([^}]*)\}/g, '$1')
    .trim()
    .split(/\s+/)
    .filter((field) => field !== '');
  const odd = fields.find((field) => !NAME.test(columnOf(field)));
  if (odd !== undefined) {
    throw new NetcostError('input', `${JSON.stringify(odd.slice(0, 60))} is no field of a log format.`, {
      hint: 'Give the LogFormat as `aws ec2 describe-flow-logs` prints it.',
    });
  }
  return fields.length === 0 ? DEFAULT_FORMAT : fields;
}

/**
 * The statement that makes the table in Athena (HiveQL), with partition projection: no crawler and no MSCK. In text all
 * columns are strings, so that a line that does not fit is seen and not silently NULL; in Parquet they are the types of
 * AWS's files. Source of both layouts: AWS VPC user guide, "Query flow logs using Amazon Athena".
 * @throws NetcostError 'usage' for names that Athena would not take.
 */
export function athenaDdl(table: FlowTable, place: TablePlace): string {
  for (const name of [table.database, table.name]) checkName(name);
  checkPlace(place);
  const columns = table.fields.map((field) => {
    const type = table.file === 'text' ? 'string' : TYPES[fieldOf(field)?.type ?? 'string'];
    return `  \`${columnOf(field)}\` ${type}`;
  });
  if (table.file === 'text') columns.push(`  \`${BEYOND}\` string`);
  const partitions = partitionColumns(table);
  const format =
    table.file === 'text'
      ? "ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '\nSTORED AS TEXTFILE"
      : "ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'\nSTORED AS PARQUET";
  const root = `${place.location.replace(/\/+$/, '')}/AWSLogs/`;
  const properties: [string, string][] = [
    ...(table.file === 'text' ? [['skip.header.line.count', '1'] as [string, string]] : []),
    ['projection.enabled', 'true'],
    ['projection.p_account.type', 'enum'],
    ['projection.p_account.values', place.accounts.join(',')],
    ['projection.p_region.type', 'enum'],
    ['projection.p_region.values', place.regions.join(',')],
    ...timeProjection(table, place.firstDay),
    ['storage.location.template', root + folderTemplate(table)],
  ];
  return `CREATE EXTERNAL TABLE IF NOT EXISTS \`${table.database}\`.\`${table.name}\` (
${columns.join(',\n')}
)
PARTITIONED BY (${partitions.map((column) => `\`${column}\` string`).join(', ')})
${format}
LOCATION '${root}'
TBLPROPERTIES (
${properties.map(([key, value]) => `  '${key}' = '${value}'`).join(',\n')}
)`;
}

export const partitionColumns = ({ layout, isHourly }: Pick<FlowTable, 'layout' | 'isHourly'>): readonly string[] => [
  ...PARTITIONS[layout],
  ...(isHourly ? ['p_hour'] : []),
];

function timeProjection({ layout, isHourly }: FlowTable, firstDay: string): [string, string][] {
  const whole = (column: string, range: string, digits: string): [string, string][] => [
    [`projection.${column}.type`, 'integer'],
    [`projection.${column}.range`, range],
    [`projection.${column}.digits`, digits],
  ];
  const hour = isHourly ? whole('p_hour', '0,23', '2') : [];
  if (layout === 'date') {
    return [
      ['projection.p_day.type', 'date'],
      ['projection.p_day.format', 'yyyy/MM/dd'],
      ['projection.p_day.range', `${firstDay},NOW`],
      ['projection.p_day.interval', '1'],
      ['projection.p_day.interval.unit', 'DAYS'],
      ...hour,
    ];
  }
  return [
    ...whole('p_year', `${firstDay.slice(0, 4)},2100`, '4'),
    ...whole('p_month', '1,12', '2'),
    ...whole('p_day', '1,31', '2'),
    ...hour,
  ];
}

function folderTemplate({ layout, isHourly }: FlowTable): string {
  const folder = (column: string): string => `\${${column}}`;
  return layout === 'date'
    ? `${folder('p_account')}/vpcflowlogs/${folder('p_region')}/${folder('p_day')}${isHourly ? `/${folder('p_hour')}` : ''}`
    : `aws-account-id=${folder('p_account')}/aws-service=vpcflowlogs/aws-region=${folder('p_region')}/year=${folder('p_year')}/month=${folder('p_month')}/day=${folder('p_day')}${isHourly ? `/hour=${folder('p_hour')}` : ''}`;
}

/** A name that stands in SQL: lower case letters, digits and underscores, as Athena keeps names. */
export function checkName(name: string): string {
  if (!NAME.test(name)) {
    throw new NetcostError('usage', `${JSON.stringify(name.slice(0, 60))} is no name of an Athena table or database.`, {
      hint: 'Allowed: lower case letters, digits and underscores, as netcost.flow_logs.',
    });
  }
  return name;
}

function checkPlace({ location, accounts, regions, firstDay }: TablePlace): void {
  const wrong = [
    ...(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9!_.*()/-]*)?$/.test(location) ? [] : [location]),
    ...accounts.filter((account) => !/^\d{12}$/.test(account)),
    ...regions.filter((region) => !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)),
    ...(/^\d{4}\/\d\d\/\d\d$/.test(firstDay) ? [] : [firstDay]),
  ];
  if (wrong.length > 0 || accounts.length === 0 || regions.length === 0) {
    throw new NetcostError(
      'usage',
      wrong.length > 0
        ? `${JSON.stringify(wrong[0]!.slice(0, 80))} cannot stand in a table.`
        : 'No account or no Region.',
      { hint: 'Allowed: s3://bucket/prefix, accounts of twelve digits, Regions as us-east-1, a day as 2026/11/01.' },
    );
  }
}
