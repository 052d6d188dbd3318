import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { type Inventory, type InventoryFiles, indexInventory, NO_INVENTORY } from '../attribution/inventory.js';
import { NetcostError } from '../errors.js';
import { toRemember } from '../flows/gateways.js';
import { type Catalog, openCatalog, type Segment } from './catalog.js';
import { parquetFiles, quoteList, quoteLiteral } from './duckdb.js';
import { withStoreFailure } from './failure.js';
import { choicesOfDay, fineSql, type Knowledge, learn, presenceSql, type SecondaryAddresses } from './knowledge.js';
import { limitConcurrency } from './limit.js';

/** How finely time is kept in a relation. */
export type Grain = 'minute' | 'hour' | 'day';

/** A store of flow records, open for questions. Any number of processes can have it open; one can write. */
export interface Store {
  readonly catalog: Catalog;
  readonly inventory: Inventory;
  /** What is there now; the same object as long as nothing was committed. */
  snapshot(): Promise<Snapshot>;
  /** Runs one read-only statement; at most two run at once, the rest wait their turn. Interrupted by the signal. */
  query(sql: string, signal?: AbortSignal): Promise<readonly (readonly unknown[])[]>;
  /** Adds rows to a table of the database, each as long as the table is wide. */
  append(table: string, rows: readonly (readonly StoredValue[])[]): Promise<void>;
  /** Writes the result of a statement as a Parquet file of the store, whole or not at all; how many rows it has. */
  write(file: string, sql: string, rowsOfAGroup?: number): Promise<number>;
  /** Makes the rollups of days whose rows have changed. */
  settle(options?: {
    readonly signal?: AbortSignal;
    readonly onDay?: (done: number, of: number) => void;
  }): Promise<void>;
  close(): void;
}

/** A value of a row that goes into a table: bigint for BIGINT, number for INTEGER. */
export type StoredValue = bigint | number | string | boolean | null | undefined;

export interface Snapshot {
  readonly revision: number;
  readonly knowledge: Knowledge;
  readonly segments: readonly (Segment & { readonly id: number })[];
  readonly replaced: readonly number[];
  /** Days (since 1970) whose rollups hold just what counts now. */
  readonly settled: ReadonlyMap<number, RollupFiles>;
  /** Those of them whose fine rows are gone: only whole hours can be told. */
  readonly finalDays: ReadonlySet<number>;
  /** State that is derived from a snapshot by others, such as the names of its clients. */
  readonly derived: Map<string, unknown>;
}

interface RollupFiles {
  /** Only once the day is final: until then its fine rows, sorted by client, answer as fast. */
  readonly hours: string | undefined;
  readonly days: string;
  readonly presence: string;
}

/** The driver's pool has four threads, and so do name look-ups and files: more would starve them (facts/engine.md 4). */
const QUERIES_AT_ONCE = 2;
const MEMORY_LIMIT_MB = 256;
const KEPT_SCHEMAS = 4;
const EMPTY_LEGS =
  '(select 0::integer as "minute", 0::integer as object, 0::bigint as context, 0::bigint as near, 0::bigint as far, 0::integer as port, 0::smallint as protocol, 0::utinyint as up, 0::utinyint as form, 0::integer as service, 0::bigint as bytes, 0::bigint as packets where false)';
const EMPTY_PRESENCE =
  '(select 0::integer as "minute", 0::integer as object, 0::bigint as context, 0::integer as ok, 0::integer as no_data, 0::integer as skip_data, 0::integer as rejected, 0::double as bytes where false)';

