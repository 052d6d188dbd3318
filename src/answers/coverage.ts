import type { Gateways } from '../flows/gateways.js';
import { readObjectName } from '../flows/object-names.js';
import type { TimeWindow } from '../query/query.js';
import { type PresenceOfHour, presenceByHour } from '../rollups/presence-of-days.js';
import type { Snapshot, Stretch } from '../rollups/relations.js';
import { readSourceStates, type SourceState } from '../rollups/source-states.js';
import type { Store } from '../rollups/store.js';
import type { FlowLogLife, StoredObject } from '../rollups/stored.js';
import { HOUR_MS, isoTime, MINUTE_MS } from '../units.js';
import type { Coverage } from './answer.js';

/** AWS delivers to S3 within about ten minutes, best effort; what is younger is late, not missing. */
export const USUAL_DELAY_MS = 20 * MINUTE_MS;

export interface CoverageOfWindow {
  readonly coverage: Coverage;
  /** Objects of the window that could not be read to their end. */
  readonly damaged: readonly Pick<StoredObject, 'path'>[];
  /** Hours of the window, counted from its beginning, in which no gateway has a row although they should. */
  readonly missingHours: number;
  /** Buckets of which a part could not be read the last time, where objects of the window may be missing for it. */
  readonly failedSources: readonly SourceState[];
}

/**
 * What the logs hold of a stretch of time. Hours are counted from the window's beginning; `asked` is the window before
 * it was widened to whole minutes, so that a day asked at 12:34:56 has 24 hours.
 */
export async function measureCoverage(
  store: Store,
  snapshot: Snapshot,
  stretch: Stretch,
  asked: TimeWindow,
  nowMs: number,
  signal?: AbortSignal,
): Promise<CoverageOfWindow> {
  const fromMs = stretch.fromMinute * MINUTE_MS;
  const toMs = stretch.toMinute * MINUTE_MS;
  const rows = await presenceByHour(store, snapshot, stretch, signal);
  return summarizeCoverage({
    hours: rows,
    fromMs,
    asked,
    nowMs,
    completeUntilMs: completeUntil(snapshot.knowledge.gateways, store.catalog.flowLogLives()),
    damaged: store.catalog.damagedObjects().filter((object) => touches(object, fromMs, toMs)),
    gatewaysWithoutLogs: snapshot.knowledge.gateways.withoutLogs,
    malformedLines: store.catalog.malformedLines(),
    failedSources: readSourceStates(store.catalog).filter(
      ({ failures, wholeMs }) => failures.length > 0 && (wholeMs === undefined || wholeMs < toMs),
    ),
  });
}

/** What was found in a window, for the sentences of an answer. */
interface Found {
  /** Hour from the window's beginning, with its rows of SKIPDATA, of NODATA, and rejected ones. */
  readonly hours: readonly PresenceOfHour[];
  readonly fromMs: number;
  readonly asked: TimeWindow;
  readonly nowMs: number;
  readonly completeUntilMs: number | undefined;
  readonly damaged: readonly Pick<StoredObject, 'path'>[];
  readonly gatewaysWithoutLogs: readonly string[];
  readonly malformedLines: number;
  readonly failedSources: readonly SourceState[];
}

/** Coverage from what any engine found: hours without a row that should be there, and whether the sums are a lower bound. */
export function summarizeCoverage(found: Found): CoverageOfWindow {
  const { hours, fromMs, asked, nowMs, completeUntilMs, damaged, gatewaysWithoutLogs, malformedLines, failedSources } =
    found;
  const [skipDataRows, noDataRows, rejectedFlows] = [1, 2, 3].map((column) =>
    hours.reduce((sum, row) => sum + row[column]!, 0),
  ) as [number, number, number];
  const untilMs = Math.min(asked.toMs, Math.max(nowMs, asked.fromMs));
  const hoursAsked = Math.ceil((untilMs - asked.fromMs) / HOUR_MS);
  const present = new Set(hours.map(([hour]) => Number(hour)));
  let missingHours = 0;
  for (let hour = 0; hour < hoursAsked; hour++) {
    const isLate =
      completeUntilMs !== undefined &&
      fromMs + hour * HOUR_MS >= completeUntilMs &&
      nowMs - completeUntilMs <= USUAL_DELAY_MS;
    if (!present.has(hour) && !isLate) missingHours += 1;
  }
  return {
    damaged,
    missingHours,
    failedSources,
    coverage: {
      hoursAsked,
      hoursWithData: [...present].filter((hour) => hour < hoursAsked).length,
      completeUntil: completeUntilMs === undefined ? null : isoTime(completeUntilMs),
      gatewaysWithoutLogs,
      skipDataRows,
      noDataRows,
      rejectedFlows,
      malformedLines,
      lowerBound: skipDataRows > 0 || missingHours > 0 || damaged.length > 0 || failedSources.length > 0,
    },
  };
}

/** An object's rows end in the minutes before and after its name's time; without a name's time nothing is ruled out. */
function touches(object: StoredObject, fromMs: number, toMs: number): boolean {
  const timeMs = readObjectName(object.path).timeMs;
  if (timeMs !== undefined) return timeMs >= fromMs - 15 * MINUTE_MS && timeMs < toMs + 15 * MINUTE_MS;
  if (object.firstSecond === 0) return true;
  return object.firstSecond * 1000 < toMs && object.lastSecond * 1000 >= fromMs;
}

/** The moment up to which every log of the gateways has rows: the slowest of those that are still alive. */
export function completeUntil(gateways: Gateways, lives: readonly FlowLogLife[]): number | undefined {
  const counted = new Set(gateways.sources.map(({ source }) => source.flowLogId));
  const ends = lives.filter((life) => counted.has(life.flowLogId)).map((life) => life.lastSecond * 1000);
  if (ends.length === 0) return undefined;
  const newest = Math.max(...ends);
  // A log that ended a day before the newest was replaced or removed; it holds nothing up.
  return Math.min(...ends.filter((end) => newest - end < 24 * HOUR_MS));
}
