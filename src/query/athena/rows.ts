import { NetcostError } from '../../errors.js';
import { BEYOND, columnOf, type FlowTable } from '../../flows/ddl.js';
import { type Layout, readLayout } from '../../flows/layout.js';
import { quoteLiteral } from '../../rollups/duckdb.js';
import { DAY_MS, HOUR_MS } from '../../units.js';

/** A stretch of time in whole minutes since 1970: from ≤ minute < to. */
export interface Minutes {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** What is left out of a scan. */
export interface ScanOptions {
  /** Objects that cannot be read, by their full path. */
  readonly exceptPaths?: readonly string[];
}

/** A row begins up to a window of ten minutes before the time by which its object is filed, which is that of its end. */
const LATEST_FILED_MS = HOUR_MS;
const AWS_NAME = '([0-9]{12}|unknown)_[a-z]+_([a-z0-9-]+)_(fl-[0-9a-z]+)_[0-9]{8}T[0-9]{4}Z_';

/** The layout that the fields of a table have in a line. */
export function layoutOfTable(table: FlowTable): Layout {
  const layout = readLayout(table.fields.join(' '));
  if (layout) return layout;
  throw new NetcostError('config', `The format of ${table.database}.${table.name} is none of a flow log.`, {
    hint: 'It needs srcaddr, dstaddr, bytes and start; netcost ddl prints tables from the flow logs themselves.',
  });
}

export const tableName = ({ catalog, database, name }: FlowTable): string =>
  [...(catalog === undefined ? [] : [catalog]), database, name]
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');

/** Which partitions can hold rows that begin in a stretch, as SQL over the partition columns alone. */
export function partitionFilter(table: FlowTable, { fromMinute, toMinute }: Minutes): string {
  const [fromMs, toMs] = [fromMinute * 60_000, toMinute * 60_000 + LATEST_FILED_MS];
  const days: string[] = [];
  for (let day = Math.floor(fromMs / DAY_MS); day * DAY_MS < toMs; day++) {
    days.push(new Date(day * DAY_MS).toISOString().slice(0, 10));
  }
  const hourly = table.isHourly ? hoursFilter(table, fromMs, toMs) : '';
  if (table.layout === 'date') {
    const [first, last] = [days[0]!, days.at(-1)!].map((day) => quoteLiteral(day.replaceAll('-', '/')));
    return `p_day between ${first} and ${last}${hourly}`;
  }
  const months = new Map<string, string[]>();
  for (const day of days) months.set(day.slice(0, 7), [...(months.get(day.slice(0, 7)) ?? []), day.slice(8)]);
  const parts = [...months].map(
    ([month, list]) =>
      `(p_year = '${month.slice(0, 4)}' and p_month = '${month.slice(5)}' and p_day in (${list.map(quoteLiteral).join(', ')}))`,
  );
  return `(${parts.join(' or ')})${hourly}`;
}

function hoursFilter({ layout }: FlowTable, fromMs: number, toMs: number): string {
  const [first, last] = [fromMs, toMs - 1].map((ms) => {
    const time = new Date(ms).toISOString();
    return quoteLiteral(`${time.slice(0, 10).replaceAll('-', '/')}/${time.slice(11, 13)}`);
  });
  const at = layout === 'date' ? "p_day || '/' || p_hour" : "p_year || '/' || p_month || '/' || p_day || '/' || p_hour";
  return ` and ${at} between ${first} and ${last}`;
}

/** Columns of the rows that a scan gives; names of fields are those of the table with null for what is missing. */
const FIELDS = [
  ['src', 'srcaddr'],
  ['dst', 'dstaddr'],
  ['psrc', 'pkt-srcaddr'],
  ['pdst', 'pkt-dstaddr'],
  ['source_service', 'pkt-src-aws-service'],
  ['destination_service', 'pkt-dst-aws-service'],
  ['own_account', 'account-id'],
  ['interface_id', 'interface-id'],
  ['resource_id', 'resource-id'],
  ['interface_type', 'interface-type'],
  ['vpc_id', 'vpc-id'],
  ['subnet_id', 'subnet-id'],
  ['az_id', 'az-id'],
  ['own_region', 'region'],
  ['instance_id', 'instance-id'],
  ['ecs_service', 'ecs-service-name'],
  ['hop_interface', 'next-hop-interface-id'],
  ['hop_az', 'next-hop-az-id'],
  ['hop_vpc', 'next-hop-vpc-id'],
  ['hop_type', 'next-hop-interface-type'],
] as const;
const TAGS = ['instance-tag', 'instance-tag-2', 'interface-tag', 'interface-tag-2', 'asg-tag', 'asg-tag-2'] as const;

/**
 * The rows of a table that begin in a stretch, as a SELECT: `log` and `source_key` name the source of the row as the
 * parser does (sources.ts), `second`, `minute`, `last_second`, `status` (O, N, S), `action` (A, R), `size`, `packets`,
 * ports, `protocol`, `direction` (e, i) and the fields above. `malformed` says why a line would be refused; `header` is a
 * header repeated in mid-file, which is no line of data.
 */
export function scanTable(table: FlowTable, index: number, stretch: Minutes, options: ScanOptions = {}): string {
  const layout = layoutOfTable(table);
  const raw = (field: string): string | undefined => {
    const at = table.fields.indexOf(field);
    if (at < 0) return undefined;
    const column = `"${columnOf(field)}"`;
    // The end of a line made on Windows stays in its last column.
    return table.file === 'text' && at === table.fields.length - 1 ? `replace(${column}, chr(13), '')` : column;
  };
  const text = (field: string): string => {
    const column = raw(field);
    return column === undefined
      ? 'cast(null as varchar)'
      : `case when ${column} in ('-', '', 'None', 'unknown') then null else cast(${column} as varchar) end`;
  };
  const address = (field: string): string => {
    const column = raw(field);
    return column === undefined
      ? 'cast(null as varchar)'
      : `case when ${column} in ('-', '', 'None') then null else cast(${column} as varchar) end`;
  };
  const whole = (field: string): string => {
    const column = raw(field);
    return column === undefined ? 'cast(null as bigint)' : `try_cast(${column} as bigint)`;
  };
  // Digits alone: a sign makes a line malformed.
  const count = (field: string): string => `case when ${whole(field)} >= 0 then ${whole(field)} end`;
  const second = (field: string): string =>
    `case when ${whole(field)} > 2147483648 then ${whole(field)} / 1000 else ${whole(field)} end`;
  const letter = (field: string, absent: string): string => {
    const column = raw(field);
    return column === undefined ? `'${absent}'` : `substr(coalesce(cast(${column} as varchar), ''), 1, 1)`;
  };
  const named = table.fields.filter((_, at) => layout.contextColumns.includes(at));
  const keys = layout.contextColumns.map((at) => `coalesce(cast(${raw(table.fields[at]!)} as varchar), '-')`);
  const isAddress = (name: string): boolean => ['src', 'dst', 'psrc', 'pdst'].includes(name);
  const ids = table.flowLogIds.map(quoteLiteral).join(', ');
  const log = `coalesce(regexp_extract("$path", '${AWS_NAME}', 3), regexp_extract("$path", '[^0-9a-z](fl-[0-9a-f]{8,17})[^0-9a-f]', 1), '')`;
  const last = raw(table.fields.at(-1)!)!;
  const malformed =
    table.file === 'text'
      ? `case when ${raw('start')} = 'start' then 'header' when "${BEYOND}" is not null or ${last} is null then 'columns'
      when ${letter('log-status', 'O')} not in ('O', 'N', 'S') then 'status' end`
      : 'cast(null as varchar)';
  const where = [
    partitionFilter(table, stretch),
    ...(ids === '' ? [] : [`${log} in (${ids})`]),
    ...(options.exceptPaths?.length ? [`"$path" not in (${options.exceptPaths.map(quoteLiteral).join(', ')})`] : []),
  ];
  return `select ${index} as flow_table, ${log} as log,
    ${named.length === 0 ? "''" : keys.join(" || ' ' || ")} as source_key,
    ${second('start')} as second, ${raw('end') === undefined ? second('start') : second('end')} as last_second,
    ${letter('log-status', 'O')} as status, ${letter('action', 'A')} as action,
    ${count('bytes')} as size, ${raw('packets') === undefined ? "bigint '0'" : count('packets')} as packets,
    coalesce(${whole('srcport')}, -1) as source_port, coalesce(${whole('dstport')}, -1) as destination_port,
    coalesce(${whole('protocol')}, -1) as protocol, ${letter('flow-direction', '')} as direction,
    ${FIELDS.map(([name, field]) => `${isAddress(name) ? address(field) : text(field)} as ${name}`).join(',\n    ')},
    ${tagsSql(TAGS.filter((tag) => raw(tag) !== undefined).map(text))} as tags,
    regexp_extract("$path", '${AWS_NAME}', 1) as path_account, regexp_extract("$path", '${AWS_NAME}', 2) as path_region, regexp_extract("$path", '_([0-9]{8})T[0-9]{4}Z_', 1) as path_day,
    ${layout.at['pkt-srcaddr'] >= 0 && layout.at['pkt-dstaddr'] >= 0} as has_packet, ${malformed} as malformed
  from ${tableName(table)} where ${where.join(' and ')}`;
}

const tagsSql = (tags: readonly string[]): string =>
  tags.length === 0 ? 'cast(null as varchar)' : `nullif(concat_ws(' ', ${tags.join(', ')}), '')`;

/** The first second that a row of a flow log can begin in (June 2015 saw the first), and the last: others are damage. */
export const LIKELY_SECONDS = 'second >= 1400000000 and second <= 2147483648';
