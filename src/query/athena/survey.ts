import type { FlowTable } from '../../flows/ddl.js';
import { FORM, isNatType, isPrivate, judgeRows } from './legs.js';
import { layoutOfTable, type Minutes, type ScanOptions, scanTable } from './rows.js';
import { transitFacts } from './transit-facts.js';

/**
 * What kinds of rows a survey answers with, by their first column:
 *   c  a source: log, key · rows, rows with an instance, public bytes up and down, first and last second
 *   p  presence of a source: log, key, slot of ten minutes · bytes, rows of SKIPDATA
 *   m  the interface's own address in rewritten rows: name, address · rows
 *   n  addresses behind an interface: name · inner, those of them that are outer, those that are outer or partners
 *   s  a private address behind an interface: name, address · its partners, those of them behind, whether it is one itself
 *   w  the far address of rows without packet addresses: name, address · rows, bytes up, bytes down
 *   f  what rows tell of an address inside: address, VPC · first and last minute
 *   v  an IPv6 address of a leg
 *   x  malformed lines: reason · lines
 */
export type SurveyKind = 'c' | 'p' | 'm' | 'n' | 's' | 'w' | 'f' | 'v' | 'x';

/** Columns with texts of a source (kind c), in the order in which they follow the numbers. */
export const SOURCE_TEXTS = [
  'own_account',
  'interface_id',
  'resource_id',
  'interface_type',
  'vpc_id',
  'subnet_id',
  'az_id',
  'own_region',
  'instance_id',
  'ecs_service',
  'hop_interface',
  'hop_az',
  'hop_vpc',
  'hop_type',
  'tags',
  'path_account',
  'path_region',
] as const;
/** The same of an address (kind f): the latest that was told. */
export const FACT_TEXTS = ['own_account', 'subnet_id', 'az_id', 'workload', 'tags'] as const;

/**
 * One statement that reads all rows of a stretch once and gives what deciding needs that no single row tells: which
 * sources there are, which interfaces look like NAT gateways, their own addresses, which logs were there when, and what
 * is known of addresses inside. It reads as much as a question without a filter; its result is small and is kept.
 */
export function compileSurvey(tables: readonly FlowTable[], stretch: Minutes, options: ScanOptions = {}): string {
  const scans = tables.flatMap((table, i) =>
    layoutOfTable(table).isTransitGateway ? [] : [scanTable(table, i, stretch, options)],
  );
  const transit = tables.filter((table) => layoutOfTable(table).isTransitGateway);
  const entries = [
    ...(scans.length > 0 ? [entriesOfRows(scans, stretch)] : []),
    ...transit.map((table) => transitFacts(table, stretch, options)),
  ];
  const sum = (column: string): string => `cast(sum(cast(${column} as decimal(38, 0))) as varchar)`;
  const texts = SOURCE_TEXTS.map((_, i) => `t${i}`);
  // Twice grouped: the second time addresses become counts by interface, and everything else stays as it is.
  return `with entry as (${entries.join(' union all ')}),
once as (select kind, a, b, c, max(flow_table) as flow_table,
    ${sum('n1')} as n1, ${sum('n2')} as n2, ${sum('n3')} as n3, ${sum('n4')} as n4, min(low) as low, max(high) as high,
    bool_or(role = 'i') as is_inner, bool_or(role = 'p') as is_partner, bool_or(role = 'o') as is_outer,
    array_agg(distinct other) filter (where other is not null) as others,
    ${texts.map((text) => `max_by(${text}, row(high, ${text})) filter (where ${text} is not null) as ${text}`).join(', ')}
  from entry group by kind, a, b, c),
part as (select once.*, u.as_kind, u.as_b, u.m1, u.m2, u.m3 from once cross join unnest(
  case when kind = 'a' then filter(array[
      row('n', '', case when is_inner then 1 else 0 end, case when is_inner and is_outer then 1 else 0 end,
        case when is_inner and (is_outer or is_partner) then 1 else 0 end),
      case when is_partner and c = 'private' then row('s', b, 0, 0, 1) end
    ] || transform(coalesce(others, cast(array[] as array(varchar))),
      other -> row('s', other, 1, case when is_inner then 1 else 0 end, 0)), one -> one is not null)
    else array[row(kind, b, 0, 0, 0)] end) as u(as_kind, as_b, m1, m2, m3))
select as_kind, a, as_b, case when kind = 'a' then '' else c end as c, max(flow_table) as flow_table,
  case when kind = 'a' then cast(sum(m1) as varchar) else max(n1) end as n1,
  case when kind = 'a' then cast(sum(m2) as varchar) else max(n2) end as n2,
  case when kind = 'a' then cast(max(m3) as varchar) else max(n3) end as n3,
  case when kind = 'a' then cast(sum(m3) as varchar) else max(n4) end as n4,
  cast(min(low) as varchar) as low, cast(max(high) as varchar) as high, ${texts.map((text) => `max(${text}) as ${text}`).join(', ')}
from part group by as_kind, a, as_b, case when kind = 'a' then '' else c end, kind = 'a', kind`;
}

/** Minutes in a slot of the choice among logs (flows/choice.ts). */
const SLOT = 10;

