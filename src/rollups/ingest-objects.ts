import { setMaxListeners } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdir, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NetcostError } from '../errors.js';
import type { Catalog } from './catalog.js';
import { type IngestOptions, type IngestProgress, type IngestReport, ingestFolder } from './ingest.js';
import { addReports, NOTHING_READ } from './ingest-report.js';
import { limitConcurrency } from './limit.js';
import type { ObjectSource, RemoteObject } from './object-source.js';
import { keepSourceStates, readSourceStates, writeSourceState } from './source-states.js';
import { lockForWriting } from './write-lock.js';

/** What reading from sources did. */
export interface SourcesReport extends IngestReport {
  readonly fetched: { readonly objects: number; readonly bytes: number };
  /** Parts that could not be listed or fetched: what of them is new is missing. */
  readonly failures: readonly { readonly source: string; readonly what: string; readonly error: NetcostError }[];
}

export interface SourcesOptions extends Omit<IngestOptions, 'flowLogs' | 'onProgress'> {
  readonly nowMs: number;
  /** Objects on their way at once. */
  readonly fetchesAtOnce?: number;
  /** Objects and compressed bytes that are on the disk at most, twice: one batch is fetched while one is read. */
  readonly spoolObjects?: number;
  readonly spoolBytes?: number;
  readonly onProgress?: (progress: IngestProgress) => void;
}

const SOURCES_AT_ONCE = 4;
const FETCHES_AT_ONCE = 16;
/** Small, because a kill costs what was fetched of a batch; enough for a segment. */
const SPOOL_OBJECTS = 500;
const SPOOL_BYTES = 48 * 1024 * 1024;
/** A source of which so many objects in a row could not be fetched is left alone until the next run. */
const FAILURES_IN_A_ROW = 5;
const FAILURES_KEPT = 20;

interface Batch {
  readonly objects: { readonly source: ObjectSource; readonly object: RemoteObject }[];
  /** What may be remembered of a source once the objects are in the store. */
  readonly reached: { readonly source: ObjectSource; readonly state: string }[];
  bytes: number;
}

/**
 * Brings what is new of the sources into a store: listed page by page, fetched in batches of bounded size into a folder
 * of the store whose paths are the objects' keys, read from there as any folder is (ingest.ts), and removed. What the
 * store knows under key, size and time is not fetched again, so a run that was killed at any moment is gone on with by
 * the next. A part that fails is named in the report, and is tried again from where it was the next time; the others
 * go on. One process at a time; a second is refused.
 */
export async function ingestObjects(
  catalog: Catalog,
  sources: readonly ObjectSource[],
  options: SourcesOptions,
): Promise<SourcesReport> {
  const startedMs = options.elapsedMs();
  // One of our own, because each object on its way listens to it.
  const signal = AbortSignal.any(options.signal === undefined ? [] : [options.signal]);
  setMaxListeners(0, signal);
  const spool = join(catalog.dir, 'spool');
  mkdirSync(spool, { recursive: true });
  const unlock = lockForWriting(spool);
  const spoolOf = (n: number): string => join(spool, `batch-${n % 2}`);
  const run = beginRun(catalog);
  let reading: Promise<void> = Promise.resolve();
  try {
    keepSourceStates(catalog, new Set(sources.map(({ name }) => name)));
    let n = 0;
    let batch: Batch = { objects: [], reached: [], bytes: 0 };
    const turn = async (): Promise<void> => {
      const full = batch;
      batch = { objects: [], reached: [], bytes: 0 };
      const folder = spoolOf(n++);
      rmSync(folder, { recursive: true, force: true });
      await fetchBatch(full, folder, run, options, signal);
      await reading;
      reading = readBatch(catalog, full, folder, run, options);
      // It is waited for with the next batch, or at the end.
      reading.catch(() => {});
    };
    const isFull = (): boolean =>
      batch.objects.length >= (options.spoolObjects ?? SPOOL_OBJECTS) ||
      batch.bytes >= (options.spoolBytes ?? SPOOL_BYTES);
    const oneAtATime = limitConcurrency(1);
    const take = async (source: ObjectSource): Promise<void> => {
      const state = readSourceStates(catalog).find(({ name }) => name === source.name)?.state;
      for await (const step of source.list(state, signal)) {
        signal.throwIfAborted();
        if (step.kind === 'failed') run.fail(source, step.what, step.error);
        else if (step.kind === 'reached') batch.reached.push({ source, state: step.state });
        else
          for (const object of step.objects) {
            if (run.isGivenUp(source)) return;
            if (run.isKnown(object)) continue;
            batch.objects.push({ source, object });
            batch.bytes += object.size;
            // Several sources fill it: whoever comes second finds it taken.
            if (isFull()) await oneAtATime(async () => (isFull() ? turn() : undefined));
          }
        if (run.isGivenUp(source)) return;
      }
    };
    // A source that does not answer takes its time; the others do not wait for it.
    const few = limitConcurrency(SOURCES_AT_ONCE);
    const listing = sources.map((source) =>
      few(async () => {
        signal.throwIfAborted();
        try {
          await take(source);
        } catch (error) {
          if (!(error instanceof NetcostError) || error.code !== 'upstream') throw error;
          run.fail(source, source.name, error);
        }
      }),
    );
    try {
      await Promise.all(listing);
    } finally {
      await Promise.allSettled(listing);
    }
    await turn();
    await reading;
    for (const source of sources) {
      const failures = run.failures.filter((each) => each.source === source.name);
      writeSourceState(catalog, source.name, {
        failures: failures.map(({ what, error }) => `${what}: ${error.message}`),
        ...(failures.length === 0 && { wholeMs: options.nowMs }),
      });
    }
    return { ...run.report(), tookMs: options.elapsedMs() - startedMs };
  } catch (error) {
    if (signal.aborted) {
      throw new NetcostError('cancelled', 'Stopped. What was read so far is in the store.', {
        cause: error,
        hint: 'The next ingest goes on from there.',
      });
    }
    throw error;
  } finally {
    // A batch that is being read ends by itself when the run is stopped; until then the store is not free.
    await reading.catch(() => {});
    for (const half of [0, 1]) rmSync(spoolOf(half), { recursive: true, force: true });
    unlock();
  }
}

