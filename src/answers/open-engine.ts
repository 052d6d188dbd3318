import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetcostError } from '../errors.js';
import { openPrices } from '../pricing/price-cache.js';
import type { Naming } from '../query/names.js';
import type { IngestReport } from '../rollups/ingest.js';
import { openStore, type Store } from '../rollups/store.js';
import type { Answer } from './answer.js';
import { type AskInput, askQuestion } from './ask.js';
import type { CopySources } from './copy-sources.js';
import type { IntoStoreOptions } from './ingest-into.js';
import { loadNaming } from './load-naming.js';

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

/**
 * Opens what questions are asked of: a store, a folder of flow logs read into one, or both. Without `store` the rows go
 * into a temporary one that `close` removes. A folder `ec2/` beside the flow logs is read where it exists.
 */
export async function openEngine(sources: EngineSources, options: IntoStoreOptions): Promise<Engine> {
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
      // Half of the program's code: not loaded by a question about a store.
      const { ingestInto } = await import('./ingest-into.js');
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
async function openToAsk(dir: string, { elapsedMs }: IntoStoreOptions): Promise<Store> {
  const store = await openStore(dir, { create: false, elapsedMs });
  try {
    await store.snapshot();
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}