function entriesOfRows(scans: readonly string[], { fromMinute, toMinute }: Minutes): string {
  const flags = `${isNatType('hop_type')} and not is_nat as is_next_hop, instance_id is not null as is_workload,
    is_nat and (interface_id is null or coalesce(regexp_like(lower(interface_type), '^regional'), false)) as is_regional`;
  const rows = `select *, ${flags} from (select *, ${isNatType('interface_type')} or coalesce(starts_with(resource_id, 'nat-'), false) as is_nat
    from (${scans.join(' union all ')}))`;
  const name = `coalesce(interface_id, resource_id, case when ${isNatType('interface_type')} then 'regional ' || coalesce(vpc_id, '') end, '')`;
  // A refused line may have no time: it belongs to the day by which its object is filed.
  const day = new Date(fromMinute * 60_000).toISOString().slice(0, 10).replaceAll('-', '');
  const none = 'cast(null as varchar)';
  const zero = "bigint '0'";
  // row(kind, a, b, c, n1, n2, n3, n4, role, other)
  const entry = (
    kind: string,
    a: string,
    b: string,
    c = "''",
    [n1 = zero, n2 = zero, n3 = zero, n4 = zero]: readonly string[] = [],
    role = "''",
    other = none,
  ): string =>
    `row('${kind}', cast(${a} as varchar), cast(${b} as varchar), cast(${c} as varchar), ${n1}, ${n2}, ${n3}, ${n4}, cast(${role} as varchar), cast(${other} as varchar))`;
  const when = (condition: string, one: string): string => `case when ${condition} then ${one} end`;
  const one = "bigint '1'";
  const isAccepted = `status = 'O' and action <> 'R'`;
  const isPlain = `${isAccepted} and form <> ${FORM.rewritten} and form <> ${FORM['next-hop']} and form <> ${FORM.raw} and not is_workload and src4 is not null and dst4 is not null`;
  const bytesWhen = (condition: string): string => `if(${condition}, size, ${zero})`;
  const isRewritten = `form = ${FORM.rewritten}`;
  const isRaw = `form = ${FORM.raw}`;
  const egress = "direction = 'e'";
  const ownAddress = `case when is_workload and has_packet then case when ${egress} then psrc else pdst end
    else case when ${egress} then src else dst end end`;
  const hasPlace = 'instance_id is not null or ecs_service is not null or vpc_id is not null';
  const entries = [
    when("refused is not null and refused <> 'header'", entry('x', 'refused', "''", "''", [one])),
    when(
      'refused is null',
      entry('c', 'log', 'source_key', "''", [
        `if(${isAccepted}, ${one}, ${zero})`,
        `if(${isAccepted} and is_workload, ${one}, ${zero})`,
        bytesWhen(`${isPlain} and source_is_private and not destination_is_private`),
        bytesWhen(`${isPlain} and destination_is_private and not source_is_private`),
      ]),
    ),
    when(
      "refused is null and action <> 'R' and (status <> 'O' or not is_workload or is_next_hop)",
      entry('p', 'log', 'source_key', `minute / ${SLOT}`, [
        bytesWhen("status = 'O'"),
        `if(status = 'S', ${one}, ${zero})`,
      ]),
    ),
    when("refused is null and action = 'R' and status = 'O'", entry('p', 'log', 'source_key', `minute / ${SLOT}`)),
    when(`refused is null and ${isRewritten}`, entry('m', 'name', 'own_side', "''", [one])),
    when(
      `refused is null and ${isRewritten} and far is not null`,
      entry('a', 'name', 'far', `case when ${isPrivate('far')} then 'private' else '' end`, [], "'i'"),
    ),
    when(
      `refused is null and ${isRewritten} and near is not null`,
      entry(
        'a',
        'name',
        'near',
        `case when ${isPrivate('near')} then 'private' else '' end`,
        [],
        "'p'",
        `case when ${isPrivate('far')} then far end`,
      ),
    ),
    ...['src4', 'dst4'].map((column) =>
      when(
        `refused is null and ${isPlain}`,
        entry('a', 'name', column, `case when ${isPrivate(column)} then 'private' else '' end`, [], "'o'"),
      ),
    ),
    // Both readings: the interface's side is the far one.
    when(`refused is null and ${isRaw}`, entry('w', 'name', 'dst4', "''", [one, 'size', zero])),
    when(`refused is null and ${isRaw}`, entry('w', 'name', 'src4', "''", [one, zero, 'size'])),
    when(
      `refused is null and ${isAccepted} and direction <> '' and not ${isNatType('interface_type')} and (${hasPlace}) and (${ownAddress}) is not null`,
      entry('f', ownAddress, "coalesce(vpc_id, '')", "''"),
    ),
    when(`refused is null and form >= 0 and near6 is not null`, entry('v', 'near6', "''")),
    when(`refused is null and form >= 0 and far6 is not null`, entry('v', 'far6', "''")),
  ];
  const isFact = "u.kind = 'f'";
  // A fact's texts are other columns than a source's, in the same places.
  const texts = SOURCE_TEXTS.map((column, i) => {
    const fact = FACT_TEXTS[i];
    const ofFact = fact === undefined ? none : fact === 'workload' ? 'coalesce(ecs_service, instance_id)' : fact;
    return `case when u.kind = 'c' then ${column} when ${isFact} then ${ofFact} end as t${i}`;
  });
  return `select u.kind, u.a, u.b, u.c, u.n1, u.n2, u.n3, u.n4, u.role, u.other, flow_table,
    case when u.kind = 'c' then second when ${isFact} then minute else ${zero} end as low,
    case when u.kind = 'c' then greatest(second, coalesce(last_second, second)) when ${isFact} then minute else ${zero} end as high,
    ${texts.join(', ')}
  from (select *, ${name} as name from (${judgeRows(rows)})
    where case when refused is null then minute >= ${fromMinute} and minute < ${toMinute} else coalesce(path_day, '${day}') = '${day}' end)
  cross join unnest(filter(array[
    ${entries.join(',\n    ')}
  ], one -> one is not null)) as u(kind, a, b, c, n1, n2, n3, n4, role, other)`;
}
