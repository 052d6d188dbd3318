import { basename } from 'node:path';
import { readObjectName } from '../flows/object-names.js';
import type { Catalog } from './catalog.js';
import type { FoundObject } from './list-objects.js';
import type { SegmentResult } from './segment-writer.js';
import type { StoredObject } from './stored.js';

/** What an ingest has done so far. */
export interface Totals {
  objectsRead: number;
  objectsKnown: number;
  objectsPassedOver: number;
  duplicates: number;
  unreadable: { path: string; why: string }[];
  rows: number;
  malformed: Map<string, { count: number; sample: string }>;
}

export function createTotals(objectsKnown: number): Totals {
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
export function commitSegment(
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
