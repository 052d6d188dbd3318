import { addressId } from '../flows/addresses.js';
import { readDomains } from '../rollups/domains.js';
import type { Store } from '../rollups/store.js';

/** Stands for every client: what a remote is called where all who asked called it the same. */
export const ANY_CLIENT = -2n;

/**
 * Fills a table near, far, domain with what clients called remotes; a client that did not ask takes the name that all
 * others use, where they agree. False where no Resolver query log was read: then nothing has a name.
 */
export async function fillDomainTable(store: Store, table: string): Promise<boolean> {
  await store.query(`create table ${table} (near bigint, far bigint, domain varchar)`);
  const named = readDomains(store.catalog.dir);
  if (named === undefined) return false;
  const byRemote = new Map<bigint, string | undefined>();
  const rows = named.map(({ client, remote, domain }): [bigint, bigint, string] => {
    const far = addressId(remote)!;
    byRemote.set(far, !byRemote.has(far) || byRemote.get(far) === domain ? domain : undefined);
    return [addressId(client)!, far, domain];
  });
  const agreed = [...byRemote].flatMap(([far, domain]): [bigint, bigint, string][] =>
    domain === undefined ? [] : [[ANY_CLIENT, far, domain]],
  );
  await store.append(table, [...rows, ...agreed]);
  return named.length > 0;
}
