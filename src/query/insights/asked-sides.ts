import { dimensionOf } from '../dimensions.js';
import type { Query } from '../query.js';

/** What of a flow a question asks for; the rest needs no groups of its own. */
export interface AskedSides {
  readonly client: boolean;
  readonly remote: boolean;
  readonly port: boolean;
  readonly protocol: boolean;
}

/** By what the keys and filters of a question read (query/dimensions.ts). */
export function sidesOf(query: Pick<Query, 'by' | 'where'>): AskedSides {
  const keys = [...query.by, ...query.where.keys()];
  // Any label may be an owner's: who has it is told by the client.
  const dimensions = keys.map((key) => ({
    ...dimensionOf(key, 'x', new Set(key.startsWith('label.') ? [key.slice('label.'.length).toLowerCase()] : [])),
  }));
  const reads = (column: string): boolean =>
    dimensions.some(({ sql, group = [] }) =>
      [sql, ...group].some((text) => new RegExp(`\\bl\\.${column}\\b`).test(text)),
    );
  const joins = (table: 'client' | 'remote'): boolean => dimensions.some(({ tables }) => tables.includes(table));
  return {
    client: joins('client') || reads('near'),
    remote: joins('remote') || reads('far'),
    port: reads('port'),
    protocol: reads('protocol'),
  };
}
