import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { EngineSources } from '../answers/open-engine.js';
import type { Names } from '../attribution/identify.js';
import { type Inventory, indexInventory } from '../attribution/inventory.js';
import { readInventoryFiles } from '../attribution/inventory-files.js';
import { loadOwners, NO_OWNERS } from '../attribution/owners.js';
import { loadRemoteTables } from '../attribution/ranges.js';

/** What tells whose an address is, without the flow logs themselves; `ec2/` beside them, or what the store keeps of it. */
export async function loadNames(sources: EngineSources): Promise<Names> {
  const owners = sources.owners === undefined ? NO_OWNERS : await loadOwners(sources.owners);
  const [tables, inventory] = await Promise.all([
    loadRemoteTables({ remotes: owners.remotes, ipRanges: sources.ipRanges, asn: sources.asn }),
    loadInventory(sources),
  ]);
  return { owners, tables, placeOf: (address) => inventory?.placeOf(address, '') };
}

async function loadInventory({ flowLogs, store }: EngineSources): Promise<Inventory | undefined> {
  const beside = flowLogs === undefined ? undefined : join(dirname(resolve(flowLogs)), 'ec2');
  if (beside !== undefined && existsSync(beside)) return indexInventory(await readInventoryFiles(beside));
  if (store === undefined) return undefined;
  const { openStore } = await import('../rollups/store.js');
  const opened = await openStore(store, { create: false });
  opened.close();
  return opened.inventory;
}
