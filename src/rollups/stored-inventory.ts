import { createHash } from 'node:crypto';
import { type Inventory, indexInventory, NO_INVENTORY } from '../attribution/inventory.js';
import type { InventoryFiles } from '../attribution/inventory-files.js';
import type { Catalog } from './catalog.js';

/** Keeps an inventory in the store; a process that has the store open sees it with its next question. True where it is new. */
export function putInventory(catalog: Catalog, files: InventoryFiles): boolean {
  const text = JSON.stringify(files);
  const version = createHash('sha256').update(text).digest('hex').slice(0, 24);
  if (catalog.meta('inventory version') === version) return false;
  catalog.setMeta('inventory', text);
  catalog.setMeta('inventory version', version);
  return true;
}

/** The inventory as it stands in the store; undefined where there is none. */
export function storedInventory(catalog: Pick<Catalog, 'meta'>): InventoryFiles | undefined {
  const text = catalog.meta('inventory');
  return text === undefined ? undefined : (JSON.parse(text) as InventoryFiles);
}

/** The inventory made ready for lookups, again whenever another one was put in. */
export function watchInventory(catalog: Pick<Catalog, 'meta'>): () => Inventory {
  let known: { readonly version: string | undefined; readonly inventory: Inventory } | undefined;
  return () => {
    const version = catalog.meta('inventory version');
    if (!known || known.version !== version) {
      const files = storedInventory(catalog);
      known = { version, inventory: files ? indexInventory(files) : NO_INVENTORY };
    }
    return known.inventory;
  };
}
