import { PRIVATE_IPV4 } from '../../flows/addresses.js';
import { LEG_FORMS } from '../../flows/legs.js';
import { LIKELY_SECONDS } from './rows.js';

export const FORM = Object.fromEntries(LEG_FORMS.map((form, i) => [form, i])) as Record<
  (typeof LEG_FORMS)[number],
  number
>;
/** The row is no candidate for a leg. */
const NO_LEG = -1;

export const isPrivate = (column: string): string =>
  `(${PRIVATE_IPV4.map(([first, last]) => `${column} between ${first} and ${last}`).join(' or ')})`;

const MAPPED = '00000000000000000000FFFF';
const NAT64 = '0064FF9B0000000000000000';
const hexOf = (text: string): string => `to_hex(cast(try_cast(${text} as ipaddress) as varbinary))`;
const isNat64 = (hex: string): string => `(substr(${hex}, 1, 24) = '${NAT64}')`;
const isV4 = (hex: string): string => `(substr(${hex}, 1, 24) = '${MAPPED}')`;
const v4Of = (hex: string): string =>
  `case when ${isV4(hex)} or ${isNat64(hex)} then from_base(substr(${hex}, 25), 16) end`;
const v6Of = (hex: string, text: string): string =>
  `case when not ${isV4(hex)} and not ${isNat64(hex)} then cast(cast(${text} as ipaddress) as varchar) end`;

/** Whether a text is an interface type of NAT gateways (legs.ts). */
export const isNatType = (column: string): string =>
  `coalesce(regexp_like(lower(${column}), '^(regional_?)?nat_?gateway$'), false)`;

/**
 * The leg rule of flows/legs.ts and leg-rule.ts as SQL: each row of `rows` (rows.ts, with the booleans is_next_hop,
 * is_workload and is_regional of its source) with `form`, `up`, client and far end (`near`, `far` for IPv4 and NAT64,
 * `near6`, `far6` for IPv6 text), `own_side` (the interface's own address) and `refused` (why the line is malformed).
 * A row between two private addresses without packet addresses has the reading "up"; who counts it takes the other too.
 */
export function judgeRows(rows: string): string {
  return `select *,
    case when form = ${FORM.rewritten} then case when up then dst else src end end as own_side,
    ${v4Of('near_hex')} as near, ${v6Of('near_hex', 'near_text')} as near6,
    ${v4Of('far_hex')} as far, ${v6Of('far_hex', 'far_text')} as far6
  from (select *, case when up then from_hex else to_hex end as near_hex, case when up then to_hex else from_hex end as far_hex,
    case when up then from_text else to_text end as near_text, case when up then to_text else from_text end as far_text
  from (select *, case form
      when ${FORM['next-hop']} then case when direction = '' then coalesce(source_is_private, false) else direction = 'e' end
      when ${FORM.rewritten} then dst <> to_text and (src = from_text or direction in ('', 'i'))
      when ${FORM.nat64} then ${isNat64('dst_hex')}
      when ${FORM.plain} then source_is_private
      else true end as up
  from (select *, case
      when malformed is not null then malformed
      when second is null or not (${LIKELY_SECONDS}) then 'time'
      when status <> 'O' or action = 'R' then null
      when size is null or packets is null then 'number'
      when is_workload and not is_next_hop then null
      when from_hex is null or to_hex is null or src_hex is null or dst_hex is null then 'address' end as refused,
    case
      when status <> 'O' or action = 'R' then ${NO_LEG}
      when is_next_hop then ${FORM['next-hop']}
      when is_workload then ${NO_LEG}
      when psrc is null and pdst is null and source_is_private and destination_is_private then ${FORM.raw}
      when src <> from_text or dst <> to_text then ${FORM.rewritten}
      when ${isV4('src_hex')} and ${isV4('dst_hex')} then
        case when is_regional and source_is_private <> destination_is_private then ${FORM.plain} else ${NO_LEG} end
      when ${isNat64('src_hex')} <> ${isNat64('dst_hex')} then ${FORM.nat64}
      else ${NO_LEG} end as form
  from (select *, ${isV4('src_hex')} and ${isPrivate('src4')} as source_is_private,
    ${isV4('dst_hex')} and ${isPrivate('dst4')} as destination_is_private
  from (select *, ${v4Of('src_hex')} as src4, ${v4Of('dst_hex')} as dst4,
    case when from_text = src then src_hex else ${hexOf('from_text')} end as from_hex,
    case when to_text = dst then dst_hex else ${hexOf('to_text')} end as to_hex
  from (select *, ${hexOf('src')} as src_hex, ${hexOf('dst')} as dst_hex,
    coalesce(psrc, src) as from_text, coalesce(pdst, dst) as to_text, second / 60 as minute
  from (${rows})))))))`;
}
