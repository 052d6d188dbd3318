import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Inventory } from '../attribution/inventory.js';
import { NetcostError } from '../errors.js';
import { toRemember } from '../flows/gateways.js';
import { type Catalog, openCatalog } from './catalog.js';
import { parquetFiles, quoteList, quoteLiteral } from './duckdb.js';
import { readFailure, withStoreFailure } from './failure.js';
import { learn, type SecondaryAddresses } from './knowledge.js';
import { limitConcurrency } from './limit.js';
import { writeParquet } from './parquet-files.js';
import { legsOf, presenceOf, type RollupFiles, type Snapshot } from './relations.js';
import { dayKey, settleDay } from './settle.js';
import type { Segment } from './stored.js';
import { watchInventory } from './stored-inventory.js';
import { isBeingWritten } from './write-lock.js';

/** A store of flow records, open for questions. Any number of processes can have it open; one can write. */
export interface Store {
  readonly catalog: Catalog;
  readonly inventory: Inventory;
  /** What is there now; the same object as long as nothing was committed. */
  snapshot(): Promise<Snapshot>;
  /** Runs one read-only statement; at most two run at once, the rest wait their turn. Interrupted by the signal. */
  query(sql: string, signal?: AbortSignal): Promise<readonly (readonly unknown[])[]>;
  /** Adds rows to a table of the database, each as long as the table is wide; made as they are asked for, they block nobody. */
  append(table: string, rows: Iterable<readonly StoredValue[]>): Promise<void>;
  /** Writes the result of a statement as a Parquet file of the store, whole or not at all; how many rows it has. */
  write(file: string, sql: string, rowsOfAGroup?: number): Promise<number>;
  /** Makes the rollups of days whose rows have changed. */
  settle(options?: {
    readonly signal?: AbortSignal | undefined;
    readonly onDay?: (done: number, of: number) => void;
    /** One where absent; a second keeps the processor busy where the first waits for its own last rows. */
    readonly daysAtOnce?: number;
  }): Promise<void>;
  close(): void;
}

/** A value of a row that goes into a table: bigint for BIGINT, number for INTEGER. */
export type StoredValue = bigint | number | string | boolean | null | undefined;

/** The driver's pool has four threads, and so do name look-ups and files: more would starve them (facts/engine.md 4). */
const QUERIES_AT_ONCE = 2;
const MEMORY_LIMIT_MB = 192;
const KEPT_SCHEMAS = 4;
const HELD_MS = 10_000;

