import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readInventoryFiles } from '../attribution/inventory-files.js';
import { NetcostError } from '../errors.js';
import { openPrices } from '../pricing/price-cache.js';
import type { Naming } from '../query/names.js';
import { ingestDomains } from '../rollups/domains.js';
import { type IngestProgress, type IngestReport, ingestFolder } from '../rollups/ingest.js';
import { ingestObjects, type SourcesReport } from '../rollups/ingest-objects.js';
import type { ObjectSource } from '../rollups/object-source.js';
import { openStore, type Store } from '../rollups/store.js';
import { putInventory } from '../rollups/stored-inventory.js';
import type { Answer } from './answer.js';
import { type AskInput, askQuestion } from './ask.js';
import { type CopySources, loadNaming } from './load-naming.js';

/** Where an engine reads; the flags of the command line, each optional. */
export interface EngineSources {
  readonly flowLogs?: string | undefined;
  readonly store?: string | undefined;
  readonly owners?: string | undefined;
  readonly ipRanges?: string | undefined;
  readonly asn?: string | undefined;
  /** Copies of what other systems told of owners, inventory and ranges. */
  readonly copies?: CopySources | undefined;
  /** LogFormat of objects without a header. */
  readonly logFormat?: string | undefined;
}

export interface Engine {
  readonly store: Store;
  /** What gives addresses their names now. */
  readonly naming: Naming;
  /** Reads owners, copies and ranges again: the next question uses them. What fails leaves them as they were. */
  reloadNaming(): Promise<void>;
  /** What opening it read; undefined where no flow logs were given. */
  readonly ingested: IngestReport | undefined;
  ask(input: AskInput): Promise<Answer>;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly elapsedMs: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Read in threads however little there is: for a process that answers others meanwhile. */
  readonly keepLoopFree?: boolean;
  /** Lines are sums of records, each by itself: no two are added up. */
  readonly areSums?: boolean;
}

/**
 * Opens what questions are asked of: a store, a folder of flow logs read into one, or both. Without `store` the rows go
 * into a temporary one that `close` removes. A folder `ec2/` beside the flow logs is read where it exists.
 */
export async function openEngine(sources: EngineSources, options: EngineOptions): Promise<Engine> {
  if (sources.flowLogs === undefined && sources.store === undefined) {
    throw new NetcostError('usage', 'There is nothing to ask: neither --flow-logs nor --store is given.', {
      hint: 'Give --flow-logs DIR with flow-log objects, or --store DIR that `netcost ingest` filled.',
    });
  }
  const isTemporary = sources.store === undefined;
  // A store that is only asked is opened while the owners file is read.
  const opening =
    sources.flowLogs === undefined && sources.store !== undefined ? openToAsk(sources.store, options) : undefined;
  opening?.catch(() => undefined);
  let naming = await loadNaming(sources).catch(async (error: unknown) => {
    await opening?.then(
      (store) => store.close(),
      () => undefined,
    );
    throw error;
  });
  const dir = sources.store ?? (await mkdtemp(join(tmpdir(), 'netcost-')));
  const removeTemporary = async (): Promise<void> => {
    if (isTemporary) await rm(dir, { recursive: true, force: true });
  };
  try {
    let ingested: IngestReport | undefined;
    if (sources.flowLogs !== undefined) {
      ingested = await ingestInto(dir, sources.flowLogs, sources.logFormat, options, !isTemporary);
    }
    const store = await (opening ?? openToAsk(dir, options));
    const prices = openPrices(dir);
    return {
      store,
      get naming() {
        return naming;
      },
      reloadNaming: async () => {
        naming = await loadNaming(sources);
      },
      ingested,
      ask: (input) => askQuestion({ store, naming, prices, elapsedMs: options.elapsedMs }, input),
      close: async () => {
        store.close();
        await removeTemporary();
      },
    };
  } catch (error) {
    await removeTemporary();
    // What was read into a temporary store is gone with it: no word of going on from there.
    if (isTemporary && error instanceof NetcostError && error.code === 'cancelled') {
      throw new NetcostError('cancelled', 'Stopped.', { cause: error });
    }
    throw error;
  }
}

/** With what it knows learnt: the first question asks for it. */
async function openToAsk(dir: string, { elapsedMs }: EngineOptions): Promise<Store> {
  const store = await openStore(dir, { create: false, elapsedMs });
  try {
    await store.snapshot();
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * Brings a folder's new objects, and the inventory beside it, into the store `dir`, which is made where it is not
 * there. `settle`: make the rollups too, which pays only where the store is asked again.
 */
export function ingestInto(
  dir: string,
  flowLogs: string,
  logFormat: string | undefined,
  options: EngineOptions,
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
  options: EngineOptions & { readonly nowMs: number },
): Promise<SourcesReport> {
  return intoStore(dir, options, true, ({ catalog }) =>
    ingestObjects(catalog, sources, { ...options, ...(logFormat === undefined ? {} : { logFormat }) }),
  );
}

async function intoStore<T>(
  dir: string,
  options: EngineOptions,
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
