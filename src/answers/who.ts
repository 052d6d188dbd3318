import { describeCopies } from '../attribution/copy-states.js';
import type { Holder } from '../attribution/holders.js';
import type { Names } from '../attribution/identify.js';
import type { Inventory } from '../attribution/inventory.js';
import type { Naming } from '../query/names.js';

/** What `who` reads names from, and what has to be said of their sources. */
export interface WhoNames extends Names {
  /** Sentences about sources that are missing or old, and about the owners file. */
  readonly notes: (nowMs: number) => readonly string[];
  /** Asks VPC IPAM who had an address around a moment, where a scope is configured. @throws NetcostError 'upstream' */
  readonly askHistory?: ((address: string, atMs: number) => Promise<readonly Holder[]>) | undefined;
}

/** Names as they are now; `inventory` is asked again with each address, since it may be a newer one. */
export function whoNames(
  naming: Naming,
  inventory: () => Inventory | undefined,
  askHistory?: WhoNames['askHistory'],
): WhoNames {
  const { owners, remotes, holders } = naming;
  return {
    owners,
    tables: remotes,
    placeOf: (address) => inventory()?.placeOf(address, ''),
    networkOf: (address, vpcId) => inventory()?.networkOf(address, vpcId),
    ...(holders ? { holdersOf: holders.of } : {}),
    askHistory,
    notes: (nowMs) => [...describeCopies(naming.copies ?? [], nowMs), ...owners.notes],
  };
}
