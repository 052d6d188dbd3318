import { PRIVATE_IPV4 } from './addresses.js';
import { LEG_FORMS } from './legs.js';

const REWRITTEN = LEG_FORMS.indexOf('rewritten');

/**
 * Secondary private addresses of gateways, found from the rows. A row of the outside leg over a secondary address S
 * looks like an inside leg: the interface's own side shows the primary address, the packet shows S (AWS: own side is
 * always shown as the primary address). But S's partners are then the remotes, which stand behind other rows as
 * remotes, while a true remote's partners are clients. So S is a private address behind the gateway most of whose
 * partners are themselves behind it, and which is nobody's partner.
 *
 * `query` runs SQL over `legs` (a relation with context, near, far, form) joined with the table `counted`.
 */
export async function findSecondaryAddresses(
  query: (sql: string) => Promise<readonly (readonly (number | bigint)[])[]>,
  legs: string,
  gateways: readonly number[],
): Promise<{ readonly gateway: number; readonly address: bigint }[]> {
  const private4 = (column: string): string =>
    `(${PRIVATE_IPV4.map(([first, last]) => `${column} between ${first} and ${last}`).join(' or ')})`;
  const of = `${legs} l join counted c using (context) where l.form = ${REWRITTEN} and c.gateway in (${gateways.join(',')})`;
  const candidates = await query(`select distinct c.gateway, l.far from ${of} and ${private4('l.far')}`);
  if (candidates.length === 0) return [];
  const rows = await query(`
    with candidate as (select distinct c.gateway, l.far from ${of} and ${private4('l.far')}),
    pair as (select distinct c.gateway, l.near, l.far from ${of} and (c.gateway, l.far) in (select (gateway, far) from candidate)),
    behind as (select distinct c.gateway, l.far from ${of}),
    partner as (select distinct c.gateway, l.near from ${of})
    select p.gateway, p.far from pair p
    left join behind b on b.gateway = p.gateway and b.far = p.near
    where (p.gateway, p.far) not in (select (gateway, near) from partner)
    group by all having count(b.far) * 2 >= count(*)`);
  return rows.map(([gateway, address]) => ({ gateway: Number(gateway), address: BigInt(address!) }));
}
