import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NetcostError } from '../errors.js';
import { isNatInterfaceType } from '../flows/legs.js';
import { readObjectName } from '../flows/object-names.js';
import type { Catalog } from './catalog.js';
import { commitSegment, createTotals } from './commit-segment.js';
import { withStoreFailure } from './failure.js';
import { type FoundObject, listObjects } from './list-objects.js';
import type { SegmentJob } from './segment-writer.js';
import type { StoredObject } from './stored.js';
import { openInlineWriter, openWorkers } from './workers.js';
import { lockForWriting } from './write-lock.js';

/** What an ingest did, for the person who ran it. */
export interface IngestReport {
  readonly objectsRead: number;
  readonly objectsKnown: number;
  readonly objectsPassedOver: number;
  readonly duplicates: number;
  readonly unreadable: readonly { readonly path: string; readonly why: string }[];
  readonly rows: number;
  readonly malformed: ReadonlyMap<string, { readonly count: number; readonly sample: string }>;
  readonly tookMs: number;
}

export interface IngestProgress {
  readonly objectsDone: number;
  readonly objects: number;
  readonly bytesDone: number;
  readonly bytes: number;
  readonly rows: number;
}

export interface IngestOptions {
  readonly flowLogs: string;
  /** LogFormat of objects without a header. */
  readonly logFormat?: string;
  /** Lines are sums of records, each by itself (query/insights/lines.ts): no two are added up. */
  readonly areSums?: boolean;
  readonly workers?: number;
  /** Compressed bytes of a batch; tests make it small, so that there are many. */
  readonly batchBytes?: number;
  /** Never read in the calling thread, however little there is: for a process that answers others meanwhile. */
  readonly keepLoopFree?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Monotonic milliseconds, for the report. */
  readonly elapsedMs: () => number;
}

/**
 * Compressed bytes of one batch: a batch is a segment, a commit, and what a crash can cost. Its rows (some thirty bytes
 * each when compressed) stand in a worker's memory while it is read, about 55 bytes a leg.
 */
const BATCH_BYTES = 16 * 1024 * 1024;
const BATCH_OBJECTS = 2000;
const LOOKUPS_AT_ONCE = 1000;
/** Below this a second thread costs more to start than it saves. */
const SMALL_BATCH_BYTES = 2 * 1024 * 1024;

/**
 * Brings the new objects below a folder into a store. Objects that the store has are not read again; the same content
 * under another name changes nothing; an object that was cut off and is now whole takes the place of the old. Each
 * batch is committed whole: a crash at any moment loses nothing that was committed and leaves nothing half counted.
 */
export function ingestFolder(catalog: Catalog, options: IngestOptions): Promise<IngestReport> {
  return withStoreFailure(catalog.dir, () => ingest(catalog, options));
}

