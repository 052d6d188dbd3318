import type { FlowTable } from '../../flows/ddl.js';
import { quoteLiteral } from '../../rollups/duckdb.js';
import { type AthenaKnowledge, numbersOf } from './knowledge.js';
import { FORM, judgeRows } from './legs.js';
import { layoutOfTable, type Minutes, type ScanOptions, scanTable } from './rows.js';

/** Numbers of the pieces of a row: what it says of coverage, and its leg, or both readings of it. */
export const PRESENCE = 0;

/**
 * The named queries `source`, `gateway`, `choice` with which rows are judged: which sources count, the gateways' own
 * addresses, and in which minutes a source's log is the one that counts.
 */
export function knowledgeRelations(knowledge: AthenaKnowledge): string {
  const sources = knowledge.counted.map(({ surveyed, gateway, isNextHop, choices }, i) => {
    const flags = [isNextHop, surveyed.isWorkload, surveyed.isRegional, choices !== undefined].join(', ');
    return `(${i}, ${quoteLiteral(surveyed.log)}, ${quoteLiteral(surveyed.key)}, ${gateway}, ${flags})`;
  });
  const gateways = knowledge.gateways.gateways.map(
    ({ ownAddresses }, i) => `(${i}, cast(array[${numbersOf(ownAddresses).join(', ')}] as array(bigint)))`,
  );
  const choices = knowledge.counted.flatMap((counted, i) =>
    (counted.choices ?? []).map(({ fromMinute, toMinute }) => `(${i}, ${fromMinute}, ${toMinute})`),
  );
  return `source as (${values(sources, ['source_no', 'source_log', 'its_key', 'gateway_no', 'is_next_hop', 'is_workload', 'is_regional', 'has_choice'], "(0, '', '', 0, false, false, false, false)")}),
gateway as (${values(gateways, ['gateway_no', 'own'], '(0, cast(array[] as array(bigint)))')}),
choice as (${values(choices, ['source_no', 'from_minute', 'to_minute'], '(0, 0, 0)')})`;
}

const values = (rows: readonly string[], columns: readonly string[], like: string): string =>
  `select * from (values ${rows.length > 0 ? rows.join(', ') : like}) as t(${columns.join(', ')})${rows.length > 0 ? '' : ' where false'}`;

/**
 * The rows of the stretches that count, each read once: legs of gateways (`piece` 1, and 2 for the second reading of a
 * row without packet addresses) and, beside them, every row of a gateway for coverage (`piece` 0). Refers to the named
 * queries of knowledgeRelations.
 */
export function countedLegs(
  tables: readonly FlowTable[],
  stretches: readonly Minutes[],
  options: ScanOptions = {},
): string {
  const scans = tables.flatMap((table, i) =>
    layoutOfTable(table).isTransitGateway
      ? []
      : mergeStretches(stretches).map((stretch) => scanTable(table, i, stretch, options)),
  );
  const rows = `select r.*, s.* from (${scans.join(' union all ')}) r join source s on s.source_log = r.log and s.its_key = r.source_key`;
  const inStretch = stretches
    .map(({ fromMinute, toMinute }) => `(minute >= ${fromMinute} and minute < ${toMinute})`)
    .join(' or ');
  const raw = FORM.raw;
  return `select l.* from (select j.*, g.own, u.piece,
      coalesce(contains(g.own, case when u.piece = 2 then j.near else j.far end), false) as far_is_own,
      coalesce(contains(g.own, case when u.piece = 2 then j.far else j.near end), false) as near_is_own
    from (${judgeRows(rows)}) j
    join gateway g on g.gateway_no = j.gateway_no
    cross join unnest(case when j.form = ${raw} then array[0, 1, 2] when j.form >= 0 and j.is_next_hop = (j.form = ${FORM['next-hop']}) then array[0, 1] else array[0] end) as u(piece)
    where j.refused is null and (${inStretch})) l
  left join choice h on h.source_no = l.source_no and l.minute >= h.from_minute and l.minute < h.to_minute
  where (not l.has_choice or h.source_no is not null)
    and (l.piece = ${PRESENCE} or ((l.form = ${raw}) = l.far_is_own and not l.near_is_own))`;
}

/** Columns of a leg out of `countedLegs`; the remote of a row without packet addresses is not known. */
export function legColumns(alias: string): string {
  const l = alias;
  const isRaw = `${l}.form = ${FORM.raw}`;
  const turned = `${l}.piece = 2`;
  const isUp = `(case when ${turned} then not ${l}.up else ${l}.up end)`;
  const service = `case when ${isUp} then ${l}.destination_service else ${l}.source_service end`;
  return `${isUp} as up,
    case when ${turned} then ${l}.far else ${l}.near end as near, case when ${isRaw} then null else ${l}.near6 end as near6,
    case when ${isRaw} then null else ${l}.far end as far, case when ${isRaw} then null else ${l}.far6 end as far6,
    case when ${isUp} then ${l}.destination_port else ${l}.source_port end as port,
    case when ${isRaw} then null else ${service} end as row_service`;
}

/** Stretches whose partitions may be the same are read as one, so that nothing is read (and billed) twice. */
function mergeStretches(stretches: readonly Minutes[]): readonly Minutes[] {
  const merged: Minutes[] = [];
  for (const stretch of [...stretches].sort((a, b) => a.fromMinute - b.fromMinute)) {
    const last = merged.at(-1);
    // Rows are filed up to an hour after they began, in folders of a day.
    if (last && Math.floor(stretch.fromMinute / 1440) <= Math.floor((last.toMinute + 60) / 1440)) {
      merged[merged.length - 1] = { ...last, toMinute: Math.max(last.toMinute, stretch.toMinute) };
    } else merged.push(stretch);
  }
  return merged;
}
