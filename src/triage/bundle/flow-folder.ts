import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readInventoryFiles } from '../../attribution/inventory-files.js';
import { ingestFolder } from '../../rollups/ingest.js';
import { openStore } from '../../rollups/store.js';
import { readFlowStore } from '../flow-store.js';
import type { FlowReading, Inventory } from '../sources.js';
import { readOutsideRows } from './outside-rows.js';

/**
 * Reads a bundle's flow logs through the same store that answers questions, a temporary one that is removed again. The
 * inventory beside the folder tells the gateways; without one they are found from the rows.
 */
export async function readFlowFolder(
  folder: string,
  inventory: Inventory | null,
  elapsedMs: () => number,
): Promise<FlowReading> {
  const dir = await mkdtemp(join(tmpdir(), 'netcost-diagnose-'));
  try {
    const filling = await openStore(dir, { create: true });
    try {
      const beside = join(dirname(resolve(folder)), 'ec2');
      // EC2 that failed may have left files of another day: only what was read counts.
      if (inventory && existsSync(beside))
        filling.catalog.setMeta('inventory', JSON.stringify(await readInventoryFiles(beside)));
      await ingestFolder(filling.catalog, { flowLogs: folder, elapsedMs });
    } finally {
      filling.close();
    }
    // The store was opened before its inventory was there.
    const store = await openStore(dir, { create: false });
    try {
      return await readFlowStore(store, null, (gateways) => readOutsideRows(folder, gateways));
    } finally {
      store.close();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
