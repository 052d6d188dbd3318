import type { IngestReport } from './ingest.js';

/** Two ingests as one, for the person who ran them. */
export function addReports(one: IngestReport, other: IngestReport): IngestReport {
  const malformed = new Map(one.malformed);
  for (const [reason, { count, sample }] of other.malformed) {
    const known = malformed.get(reason);
    malformed.set(reason, { count: count + (known?.count ?? 0), sample: known?.sample ?? sample });
  }
  return {
    objectsRead: one.objectsRead + other.objectsRead,
    objectsKnown: one.objectsKnown + other.objectsKnown,
    objectsPassedOver: one.objectsPassedOver + other.objectsPassedOver,
    duplicates: one.duplicates + other.duplicates,
    unreadable: [...one.unreadable, ...other.unreadable],
    rows: one.rows + other.rows,
    malformed,
    tookMs: one.tookMs + other.tookMs,
  };
}

export const NOTHING_READ: IngestReport = {
  objectsRead: 0,
  objectsKnown: 0,
  objectsPassedOver: 0,
  duplicates: 0,
  unreadable: [],
  rows: 0,
  malformed: new Map(),
  tookMs: 0,
};
