import { NetcostError } from '../../errors.js';
import { PROTOCOL_NAMES } from '../dimensions.js';
import type { FilterKey, GroupKey } from '../query.js';

/** A key of a question over the rows of compile.ts: what is grouped by, and the text that is shown of it. */
export interface AthenaDimension {
  /** The value, null where it is not known; its text is what filters compare. */
  readonly sql: string;
  /** What rows are grouped by and ties are ordered by, where that is not the value. */
  readonly group?: readonly string[];
  readonly show?: (columns: readonly string[]) => string;
}

const octet = (column: string, shift: number): string =>
  `cast(bitwise_and(bitwise_right_shift(${column}, ${shift}), 255) as varchar)`;
const ipv4 = (column: string): string =>
  `${octet(column, 24)} || '.' || ${octet(column, 16)} || '.' || ${octet(column, 8)} || '.' || ${octet(column, 0)}`;
const address = (v4: string, v6: string): string => `case when ${v4} is not null then ${ipv4(v4)} else ${v6} end`;

const PROTOCOL = `case protocol ${PROTOCOL_NAMES.map(([n, name]) => `when ${n} then '${name}'`).join(' ')} when -1 then null else cast(protocol as varchar) end`;

/** `labels`: the labels of owners.yaml in lower case; any other is unknown everywhere. */
export function athenaDimension(key: GroupKey | FilterKey, labels: ReadonlySet<string>): AthenaDimension {
  if (key.startsWith('label.')) {
    const label = key.slice('label.'.length).toLowerCase();
    return { sql: labels.has(label) ? clientColumn(`label.${label}`) : 'cast(null as varchar)' };
  }
  switch (key as Exclude<GroupKey, `label.${string}`>) {
    case 'team':
    case 'env':
    case 'account':
    case 'vpc':
    case 'az':
    case 'workload':
      return { sql: clientColumn(key) };
    case 'nat':
      return { sql: 'nat' };
    case 'nataz':
      return { sql: 'nat_zone' };
    case 'crossaz':
      return {
        sql: `case when ${clientColumn('az')} is null or nat_zone is null then null when ${clientColumn('az')} = nat_zone then 'no' else 'yes' end`,
      };
    case 'client':
      return {
        sql: address('near', 'near6'),
        group: ['near', 'near6'],
        show: ([v4, v6]) => address(v4!, v6!),
      };
    case 'remote':
      return { sql: address('far', 'far6'), group: ['far', 'far6'], show: ([v4, v6]) => address(v4!, v6!) };
    case 'pair': {
      // Without a remote there is no pair: all such rows are one group.
      const has = (column: string): string => `case when far is null and far6 is null then null else ${column} end`;
      return {
        sql: `${address('near', 'near6')} || '>' || ${address('far', 'far6')}`,
        group: [has('near'), has('near6'), 'far', 'far6'],
        show: ([near, near6, far, far6]) => `${address(near!, near6!)} || '>' || ${address(far!, far6!)}`,
      };
    }
    case 'service':
    case 'provider':
    case 'region':
      return { sql: `remote_${key}` };
    case 'port':
      return { sql: 'nullif(port, -1)' };
    case 'protocol':
      return { sql: PROTOCOL };
    case 'direction':
      return { sql: "case when up then 'up' else 'down' end" };
    case 'hour':
      return { sql: 'shown_minute / 60' };
    case 'day':
      return { sql: 'shown_minute / 1440' };
    default:
      throw new NetcostError('usage', `Athena does not answer ${key}.`, {
        hint: 'Ask without it, or of the embedded engine (data.engine: embedded).',
      });
  }
}

/** The column of a client's name; the label's name is quoted, so that it stays a name. */
export const clientColumn = (column: string): string => `"client ${column.replaceAll('"', '""')}"`;