async function ingest(catalog: Catalog, options: IngestOptions): Promise<IngestReport> {
  const startedMs = options.elapsedMs();
  const unlock = lockForWriting(catalog.dir);
  try {
    removeStrayFiles(catalog);
    const found = await listObjects(options.flowLogs);
    const fresh: FoundObject[] = [];
    for (const [i, object] of found.entries()) {
      // A bucket of years has millions: others get their turn between.
      if (i % LOOKUPS_AT_ONCE === LOOKUPS_AT_ONCE - 1) await new Promise<void>((resolve) => setImmediate(resolve));
      const seen = catalog.objectAt(object.key);
      if (!seen || seen.size !== object.size || seen.mtimeMs !== object.mtimeMs) fresh.push(object);
    }
    const totals = createTotals(found.length - fresh.length);
    const batches = makeBatches(fresh, options.batchBytes);
    const isSmall = sum(fresh, (object) => object.size) < SMALL_BATCH_BYTES && options.keepLoopFree !== true;
    const threads = Math.min(options.workers ?? 2, Math.max(1, batches.length));
    const workers = isSmall
      ? await openInlineWriter(catalog.dir)
      : openWorkers(catalog.dir, threads, options.keepLoopFree === true);
    const progress = { objectsDone: 0, objects: fresh.length, bytesDone: 0, bytes: sum(fresh, (o) => o.size), rows: 0 };
    const stop = (): void => workers.stop();
    if (options.signal?.aborted) stop();
    options.signal?.addEventListener('abort', stop, { once: true });
    let nextId = catalog.nextObjectId();
    const passOver = interfacesToPassOver(catalog);
    try {
      await Promise.all(
        batches.map(async (batch) => {
          const ids = batch.map(() => nextId++);
          const job: SegmentJob = {
            name: randomBytes(9).toString('hex'),
            objects: batch.map((object, i) => ({
              id: ids[i]!,
              path: object.path,
              size: object.size,
              knownDigest: digestOf(catalog.objectAt(object.key)),
              ...nameParts(object.key),
            })),
            passOver,
            areSums: options.areSums === true,
            logFormat: options.logFormat,
          };
          const told = { objects: 0, rows: 0 };
          const result = await workers.run(job, (objects, rows) => {
            told.objects += objects;
            told.rows += rows;
            progress.objectsDone += objects;
            progress.rows += rows;
            options.onProgress?.({ ...progress });
          });
          commitSegment(catalog, batch, result, totals, () => nextId++);
          progress.objectsDone += batch.length - told.objects;
          progress.rows += sum(result.outcomes, (outcome) => outcome.rows) - told.rows;
          progress.bytesDone += sum(batch, (o) => o.size);
          options.onProgress?.({ ...progress });
        }),
      );
    } catch (error) {
      if (options.signal?.aborted) {
        throw new NetcostError('cancelled', 'Stopped. What was read so far is in the store.', {
          hint: 'The next ingest goes on from there.',
        });
      }
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', stop);
      await workers.close();
    }
    return { ...totals, malformed: totals.malformed, tookMs: options.elapsedMs() - startedMs };
  } finally {
    unlock();
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** Of what was read; one that could not be read is tried again. */
const digestOf = (object: StoredObject | undefined): string | undefined =>
  object?.form === 'unreadable' ? undefined : object?.digest;

function nameParts(key: string): { flowLogId: string; accountId: string; region: string } {
  const { flowLogId, accountId, region } = readObjectName(key);
  return { flowLogId, accountId, region };
}

function makeBatches(objects: readonly FoundObject[], batchBytes?: number): FoundObject[][] {
  const batches: FoundObject[][] = [];
  let left = sum(objects, (object) => object.size);
  let most = 0;
  let size = 0;
  for (const object of objects) {
    const last = batches.at(-1);
    if (!last || size + object.size > most || last.length >= BATCH_OBJECTS) {
      // A quarter of what is left: the last ones are small, so that no thread waits long for the other.
      most = batchBytes ?? Math.min(BATCH_BYTES, Math.max(SMALL_BATCH_BYTES, Math.ceil(left / 4)));
      batches.push([object]);
      size = 0;
    } else last.push(object);
    size += object.size;
    left -= object.size;
  }
  return batches;
}

/** Interfaces that their own rows name as something else than a NAT gateway: nothing of theirs can ever count. */
function interfacesToPassOver(catalog: Catalog): ReadonlySet<string> {
  const others = catalog
    .profiles()
    .filter((p) => p.interfaceType !== '' && !isNatInterfaceType(p.interfaceType) && p.instanceRows === 0);
  return new Set(others.map((profile) => profile.interfaceId));
}

/** Files of a batch that was never committed, left by a crash. */
function removeStrayFiles(catalog: Catalog): void {
  const folder = join(catalog.dir, 'segments');
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  const named = new Set(catalog.segments().flatMap((segment) => [segment.legsFile, segment.presenceFile]));
  for (const file of readdirSync(folder)) if (!named.has(file)) rmSync(join(folder, file), { force: true });
  rmSync(join(catalog.dir, 'tmp'), { recursive: true, force: true });
}
