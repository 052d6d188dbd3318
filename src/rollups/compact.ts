import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, MINUTE_MS } from '../units.js';
import { parquetFiles } from './duckdb.js';
import { withStoreFailure } from './failure.js';
import { LEG_ORDER } from './parquet-files.js';
import { overlaps } from './relations.js';
import type { Store } from './store.js';
import type { Segment } from './stored.js';
import { lockForWriting } from './write-lock.js';

/** How long what is kept. */
export interface Retention {
  /** Rows exact to the minute. */
  readonly fineDays: number;
  /** Hourly and daily sums. */
  readonly rollupDays: number;
}

/** Five weeks hold a month's questions to the minute and four weeks to compare with; thirteen months a year's. */
const DEFAULT_RETENTION: Retention = { fineDays: 35, rollupDays: 396 };

export interface CompactReport {
  readonly segmentsJoined: number;
  readonly finalDays: number;
  readonly forgottenDays: number;
  readonly filesRemoved: number;
}

/** A day with more segments than this is joined into fewer: each file costs a question a fifth of a millisecond. */
const SEGMENTS_OF_A_DAY = 6;
/** A large day becomes several, one after another in time: for the minutes at a window's end no day of rows is read. */
const LEGS_OF_A_SEGMENT = 500_000;
/** Old files stay so long after they were replaced: questions that began before are still reading them. */
const GRACE_MS = 10 * MINUTE_MS;

/**
 * Keeps a store small: joins the segments of past days into a few, lets rows older than `fineDays` go (their rollups become final)
 * and rollups older than `rollupDays`. Every step is one commit; a crash between two leaves a whole store. Questions
 * go on meanwhile.
 */
export function compactStore(
  store: Store,
  nowMs: number,
  retention: Retention = DEFAULT_RETENTION,
): Promise<CompactReport> {
  return withStoreFailure(store.catalog.dir, () => compact(store, nowMs, retention));
}

async function compact(store: Store, nowMs: number, retention: Retention): Promise<CompactReport> {
  const unlock = lockForWriting(store.catalog.dir);
  try {
    const today = Math.floor(nowMs / DAY_MS);
    const snapshot = await store.snapshot();
    let finalDays = 0;
    for (const day of store.catalog.days()) {
      if (!day.isFinal && day.day < today - retention.fineDays && snapshot.settled.has(day.day)) {
        store.catalog.finishDay(day.day);
        finalDays += 1;
      }
    }
    const segmentsJoined = await joinSegments(store, today, retention);
    const forgottenDays = store.catalog.forgetDays(today - retention.rollupDays);
    return { segmentsJoined, finalDays, forgottenDays, filesRemoved: removeUnnamedFiles(store, nowMs) };
  } finally {
    unlock();
  }
}

async function joinSegments(store: Store, today: number, retention: Retention): Promise<number> {
  const { catalog } = store;
  const finalDays = new Set(
    catalog
      .days()
      .filter((day) => day.isFinal)
      .map((day) => day.day),
  );
  const past = catalog.segments().filter((segment) => segment.lastMinute < today * 1440);
  const replaced = new Set(catalog.replacedObjects());
  const byDay = new Map<number, typeof past>();
  for (const segment of past) {
    for (let day = Math.floor(segment.firstMinute / 1440); day <= Math.floor(segment.lastMinute / 1440); day++) {
      byDay.set(day, [...(byDay.get(day) ?? []), segment]);
    }
  }
  const wanted = [...byDay].filter(([day, segments]) => segments.length > SEGMENTS_OF_A_DAY || finalDays.has(day));
  const joined = new Set(wanted.flatMap(([, segments]) => segments));
  if (joined.size === 0) return 0;
  const days = [
    ...new Set([...byDay].filter(([, segments]) => segments.some((s) => joined.has(s))).map(([day]) => day)),
  ];
  const made = [];
  for (const day of days) {
    if (finalDays.has(day) && day < today - retention.fineDays) continue;
    const segments = byDay.get(day)!.filter((segment) => joined.has(segment));
    const legs = segments.reduce((sum, segment) => sum + segment.legs, 0);
    const minutes = 1440 / Math.max(1, Math.min(SEGMENTS_OF_A_DAY, Math.ceil(legs / LEGS_OF_A_SEGMENT)));
    for (let from = day * 1440; from < (day + 1) * 1440; from += minutes) {
      const segment = await joinStretch(store, segments, from, from + minutes, replaced);
      if (segment) made.push(segment);
    }
  }
  catalog.replaceSegments(
    [...joined].map((segment) => segment.id),
    made,
  );
  return joined.size;
}

/** The rows of segments in the minutes [from, to) as one segment, not yet named in the catalog; undefined where none is. */
async function joinStretch(
  store: Store,
  segments: readonly Segment[],
  from: number,
  to: number,
  replaced: ReadonlySet<number>,
): Promise<Segment | undefined> {
  const root = store.catalog.dir;
  const within = segments.filter((segment) => overlaps(segment, from, to));
  if (within.length === 0) return undefined;
  const where = `"minute" >= ${from} and "minute" < ${to}${replaced.size > 0 ? ` and object not in (${[...replaced].join(',')})` : ''}`;
  const name = randomBytes(9).toString('hex');
  const [legsFile, presenceFile] = [`${name}.legs.parquet`, `${name}.presence.parquet`];
  const presence = parquetFiles(within.map((segment) => `${root}/segments/${segment.presenceFile}`));
  const rows = await store.write(
    `segments/${presenceFile}`,
    `select * from ${presence} where ${where} order by context, "minute"`,
  );
  if (rows === 0) return undefined;
  const withLegs = within
    .filter((segment) => segment.legs > 0)
    .map((segment) => `${root}/segments/${segment.legsFile}`);
  const legs =
    withLegs.length === 0
      ? 0
      : await store.write(
          `segments/${legsFile}`,
          `select * from ${parquetFiles(withLegs)} where ${where} order by ${LEG_ORDER}`,
        );
  const [[firstMinute, lastMinute] = [from, from]] = (await store.query(
    `select min("minute")::integer, max("minute")::integer from ${parquetFiles([`${root}/segments/${presenceFile}`])}`,
  )) as [number, number][];
  return { legsFile, presenceFile, legs, firstMinute, lastMinute };
}

/** Files that the catalog no longer names, once nobody can be reading them. */
function removeUnnamedFiles(store: Store, nowMs: number): number {
  const { catalog } = store;
  // The commits that no longer name them must outlive a loss of power, or the catalog would name what is gone.
  catalog.forceToDisk();
  const named = new Set([
    ...catalog.segments().flatMap((s) => [s.legsFile, s.presenceFile]),
    ...catalog.days().flatMap((d) => [d.hoursFile, d.daysFile, d.clientsFile, d.presenceFile]),
  ]);
  let removed = 0;
  for (const folder of ['segments', 'rollups']) {
    const path = join(catalog.dir, folder);
    for (const file of existsSync(path) ? readdirSync(path) : []) {
      if (named.has(file) || nowMs - statSync(join(path, file)).mtimeMs < GRACE_MS) continue;
      rmSync(join(path, file), { force: true });
      removed += 1;
    }
  }
  return removed;
}
