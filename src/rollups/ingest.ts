import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NetcostError } from '../errors.js';
import { isNatInterfaceType } from '../flows/legs.js';
import { readObjectName } from '../flows/object-names.js';
import type { Catalog, StoredObject } from './catalog.js';
import { withStoreFailure } from './failure.js';
import { type FoundObject, listObjects } from './list-objects.js';
import type { SegmentJob, SegmentResult } from './segment-writer.js';
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
const BATCH_BYTES = 24 * 1024 * 1024;
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
    const workers = isSmall ? await openInlineWriter(catalog.dir) : openWorkers(catalog.dir, threads);
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
              knownDigest: digestOf(catalog.objectAt(object.key)),
              ...nameParts(object.key),
            })),
            passOver,
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
  const all = sum(objects, (object) => object.size);
  // A few batches for each thread even where there is little, so that none waits for the other's last one.
  const most = batchBytes ?? Math.min(BATCH_BYTES, Math.max(SMALL_BATCH_BYTES, Math.ceil(all / 6)));
  let size = 0;
  for (const object of objects) {
    const last = batches.at(-1);
    if (!last || size + object.size > most || last.length >= BATCH_OBJECTS) {
      batches.push([object]);
      size = object.size;
    } else {
      last.push(object);
      size += object.size;
    }
  }
  return batches;
}

interface Totals {
  objectsRead: number;
  objectsKnown: number;
  objectsPassedOver: number;
  duplicates: number;
  unreadable: { path: string; why: string }[];
  rows: number;
  malformed: Map<string, { count: number; sample: string }>;
}

function createTotals(objectsKnown: number): Totals {
  return {
    objectsRead: 0,
    objectsKnown,
    objectsPassedOver: 0,
    duplicates: 0,
    unreadable: [],
    rows: 0,
    malformed: new Map(),
  };
}

/** What a batch's outcomes mean for the store; `allocateId` gives a number that no row of the store has. */
function commitSegment(
  catalog: Catalog,
  batch: readonly FoundObject[],
  result: SegmentResult,
  totals: Totals,
  allocateId: () => number,
): void {
  const digests = new Set<string>();
  const winners = new Map<string, StoredObject>();
  const replaced: number[] = [];
  const objects = new Map<string, StoredObject>();
  // Its rows are in a segment already, or will be: from now on they count for nobody.
  const withdraw = (object: StoredObject): void => {
    replaced.push(object.id);
    objects.set(object.path, { ...asDuplicate(object), id: allocateId() });
  };
  batch.forEach((object, i) => {
    const outcome = result.outcomes[i]!;
    const before = catalog.objectAt(object.key);
    const stored: StoredObject = {
      id: outcome.id,
      path: object.key,
      name: basename(object.key),
      size: object.size,
      // Not entered under its time, so that the next ingest tries it again; but said in each answer.
      mtimeMs: outcome.form === 'unreadable' ? -1 : object.mtimeMs,
      digest: outcome.digest,
      flowLogId: readObjectName(object.key).flowLogId,
      form: outcome.form,
      damage: outcome.damage,
      rows: outcome.rows,
      malformed: outcome.malformed,
      firstSecond: outcome.firstSecond,
      lastSecond: outcome.lastSecond,
    };
    if (outcome.form === 'unreadable') totals.unreadable.push({ path: object.key, why: outcome.damage ?? '' });
    // Touched, or copied over itself: it stays what it is, and what was read of it a second time counts for nobody.
    if (outcome.form !== 'unreadable' && before?.form !== 'unreadable' && before?.digest === outcome.digest) {
      if (outcome.form !== 'duplicate') replaced.push(outcome.id);
      objects.set(object.key, { ...before, size: object.size, mtimeMs: object.mtimeMs });
      totals.duplicates += 1;
      return;
    }
    if (before) replaced.push(before.id);
    const isTwin =
      outcome.form !== 'duplicate' &&
      outcome.form !== 'unreadable' &&
      (digests.has(outcome.digest) || catalog.hasDigest(outcome.digest));
    if (outcome.form === 'duplicate') objects.set(object.key, stored);
    // Two threads read the same content at once: the second to be committed is the copy.
    if (isTwin) withdraw(stored);
    if (outcome.form === 'duplicate' || isTwin) {
      totals.duplicates += 1;
      return;
    }
    totals.rows += outcome.rows;
    if (outcome.form !== 'unreadable') digests.add(outcome.digest);
    if (outcome.form === 'not-a-log') totals.objectsPassedOver += 1;
    else if (outcome.form !== 'unreadable') totals.objectsRead += 1;
    // AWS never gives one name to two objects, so of two contents one was cut off on the way.
    const other =
      readObjectName(object.key).timeMs === undefined
        ? undefined
        : (winners.get(stored.name) ?? catalog.objectNamed(stored.name));
    if (other === undefined || other.path === object.key || isBetter(stored, other)) {
      if (other !== undefined && other.path !== object.key) withdraw(other);
      winners.set(stored.name, stored);
      objects.set(object.key, stored);
    } else withdraw(stored);
  });
  for (const [reason, { count, sample }] of result.malformed) {
    const seen = totals.malformed.get(reason);
    if (seen) seen.count += count;
    else totals.malformed.set(reason, { count, sample });
  }
  catalog.commitBatch({
    objects: [...objects.values()],
    replaced,
    contexts: result.contexts,
    services: result.services,
    ipv6: result.ipv6,
    profiles: result.profiles,
    facts: result.facts,
    malformed: result.malformed,
    segment:
      result.lastMinute > 0
        ? {
            legsFile: `${result.name}.legs.parquet`,
            presenceFile: `${result.name}.presence.parquet`,
            legs: result.legs,
            firstMinute: result.firstMinute,
            lastMinute: result.lastMinute,
          }
        : undefined,
  });
}

/** Of two contents under one name: the whole one, else the one with more rows. */
function isBetter(one: StoredObject, other: StoredObject): boolean {
  const isWhole = (object: StoredObject): number => (object.damage === undefined ? 1 : 0);
  return isWhole(one) !== isWhole(other) ? isWhole(one) > isWhole(other) : one.rows > other.rows;
}

const asDuplicate = (object: StoredObject): StoredObject => ({
  ...object,
  form: 'duplicate',
  damage: undefined,
  rows: 0,
  malformed: 0,
  firstSecond: 0,
  lastSecond: 0,
});

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
