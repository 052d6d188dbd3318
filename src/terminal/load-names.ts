import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { loadNaming } from '../answers/load-naming.js';
import type { EngineSources } from '../answers/open-engine.js';
import { type WhoNames, whoNames } from '../answers/who.js';
import { type Inventory, indexInventory } from '../attribution/inventory.js';
import { readInventoryFiles } from '../attribution/inventory-files.js';

/** What tells whose an address is, without the flow logs themselves; `ec2/` beside them, or what the store keeps of it. */
export async function loadNames(sources: EngineSources, askHistory?: WhoNames['askHistory']): Promise<WhoNames> {
  const [naming, inventory] = await Promise.all([loadNaming(sources), loadInventory(sources)]);
  return whoNames(naming, () => inventory, askHistory);
}

async function loadInventory({ flowLogs, store }: EngineSources): Promise<Inventory | undefined> {
  const beside = flowLogs === undefined ? undefined : join(dirname(resolve(flowLogs)), 'ec2');
  if (beside !== undefined && existsSync(beside)) return indexInventory(await readInventoryFiles(beside));
  if (store === undefined) return undefined;
  const { openStore } = await import('../rollups/store.js');
  const opened = await openStore(store, { create: false });
  const { inventory } = opened;
  opened.close();
  return inventory;
}