/** Opens a store. A folder that holds none is refused unless `create`. */
export async function openStore(
  dir: string,
  options: {
    readonly create: boolean;
    /** Monotonic milliseconds. Given, questions see what is older by up to ten seconds while somebody writes. */
    readonly elapsedMs?: () => number;
    /** Two where absent. */
    readonly queriesAtOnce?: number;
  },
): Promise<Store> {
  const root = resolve(dir);
  const catalog = openCatalog(root, options);
  const elapsedMs = options.elapsedMs ?? (() => Number.POSITIVE_INFINITY);
  mkdirSync(`${root}/tmp`, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: `${MEMORY_LIMIT_MB}MB` });
  const setup = await instance.connect();
  // Joins stand in the order that they are meant in: DuckDB's search for a better one takes a tenth of a small question.
  await setup.run("set disabled_optimizers = 'join_order'");
  // No extension, no network, no file outside the store, and no way back: what runs here is SQL that questions shaped.
  await setup.run(`set autoinstall_known_extensions = false; set autoload_known_extensions = false;
    set temp_directory = ${quoteLiteral(`${root}/tmp`)}; set preserve_insertion_order = false;
    set parquet_metadata_cache = true; set enable_external_file_cache = false;
    set allowed_directories = ${quoteList([`${root}/`])}; set enable_external_access = false; set lock_configuration = true;`);
  setup.closeSync();
  const limit = limitConcurrency(options.queriesAtOnce ?? QUERIES_AT_ONCE);
  const inventory = watchInventory(catalog);
  const schemas: string[] = [];
  let current: Promise<Snapshot> | undefined;
  let currentRevision = -1;
  let currentInventory: Inventory | undefined;
  let inventories = 0;
  let takenAtMs = 0;

  const withConnection = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  };

  // Of questions: each runs on one alone, so that it can be interrupted; a new one for each took a tenth of a small one.
  const idle: DuckDBConnection[] = [];
  let isClosed = false;

  const takeSnapshot = async (revision: number, before: Snapshot | undefined): Promise<Snapshot> => {
    const segments = catalog.segments();
    const replaced = catalog.replacedObjects();
    const knowledge = await withConnection((connection) =>
      learn(
        connection,
        catalog,
        inventory(),
        legsOf(root, segments),
        presenceOf(root, segments),
        `r${revision}_${inventories}`,
        secondaryAddresses(segments),
      ),
    );
    schemas.push(knowledge.schema);
    // Questions that began a few commits ago may still read the older tables.
    for (const old of schemas.splice(0, Math.max(0, schemas.length - KEPT_SCHEMAS))) {
      if (!schemas.includes(old))
        await withConnection((connection) => connection.run(`drop schema if exists ${old} cascade`));
    }
    const settled = new Map<number, RollupFiles>();
    for (const day of catalog.days()) {
      const { hoursFile: hours, daysFile: days, clientsFile: clients, presenceFile: presence } = day;
      if (!hours || !days || !clients || !presence || day.isDirty) continue;
      if (!day.isFinal && catalog.meta(`day ${day.day}`) !== dayKey(knowledge, day.day)) continue;
      settled.set(day.day, { hours, days, clients, presence });
    }
    const finalDays = new Set(
      catalog
        .days()
        .filter((day) => day.isFinal)
        .map((day) => day.day),
    );
    return { revision, knowledge, segments, replaced, settled, finalDays, derived: new Map(before?.derived) };
  };

  // Looking for secondary addresses reads every leg; what settle() has looked through is not read again.
  const secondaryAddresses = (segments: readonly (Segment & { readonly id: number })[]): SecondaryAddresses => {
    const { until, own } = JSON.parse(catalog.meta('secondary') ?? '{"until":0,"own":[]}') as LookedThrough;
    const unseen = segments.filter((segment) => segment.id > until && segment.legs > 0);
    return { known: new Map(own), unseenLegs: unseen.length === 0 ? undefined : legsOf(root, unseen) };
  };

  const snapshot = (): Promise<Snapshot> => {
    const revision = catalog.revision();
    const isChanged = revision !== currentRevision || inventory() !== currentInventory;
    if (current && isChanged && inventory() === currentInventory && isHeld()) return current;
    if (!current || isChanged) {
      if (inventory() !== currentInventory) inventories += 1;
      currentRevision = revision;
      currentInventory = inventory();
      takenAtMs = elapsedMs();
      const taken = (current?.catch(() => undefined) ?? Promise.resolve(undefined)).then((before) =>
        takeSnapshot(revision, before),
      );
      current = taken;
      taken.catch(() => {
        if (current === taken) current = undefined;
      });
    }
    return current;
  };

  // Each batch of an ingest is a commit, and learning anew what counts costs more than most questions: while one is at
  // work they see what there was a few seconds ago, of logs that AWS delivers after minutes.
  const isHeld = (): boolean => elapsedMs() - takenAtMs < HELD_MS && isBeingWritten(root);

  return {
    catalog,
    get inventory() {
      return inventory();
    },
    snapshot,
    query: (sql, signal) =>
      limit(async () => {
        const connection = idle.pop() ?? (await instance.connect());
        const stop = (): void => connection.interrupt();
        signal?.addEventListener('abort', stop, { once: true });
        try {
          signal?.throwIfAborted();
          const result = await connection.run(sql);
          const rows: (readonly unknown[])[] = [];
          // A chunk at a time: a hundred thousand rows made into objects at once would hold up everybody else. By columns,
          // which takes half the time.
          for (;;) {
            const chunk = await result.fetchChunk();
            if (!chunk || chunk.rowCount === 0) break;
            const columns = chunk.getColumns();
            for (let row = 0; row < chunk.rowCount; row++) rows.push(columns.map((column) => column[row]));
          }
          if (isClosed) connection.closeSync();
          else idle.push(connection);
          return rows;
        } catch (cause) {
          connection.closeSync();
          if (signal?.aborted) throw new NetcostError('cancelled', 'The question was cancelled.', { cause });
          throw readFailure(root, cause);
        } finally {
          signal?.removeEventListener('abort', stop);
        }
      }),
    append: (table, rows) => withConnection((connection) => appendRows(connection, table, rows)),
    write: (file, sql, rowsOfAGroup) =>
      withConnection(async (connection) => {
        await writeParquet(connection, `${root}/${file}`, sql, rowsOfAGroup);
        const counted = await connection.runAndReadAll(
          `select count(*)::integer from ${parquetFiles([`${root}/${file}`])}`,
        );
        return Number(counted.getRows()[0]![0]);
      }),
    async settle(settleOptions = {}) {
      const now = await snapshot();
      catalog.setMeta('gateways', JSON.stringify(toRemember(now.knowledge.gateways)));
      const lookedThrough: LookedThrough = {
        until: Math.max(0, ...now.segments.map((segment) => segment.id)),
        own: now.knowledge.gateways.gateways.map(({ id, ownAddresses }) => [id, [...ownAddresses].sort()]),
      };
      catalog.setMeta('secondary', JSON.stringify(lookedThrough));
      const days = catalog.days().filter((day) => !now.settled.has(day.day));
      let done = 0;
      let hasFailed = false;
      const atOnce = limitConcurrency(settleOptions.daysAtOnce ?? 1);
      const settled = await Promise.allSettled(
        days.map(({ day }) =>
          atOnce(async () => {
            if (hasFailed) return;
            try {
              settleOptions.signal?.throwIfAborted();
              await withStoreFailure(root, () =>
                withConnection((connection) => settleDay(connection, root, catalog, now, day)),
              );
            } catch (error) {
              hasFailed = true;
              throw error;
            }
            settleOptions.onDay?.(++done, days.length);
          }),
        ),
      );
      // Not before all have ended: none works on in a store that is being closed.
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
    },
    close() {
      isClosed = true;
      for (const connection of idle.splice(0)) connection.closeSync();
      catalog.close();
      instance.closeSync();
      if (existsSync(`${root}/tmp`)) rmSync(`${root}/tmp`, { recursive: true, force: true });
    },
  };
}

/** How many rows are made and go in before others have a turn: some milliseconds. */
const ROWS_AT_ONCE = 250;

async function appendRows(
  connection: DuckDBConnection,
  table: string,
  rows: Iterable<readonly StoredValue[]>,
): Promise<void> {
  const [schema, name] = table.split('.') as [string, string];
  const appender = await connection.createAppender(name, schema);
  let done = 0;
  for (const row of rows) {
    if (++done % ROWS_AT_ONCE === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    for (const value of row) {
      if (value === null || value === undefined) appender.appendNull();
      else if (typeof value === 'string') appender.appendVarchar(value);
      else if (typeof value === 'boolean') appender.appendBoolean(value);
      else if (typeof value === 'bigint') appender.appendBigInt(value);
      else appender.appendInteger(value);
    }
    appender.endRow();
  }
  appender.closeSync();
}

/** The last segment that was looked through for own addresses of gateways, and what was found. */
interface LookedThrough {
  readonly until: number;
  readonly own: readonly [string, readonly string[]][];
}