type Run = ReturnType<typeof beginRun>;

/** The report as it grows, and what is known of objects and sources. */
function beginRun(catalog: Catalog) {
  let read = NOTHING_READ;
  let objectsKnown = 0;
  const fetched = { objects: 0, bytes: 0 };
  const failures: SourcesReport['failures'][number][] = [];
  const blocked = new Set<string>();
  const inARow = new Map<string, number>();
  return {
    fetched,
    failures,
    report: (): Omit<SourcesReport, 'tookMs'> => ({ ...read, objectsKnown, fetched, failures }),
    add(report: IngestReport): void {
      read = addReports(read, report);
    },
    progress: { objectsDone: 0, objects: 0, bytesDone: 0, bytes: 0, rows: 0 },
    isKnown(object: RemoteObject): boolean {
      const seen = catalog.objectAt(object.key);
      const isKnown = seen !== undefined && seen.size === object.size && seen.mtimeMs === wholeSecond(object);
      if (isKnown) objectsKnown += 1;
      return isKnown;
    },
    fail(source: ObjectSource, what: string, error: NetcostError): void {
      if (failures.length < FAILURES_KEPT) failures.push({ source: source.name, what, error });
    },
    /** Nothing more is remembered of it in this run: the next lists from before what was not fetched. */
    isBlocked: (source: ObjectSource): boolean => blocked.has(source.name),
    note(source: ObjectSource, outcome: 'well' | 'failed'): void {
      if (outcome === 'failed') blocked.add(source.name);
      inARow.set(source.name, outcome === 'well' ? 0 : (inARow.get(source.name) ?? 0) + 1);
    },
    isGivenUp: (source: ObjectSource): boolean => (inARow.get(source.name) ?? 0) >= FAILURES_IN_A_ROW,
  };
}

/** S3 tells whole seconds; some stand-ins tell more, and a file keeps what it can. */
const wholeSecond = ({ modifiedMs }: RemoteObject): number => Math.floor(modifiedMs / 1000) * 1000;

async function fetchBatch(
  batch: Batch,
  folder: string,
  run: Run,
  options: SourcesOptions,
  signal: AbortSignal,
): Promise<void> {
  run.progress.objects += batch.objects.length;
  run.progress.bytes += batch.bytes;
  const limit = limitConcurrency(options.fetchesAtOnce ?? FETCHES_AT_ONCE);
  const fetchOne = async ({ source, object }: Batch['objects'][number]): Promise<void> => {
    if (signal.aborted || run.isGivenUp(source)) return;
    const file = join(folder, object.key);
    try {
      await mkdir(dirname(file), { recursive: true });
      const outcome = await source.fetch(object, file, signal);
      run.note(source, 'well');
      if (outcome === 'gone') return;
      const second = wholeSecond(object) / 1000;
      await utimes(file, second, second);
      run.fetched.objects += 1;
      run.fetched.bytes += object.size;
    } catch (error) {
      await rm(file, { force: true }).catch(() => {});
      if (signal.aborted) return;
      run.note(source, 'failed');
      run.fail(source, object.key, asFailure(error, object));
    }
  };
  await Promise.all(batch.objects.map((each) => limit(() => fetchOne(each))));
  signal.throwIfAborted();
}

async function readBatch(
  catalog: Catalog,
  batch: Batch,
  folder: string,
  run: Run,
  options: SourcesOptions,
): Promise<void> {
  if (batch.objects.length > 0) {
    await mkdir(folder, { recursive: true });
    const before = { ...run.progress };
    const { onProgress, ...rest } = options;
    const report = await ingestFolder(catalog, {
      ...rest,
      flowLogs: folder,
      ...(onProgress && {
        onProgress: ({ objectsDone, bytesDone, rows }: IngestProgress) => {
          run.progress.objectsDone = before.objectsDone + objectsDone;
          run.progress.bytesDone = before.bytesDone + bytesDone;
          run.progress.rows = before.rows + rows;
          onProgress({ ...run.progress });
        },
      }),
    });
    run.add(report);
    await rm(folder, { recursive: true, force: true });
  }
  for (const { source, state } of batch.reached)
    if (!run.isBlocked(source)) writeSourceState(catalog, source.name, { state });
}

function asFailure(error: unknown, { key }: RemoteObject): NetcostError {
  if (error instanceof NetcostError) return error;
  const why = (error as NodeJS.ErrnoException)?.code ?? 'failed';
  return new NetcostError('input', `${key} could not be put on the disk (${why}).`, { cause: error });
}
