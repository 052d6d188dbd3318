import { findHandovers } from '../query/handovers.js';
import type { Naming } from '../query/names.js';
import type { Query } from '../query/query.js';
import type { Stretch } from '../rollups/relations.js';
import { isoTime, MINUTE_MS } from '../units.js';
import { FRESH_MS } from './athena-surveys.js';
import { USUAL_DELAY_MS } from './coverage.js';

/**
 * The moment of the survey after which rows of the stretches may have come; undefined where it has seen all of them.
 * `surveyedMs`: when the day that is not over was looked at.
 */
export function unseenSince(
  surveyedMs: number | undefined,
  stretches: readonly Stretch[],
  nowMs: number,
): number | undefined {
  if (surveyedMs === undefined || nowMs - surveyedMs < MINUTE_MS) return undefined;
  const endMs = Math.max(...stretches.map(({ toMinute }) => toMinute)) * MINUTE_MS;
  return endMs > surveyedMs - USUAL_DELAY_MS ? surveyedMs : undefined;
}

/** Keys that name who a client is, which its address alone does not tell for all times. */
const WHO = /^(team|env|account|vpc|az|crossaz|workload|label\..*)$/;

/** What Athena's way to answer leaves open, the most important first. */
export function athenaCaveats(
  query: Query,
  { holders }: Pick<Naming, 'holders'>,
  stretches: readonly Stretch[],
  unseenSinceMs: number | undefined,
): readonly string[] {
  const { periods } = findHandovers([], holders);
  const earlier = [...periods.values()].filter((list) =>
    list.some(
      ({ period, fromMinute, toMinute }) =>
        period > 0 && stretches.some((one) => fromMinute < one.toMinute && toMinute > one.fromMinute),
    ),
  ).length;
  const asksWho = [...query.by, ...query.where.keys()].some((key) => WHO.test(key));
  return [
    ...(unseenSinceMs === undefined
      ? []
      : [
          `Which rows count was found out at ${isoTime(unseenSinceMs)}: a gateway or flow log that began since is missing, so the totals are a lower bound until a question after ${isoTime(unseenSinceMs + FRESH_MS)} looks again.`,
        ]),
    ...(earlier > 0 && asksWho
      ? [
          `${earlier} ${earlier === 1 ? 'address' : 'addresses'} changed hands in or after this window, and Athena names ${earlier === 1 ? 'it' : 'them'} by who has ${earlier === 1 ? 'it' : 'them'} now: by=client tells them apart, and the embedded engine names each by its time.`,
        ]
      : []),
  ];
}

/** Athena read nothing for this answer. */
export const REUSED =
  'Athena gave the result that it had kept of the same statement, up to an hour old: nothing was read.';
