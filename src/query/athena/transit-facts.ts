import { columnOf, type FlowTable } from '../../flows/ddl.js';
import { type Minutes, partitionFilter, type ScanOptions, tableName } from './rows.js';
import { SOURCE_TEXTS } from './survey.js';

/**
 * What the rows of a Transit Gateway's flow log tell of the addresses at both ends, as entries of a survey (kind f):
 * whose account and VPC an address is in (facts/flow-logs.md 1.4).
 */
export function transitFacts(table: FlowTable, stretch: Minutes, options: ScanOptions): string {
  const text = (field: string): string =>
    table.fields.includes(field)
      ? `case when "${columnOf(field)}" in ('-', '', 'None', 'unknown') then null else cast("${columnOf(field)}" as varchar) end`
      : 'cast(null as varchar)';
  const side = (end: 'src' | 'dst'): string =>
    `row(${[text(`${end}addr`), text(`tgw-${end}-vpc-account-id`), text(`tgw-${end}-vpc-id`), text(`tgw-${end}-az-id`)].join(', ')})`;
  const none = 'cast(null as varchar)';
  const texts = SOURCE_TEXTS.map((_, i) => `${i === 0 ? 's.account' : i === 2 ? 's.az' : none} as t${i}`);
  const excepted = options.exceptPaths ?? [];
  const paths =
    excepted.length === 0
      ? ''
      : ` and "$path" not in (${excepted.map((path) => `'${path.replaceAll("'", "''")}'`).join(', ')})`;
  const zero = "bigint '0'";
  return `select 'f', s.address, coalesce(s.vpc, ''), '', ${zero}, ${zero}, ${zero}, ${zero}, '', ${none}, 0, minute as low, minute as high,
    ${texts.join(', ')}
  from (select *, second / 60 as minute from (select *, case when given > 2147483648 then given / 1000 else given end as second
    from (select *, try_cast("start" as bigint) as given from ${tableName(table)} where ${partitionFilter(table, stretch)}${paths})))
  cross join unnest(array[${side('src')}, ${side('dst')}]) as s(address, account, vpc, az)
  where second >= 1400000000 and second <= 2147483648 and minute >= ${stretch.fromMinute} and minute < ${stretch.toMinute}
    and s.address is not null and (s.vpc is not null or s.account is not null)`;
}
