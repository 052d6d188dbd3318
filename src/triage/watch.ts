import { fitBaseline } from '../anomalies/baseline.js';
import { mean, type Point } from '../anomalies/series.js';
import { natProcessingUsd } from '../pricing/nat-processing.js';
import { DAY_MS, formatBytes, formatUsd, HOUR_MS } from '../units.js';
import { excessState, highHours } from './evidence/nat-metrics.js';

/** How long before the onset is read for what is usual. */
export const USUAL_MS = 21 * DAY_MS;
const BYTES_OFFSET = 1_000_000;
/** Less than a day of history tells no hour of the day from another. */
const MIN_USUAL_HOURS = 24;
/** Half a day of hours, so that a night is not taken for a fall. */
const MIN_HOURS_AFTER = 12;
/** A tenth of the excess is weather. */
const GONE = 0.1;
const PARTLY = 0.5;

/** Whether the excess that began at `onsetMs` goes on. Null where the hours before it do not tell what is usual. */
export function watchExcess(
  points: readonly Point[],
  onsetMs: number,
): { readonly state: 'ongoing' | 'ended'; readonly untilMs: number } | null {
  const before = points.filter((point) => point.atMs < onsetMs - HOUR_MS);
  const last = points.at(-1);
  if (before.length < MIN_USUAL_HOURS || last === undefined || last.atMs < onsetMs) return null;
  const high = highHours(points, fitBaseline(before, { offset: BYTES_OFFSET }), onsetMs);
  const lastMs = last.atMs + HOUR_MS;
  return { state: excessState(high, lastMs), untilMs: (high.at(-1) ?? lastMs - HOUR_MS) + HOUR_MS };
}

/** What became of the bytes after a fix. Bytes an hour; `usual` is null where no hours before the onset tell it. */
export interface FixVerdict {
  readonly fell: 'gone' | 'partly' | 'not';
  readonly before: number;
  readonly after: number;
  readonly usual: number | null;
  readonly hours: number;
}

/**
 * Compares the hours since a fix with the day before it, each against what is usual for the hour. Null where too few
 * hours have data: then nothing may be said.
 */
export function judgeFix(
  points: readonly Point[],
  moments: { readonly onsetMs: number; readonly fixedMs: number; readonly nowMs: number },
): FixVerdict | null {
  const { onsetMs, fixedMs, nowMs } = moments;
  const usualPoints = points.filter((point) => point.atMs < onsetMs - HOUR_MS);
  const before = points.filter(
    (point) => point.atMs >= Math.max(onsetMs, fixedMs - DAY_MS) && point.atMs + HOUR_MS <= fixedMs,
  );
  // The hour of the fix holds both levels.
  const after = points.filter((point) => point.atMs >= fixedMs && point.atMs + HOUR_MS <= nowMs);
  if (after.length < MIN_HOURS_AFTER || before.length === 0) return null;
  const baseline =
    usualPoints.length >= MIN_USUAL_HOURS ? fitBaseline(usualPoints, { offset: BYTES_OFFSET }) : undefined;
  const expected = (hours: readonly Point[]) => mean(hours.map((point) => baseline?.expected(point.atMs) ?? 0));
  const level = (hours: readonly Point[]) => mean(hours.map((point) => point.value));
  const excessBefore = Math.max(0, level(before) - expected(before));
  const excessAfter = Math.max(0, level(after) - expected(after));
  const left = excessBefore === 0 ? 1 : excessAfter / excessBefore;
  return {
    fell: left <= GONE ? 'gone' : left <= PARTLY ? 'partly' : 'not',
    before: level(before),
    after: level(after),
    usual: baseline === undefined ? null : expected(after),
    hours: after.length,
  };
}

const SAYS: Readonly<Record<FixVerdict['fell'], string>> = {
  gone: 'They fell: what was too much is gone',
  partly: 'They fell, but not to the usual level',
  not: 'They did not fall',
};

/** The verdict in a sentence, with its figures, and dollars a day where the Region has a price. */
export function verdictLine(verdict: FixVerdict, region: string | null): string {
  const { before, after, usual, fell, hours } = verdict;
  const perHour = (bytes: number) => `${formatBytes(Math.round(bytes))} an hour`;
  const usd = natProcessingUsd(BigInt(Math.max(0, Math.round((before - after) * 24))), region);
  const less = fell === 'not' || usd === undefined ? '' : `, ${formatUsd(usd.toFixed())} a day less`;
  const usually = usual === null ? '' : `, ${perHour(usual)} is usual`;
  return `Marked as fixed ${hours} hours ago: the gateways take ${perHour(after)}; before the fix it was ${perHour(before)}${usually}. ${SAYS[fell]}${less}.`;
}
