import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readInventoryFiles } from '../attribution/inventory-files.js';
import { ingestDomains } from '../rollups/domains.js';
import { type IngestProgress, type IngestReport, ingestFolder } from '../rollups/ingest.js';
import { ingestObjects, type SourcesReport } from '../rollups/ingest-objects.js';
import type { ObjectSource } from '../rollups/object-source.js';
import { openStore, type Store } from '../rollups/store.js';
import { putInventory } from '../rollups/stored-inventory.js';

export interface IntoStoreOptions {
  readonly elapsedMs: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Read in threads however little there is: for a process that answers others meanwhile. */
  readonly keepLoopFree?: boolean;
  /** Lines are sums of records, each by itself: no two are added up. */
  readonly areSums?: boolean;
}

/**
 * Brings a folder's new objects, and the inventory beside it, into the store `dir`, which is made where it is not
 * there. `settle`: make the rollups too, which pays only where the store is asked again.
 */
export function ingestInto(
  dir: string,
  flowLogs: string,
  logFormat: string | undefined,
  options: IntoStoreOptions,
  settle: boolean,
): Promise<IngestReport> {
  return intoStore(dir, options, settle, async ({ catalog }) => {
    const beside = join(dirname(resolve(flowLogs)), 'ec2');
    if (existsSync(beside)) putInventory(catalog, await readInventoryFiles(beside));
    await ingestResolverLogs(dir, flowLogs, options.signal);
    return ingestFolder(catalog, { ...options, flowLogs, ...(logFormat === undefined ? {} : { logFormat }) });
  });
}

/** Resolver query logs as AWS lays them beside flow logs in one bucket, and whatever lies in `dns-logs/` beside them. */
async function ingestResolverLogs(dir: string, flowLogs: string, signal?: AbortSignal): Promise<void> {
  const roots = [flowLogs, join(flowLogs, 'AWSLogs')];
  const inner = await Promise.all(roots.map((root) => readdir(root).catch(() => [])));
  const folders = [
    join(dirname(resolve(flowLogs)), 'dns-logs'),
    // Looked for where AWS puts them, and not with a walk over every object: AWSLogs/ACCOUNT/vpcdnsquerylogs/.
    ...roots.flatMap((root, i) => [root, ...inner[i]!.map((name) => join(root, name))].map((at) => join(at, RESOLVER))),
  ];
  for (const folder of folders) if (existsSync(folder)) await ingestDomains(dir, folder, signal);
}

const RESOLVER = 'vpcdnsquerylogs';

/** The same from sources whose objects are fetched, as buckets; what of them failed is in the report. */
export function ingestSourcesInto(
  dir: string,
  sources: readonly ObjectSource[],
  logFormat: string | undefined,
  options: IntoStoreOptions & { readonly nowMs: number },
): Promise<SourcesReport> {
  return intoStore(dir, options, true, ({ catalog }) =>
    ingestObjects(catalog, sources, { ...options, ...(logFormat === undefined ? {} : { logFormat }) }),
  );
}

async function intoStore<T>(
  dir: string,
  options: IntoStoreOptions,
  settle: boolean,
  ingest: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(dir, { create: true });
  try {
    const report = await ingest(store);
    // The store was opened before its inventory was there, so its rollups are made by one that knows it.
    if (settle) {
      const knowing = await openStore(dir, { create: false });
      try {
        await knowing.settle({ signal: options.signal, daysAtOnce: options.keepLoopFree ? 1 : 2 });
        // Nobody waits for an answer of this process meanwhile.
        if (!options.keepLoopFree) knowing.catalog.emptyJournal();
      } finally {
        knowing.close();
      }
    }
    return report;
  } finally {
    store.close();
  }
}