/** Opens a store. A folder that holds none is refused unless `create`. */
export async function openStore(dir: string, options: { readonly create: boolean }): Promise<Store> {
  const root = resolve(dir);
  const catalog = openCatalog(root, options);
  mkdirSync(`${root}/tmp`, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: `${MEMORY_LIMIT_MB}MB` });
  const setup = await instance.connect();
  // No extension, no network, no file outside the store, and no way back: what runs here is SQL that questions shaped.
  await setup.run(`set autoinstall_known_extensions = false; set autoload_known_extensions = false;
    set temp_directory = ${quoteLiteral(`${root}/tmp`)}; set preserve_insertion_order = false;
    set allowed_directories = ${quoteList([`${root}/`])}; set enable_external_access = false; set lock_configuration = true;`);
  setup.closeSync();
  const limit = limitConcurrency(QUERIES_AT_ONCE);
  const inventoryJson = catalog.meta('inventory');
  const inventory = inventoryJson ? indexInventory(JSON.parse(inventoryJson) as InventoryFiles) : NO_INVENTORY;
  const schemas: string[] = [];
  let current: Promise<Snapshot> | undefined;
  let currentRevision = -1;

  const withConnection = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  };

  const takeSnapshot = async (revision: number): Promise<Snapshot> => {
    const segments = catalog.segments();
    const replaced = catalog.replacedObjects();
    const knowledge = await withConnection((connection) =>
      learn(
        connection,
        catalog,
        inventory,
        legsOf(root, segments),
        presenceOf(root, segments),
        `r${revision}`,
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
      if (!day.daysFile || !day.presenceFile || day.isDirty) continue;
      if (!day.isFinal && catalog.meta(`day ${day.day}`) !== dayKey(knowledge, day.day)) continue;
      settled.set(day.day, { hours: day.hoursFile, days: day.daysFile, presence: day.presenceFile });
    }
    const finalDays = new Set(
      catalog
        .days()
        .filter((day) => day.isFinal)
        .map((day) => day.day),
    );
    return { revision, knowledge, segments, replaced, settled, finalDays, derived: new Map() };
  };

  // Looking for secondary addresses reads every leg; what settle() has looked through is not read again.
  const secondaryAddresses = (segments: readonly (Segment & { readonly id: number })[]): SecondaryAddresses => {
    const { until, own } = JSON.parse(catalog.meta('secondary') ?? '{"until":0,"own":[]}') as LookedThrough;
    const unseen = segments.filter((segment) => segment.id > until && segment.legs > 0);
    return { known: new Map(own), unseenLegs: unseen.length === 0 ? undefined : legsOf(root, unseen) };
  };

  const snapshot = (): Promise<Snapshot> => {
    const revision = catalog.revision();
    if (!current || revision !== currentRevision) {
      currentRevision = revision;
      current = takeSnapshot(revision);
      current.catch(() => {
        current = undefined;
      });
    }
    return current;
  };

  return {
    catalog,
    inventory,
    snapshot,
    query: (sql, signal) =>
      limit(() =>
        withConnection(async (connection) => {
          const stop = (): void => connection.interrupt();
          signal?.throwIfAborted();
          signal?.addEventListener('abort', stop, { once: true });
          try {
            return (await connection.runAndReadAll(sql)).getRows();
          } catch (cause) {
            if (signal?.aborted) throw new NetcostError('cancelled', 'The question was cancelled.', { cause });
            throw new NetcostError('store', 'The store could not answer.', {
              cause,
              hint: `Look whether ${root} is whole, or ingest anew.`,
            });
          } finally {
            signal?.removeEventListener('abort', stop);
          }
        }),
      ),
    append: (table, rows) =>
      rows.length === 0 ? Promise.resolve() : withConnection((connection) => appendRows(connection, table, rows)),
    write: (file, sql, rowsOfAGroup) =>
      withConnection(async (connection) => {
        await write(connection, `${root}/${file}`, sql, rowsOfAGroup);
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
      for (const [i, { day }] of days.entries()) {
        settleOptions.signal?.throwIfAborted();
        await withStoreFailure(root, () =>
          withConnection((connection) => settleDay(connection, root, catalog, now, day)),
        );
        settleOptions.onDay?.(i + 1, days.length);
      }
    },
    close() {
      catalog.close();
      instance.closeSync();
      if (existsSync(`${root}/tmp`)) rmSync(`${root}/tmp`, { recursive: true, force: true });
    },
  };
}

/** How many rows go in before others have a turn. */
const ROWS_AT_ONCE = 2_000;

async function appendRows(
  connection: DuckDBConnection,
  table: string,
  rows: readonly (readonly StoredValue[])[],
): Promise<void> {
  const [schema, name] = table.split('.') as [string, string];
  const appender = await connection.createAppender(name, schema);
  for (const [i, row] of rows.entries()) {
    if (i % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await new Promise<void>((resolve) => setImmediate(resolve));
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

const dayKey = (knowledge: Knowledge, day: number): string => `${knowledge.digest} ${choicesOfDay(knowledge, day)}`;

const overlaps = (segment: Segment, fromMinute: number, toMinute: number): boolean =>
  segment.lastMinute >= fromMinute && segment.firstMinute < toMinute;

function legsOf(root: string, segments: readonly Segment[]): string {
  const files = segments.filter((segment) => segment.legs > 0).map((segment) => `${root}/segments/${segment.legsFile}`);
  return files.length === 0 ? EMPTY_LEGS : parquetFiles(files);
}

function presenceOf(root: string, segments: readonly Segment[]): string {
  const files = segments.map((segment) => `${root}/segments/${segment.presenceFile}`);
  return files.length === 0 ? EMPTY_PRESENCE : parquetFiles(files);
}

/** Minutes [from, to) of the counted legs or of the presence, from the smallest files that can tell them. */
export interface Stretch {
  readonly fromMinute: number;
  readonly toMinute: number;
}

const LEG_COLUMNS = 'context, near, far, port, protocol, up, service, bytes, packets';

/**
 * The counted legs of a stretch as an SQL relation with t (minutes since 1970, the begin of a row's grain), context,
 * near, far, port, protocol, up, service, bytes, packets, flows. Whole days come from daily sums, whole hours from
 * hourly sums where `grain` allows, the edges from the fine rows: always exact to the minute.
 */
export function legRelation(store: Store, snapshot: Snapshot, stretch: Stretch, grain: Grain): string {
  const root = store.catalog.dir;
  const parts: string[] = [];
  const { days, hours, fine } = coverStretch(snapshot, stretch, grain);
  const rollup = (files: readonly string[], scale: number, column: string, from: number, to: number): string =>
    `select ${column} * ${scale} as t, ${LEG_COLUMNS}, flows from ${parquetFiles(files.map((file) => `${root}/rollups/${file}`))}
     where ${column} >= ${from / scale} and ${column} < ${to / scale}`;
  for (const run of days)
    parts.push(
      rollup(
        run.files.map((f) => f.days),
        1440,
        '"day"',
        run.fromMinute,
        run.toMinute,
      ),
    );
  for (const run of hours)
    parts.push(
      rollup(
        run.files.map((f) => f.hours!),
        60,
        '"hour"',
        run.fromMinute,
        run.toMinute,
      ),
    );
  for (const run of fine) {
    const segments = snapshot.segments.filter((segment) => overlaps(segment, run.fromMinute, run.toMinute));
    const legs = `(select * from ${legsOf(root, segments)} where "minute" >= ${run.fromMinute} and "minute" < ${run.toMinute})`;
    parts.push(
      `select "minute" as t, ${LEG_COLUMNS}, 1::bigint as flows from ${fineSql(snapshot.knowledge, legs, snapshot.replaced)}`,
    );
  }
  if (parts.length === 0) {
    return `(select "minute" as t, ${LEG_COLUMNS}, 0::bigint as flows from ${EMPTY_LEGS})`;
  }
  return `(${parts.join('\nunion all\n')})`;
}

/** The presence of the gateways in a stretch: "minute", context, ok, no_data, skip_data, rejected. */
export function presenceRelation(store: Store, snapshot: Snapshot, stretch: Stretch): string {
  const root = store.catalog.dir;
  const parts: string[] = [];
  const fine: string[] = [];
  for (let day = Math.floor(stretch.fromMinute / 1440); day * 1440 < stretch.toMinute; day++) {
    if (snapshot.finalDays.has(day)) fine.push(`${root}/rollups/${snapshot.settled.get(day)!.presence}`);
  }
  if (fine.length > 0) {
    parts.push(`select "hour" * 60 as "minute", context, ok, no_data, skip_data, rejected from ${parquetFiles(fine)}
      where "hour" * 60 >= ${stretch.fromMinute} and "hour" * 60 < ${stretch.toMinute}`);
  }
  const segments = snapshot.segments.filter((segment) => overlaps(segment, stretch.fromMinute, stretch.toMinute));
  const final = [...snapshot.finalDays].map(
    (day) => `and not ("minute" >= ${day * 1440} and "minute" < ${(day + 1) * 1440})`,
  );
  const rows = `(select * from ${presenceOf(root, segments)} where "minute" >= ${stretch.fromMinute} and "minute" < ${stretch.toMinute}
    ${final.join(' ')})`;
  parts.push(`select * from ${presenceSql(snapshot.knowledge, rows, snapshot.replaced)}`);
  return `(${parts.join(' union all ')})`;
}

/** Outward to whole hours where a day's fine rows are gone; the same stretch where they are not. */
export function snapStretch(snapshot: Snapshot, { fromMinute, toMinute }: Stretch): Stretch {
  const isFinal = (minute: number): boolean => snapshot.finalDays.has(Math.floor(minute / 1440));
  return {
    fromMinute: isFinal(fromMinute) ? Math.floor(fromMinute / 60) * 60 : fromMinute,
    toMinute: isFinal(toMinute - 1) ? Math.ceil(toMinute / 60) * 60 : toMinute,
  };
}

interface Run extends Stretch {
  readonly files: readonly RollupFiles[];
}

/** Cuts a stretch into whole settled days, hours of final days, and the fine rest, each in runs without gaps. */
function coverStretch(
  snapshot: Snapshot,
  { fromMinute, toMinute }: Stretch,
  grain: Grain,
): { readonly days: readonly Run[]; readonly hours: readonly Run[]; readonly fine: readonly Stretch[] } {
  const days: Run[] = [];
  const hours: Run[] = [];
  const fine: Stretch[] = [];
  const add = <T extends Stretch>(runs: T[], run: T, join: (last: T, run: T) => T): void => {
    const last = runs.at(-1);
    if (last && last.toMinute === run.fromMinute) runs[runs.length - 1] = join(last, run);
    else runs.push(run);
  };
  const joinRun = (last: Run, run: Run): Run => ({
    ...last,
    toMinute: run.toMinute,
    files: [...new Set([...last.files, ...run.files])],
  });
  const joinFine = (last: Stretch, run: Stretch): Stretch => ({ ...last, toMinute: run.toMinute });
  for (let day = Math.floor(fromMinute / 1440); day * 1440 < toMinute; day++) {
    const from = Math.max(fromMinute, day * 1440);
    const to = Math.min(toMinute, (day + 1) * 1440);
    const files = snapshot.settled.get(day);
    const part = { fromMinute: from, toMinute: to };
    if (files && grain === 'day' && to - from === 1440) add(days, { ...part, files: [files] }, joinRun);
    else if (files?.hours !== undefined) add(hours, { ...part, files: [files] }, joinRun);
    else add(fine, part, joinFine);
  }
  return { days, hours, fine };
}

/** Daily sums and hourly presence of one day, written beside and renamed, then named in the catalog. */
async function settleDay(
  connection: DuckDBConnection,
  root: string,
  catalog: Catalog,
  now: Snapshot,
  day: number,
): Promise<void> {
  mkdirSync(`${root}/rollups`, { recursive: true });
  const stem = `${new Date(day * 86_400_000).toISOString().slice(0, 10)}-${now.revision}`;
  const [daysFile, presenceFile] = [`${stem}.days.parquet`, `${stem}.presence.parquet`];
  await write(connection, `${root}/rollups/${daysFile}`, `${sumsOfDay(root, now, day, 1440)} order by near, far`);
  const segments = now.segments.filter((segment) => overlaps(segment, day * 1440, (day + 1) * 1440));
  const presence = `(select * from ${presenceOf(root, segments)} where "minute" >= ${day * 1440} and "minute" < ${(day + 1) * 1440})`;
  await write(
    connection,
    `${root}/rollups/${presenceFile}`,
    `select "minute" // 60 as "hour", context, sum(ok)::bigint as ok, sum(no_data)::bigint as no_data,
     sum(skip_data)::bigint as skip_data, sum(rejected)::bigint as rejected
     from ${presenceSql(now.knowledge, presence, now.replaced)} group by all order by "hour"`,
  );
  catalog.settleDay({ day, isDirty: false, isFinal: false, hoursFile: undefined, daysFile, presenceFile });
  catalog.setMeta(`day ${day}`, dayKey(now.knowledge, day));
}

/** Rows at or above this (64 TiB) keep a row of their own, so that no sum of a day leaves 63 bits. */
const HUGE_COUNT = 2n ** 46n;

/** The counted legs of a day summed by stretches of `minutes` (60 or 1440), as SQL; the column of time is "hour" or "day". */
export function sumsOfDay(root: string, snapshot: Snapshot, day: number, minutes: 60 | 1440): string {
  const [from, to] = [day * 1440, (day + 1) * 1440];
  const segments = snapshot.segments.filter((segment) => overlaps(segment, from, to));
  const legs = `(select * from ${legsOf(root, segments)} where "minute" >= ${from} and "minute" < ${to})`;
  const grain = minutes === 60 ? '"hour"' : '"day"';
  const keys = `${grain}, context, near, far, port, protocol, up, service`;
  return `select ${keys}, sum(bytes)::bigint as bytes, sum(packets)::bigint as packets, count(*)::bigint as flows
    from (select *, "minute" // ${minutes} as ${grain}, case when bytes >= ${HUGE_COUNT} or packets >= ${HUGE_COUNT} then random() end as apart
      from ${fineSql(snapshot.knowledge, legs, snapshot.replaced)}) group by ${keys}, apart`;
}

async function write(connection: DuckDBConnection, file: string, sql: string, rowsOfAGroup = 122_880): Promise<void> {
  const beside = `${file}.tmp`;
  await connection.run(
    `copy (${sql}) to ${quoteLiteral(beside)} (format parquet, compression zstd, compression_level 1, row_group_size ${rowsOfAGroup})`,
  );
  const handle = await open(beside, 'r+');
  await handle.sync();
  await handle.close();
  await rename(beside, file);
}
