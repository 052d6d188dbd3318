import type { FilterKey, GroupKey } from './query.js';

/** Which table of names a dimension needs: of clients, of remotes, of sources (gateways), or none. */
export type NameTable = 'client' | 'remote' | 'source' | 'domain';

export interface Dimension {
  /** The value as SQL over l (the legs), c (names of clients), r (of remotes), s (of sources), d and e (domains). Null is "not known". */
  readonly sql: string;
  /**
   * What rows are grouped by, where that is not the value itself: ids, of which only the rows that are shown are turned
   * into text (a million pairs otherwise become a million strings).
   */
  readonly group?: readonly string[];
  /** The value made of the grouped columns. */
  readonly show?: (columns: readonly string[]) => string;
  readonly tables: readonly NameTable[];
}

/** IPv4 as text, IPv6 from the dictionary `a` that the compiler joins where the store has any. */
const ADDRESS = (column: string, dictionary: string): string =>
  `case when ${column} < 0 then null when ${column} < 4294967296 then
   (${column} >> 24)::varchar || '.' || ((${column} >> 16) & 255)::varchar || '.' || ((${column} >> 8) & 255)::varchar || '.' || (${column} & 255)::varchar
   else (select address from ${dictionary} d where d.id = ${column}) end`;

/** Column of the names of clients that holds a label. The name is checked by the parser; quoting keeps it a name. */
export const labelColumn = (label: string): string => `"label ${label.toLowerCase().replaceAll('"', '""')}"`;

/** IANA protocol numbers that have a word in questions and answers. */
export const PROTOCOL_NAMES: readonly (readonly [number, string])[] = [
  [1, 'icmp'],
  [2, 'igmp'],
  [4, 'ipip'],
  [6, 'tcp'],
  [17, 'udp'],
  [41, 'ipv6'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmpv6'],
  [132, 'sctp'],
];
const PROTOCOL = `case l.protocol ${PROTOCOL_NAMES.map(([n, name]) => `when ${n} then '${name}'`).join(' ')} when -1 then null else l.protocol::varchar end`;

/**
 * The one table of what a key means in SQL. `dictionary` names the table of IPv6 addresses; `labels` are those that
 * some owner has, in lower case: any other is nobody's, so unknown everywhere.
 */
export function dimensionOf(key: GroupKey | FilterKey, dictionary: string, labels: ReadonlySet<string>): Dimension {
  if (key.startsWith('label.')) {
    const label = key.slice(6).toLowerCase();
    return labels.has(label)
      ? { sql: `c.${labelColumn(label)}`, tables: ['client'] }
      : { sql: 'null::varchar', tables: [] };
  }
  switch (key as Exclude<GroupKey, `label.${string}`>) {
    case 'team':
      return { sql: 'c.team', tables: ['client'] };
    case 'env':
      return { sql: 'c.env', tables: ['client'] };
    case 'account':
      return { sql: 'c.account', tables: ['client'] };
    case 'vpc':
      return { sql: 'c.vpc', tables: ['client'] };
    case 'az':
      return { sql: 'c.az', tables: ['client'] };
    case 'workload':
      return { sql: 'c.workload', tables: ['client'] };
    case 'nat':
      return { sql: 's.nat', tables: ['source'] };
    case 'nataz':
      return { sql: 's.nataz', tables: ['source'] };
    case 'crossaz':
      return {
        sql: "case when c.az is null or s.nataz is null then null when c.az = s.nataz then 'no' else 'yes' end",
        tables: ['client', 'source'],
      };
    case 'client':
      return {
        sql: ADDRESS('l.near', dictionary),
        tables: [],
        group: ['l.near'],
        show: ([near]) => ADDRESS(near!, dictionary),
      };
    case 'remote':
      return {
        sql: ADDRESS('l.far', dictionary),
        tables: [],
        group: ['nullif(l.far, -1)'],
        show: ([far]) => ADDRESS(far!, dictionary),
      };
    case 'service':
      return { sql: 'r.service', tables: ['remote'] };
    case 'provider':
      return { sql: 'r.provider', tables: ['remote'] };
    case 'domain':
      return { sql: 'coalesce(d.domain, e.domain)', tables: ['domain'] };
    case 'region':
      return { sql: 'r.region', tables: ['remote'] };
    case 'port':
      return { sql: 'nullif(l.port, -1)', tables: [] };
    case 'protocol':
      return { sql: PROTOCOL, tables: [] };
    case 'direction':
      return { sql: "case l.up when 1 then 'up' else 'down' end", tables: [] };
    case 'pair':
      return {
        sql: `${ADDRESS('l.near', dictionary)} || '>' || ${ADDRESS('l.far', dictionary)}`,
        tables: [],
        // Without a remote there is no pair: all such rows are one group.
        group: ['case when l.far < 0 then null else l.near end', 'nullif(l.far, -1)'],
        show: ([near, far]) => `${ADDRESS(near!, dictionary)} || '>' || ${ADDRESS(far!, dictionary)}`,
      };
    case 'charge':
      // What the bytes alone tell; the other charges are put together of several questions (answers/charges.ts).
      return { sql: "'data processing'", tables: [] };
    case 'hour':
      return { sql: 'l.t // 60', tables: [] };
    case 'day':
      return { sql: 'l.t // 1440', tables: [] };
  }
}
