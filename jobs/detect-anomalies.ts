import { detect } from '../src/anomalies/detect.js';
import type { Point } from '../src/anomalies/series.js';
import { type Detected, detectedPayload } from '../src/triage/alerts/detected.js';
import { alertOf } from '../src/triage/alerts/parse-alert.js';
import type { OnAlert } from '../src/triage/live.js';
import { HOUR_MS } from '../src/units.js';

const name = 'detect-anomalies';

/** Hourly billed bytes of one gateway or one team. */
export interface Watched {
  readonly kind: 'gateway' | 'team';
  /** `nat-…`, or a team's name. */
  readonly subject: string;
  readonly accountId: string | undefined;
  readonly region: string | undefined;
  readonly natGatewayIds: readonly string[];
  /** Ascending; a missing hour is missing. */
  readonly hours: readonly Point[];
  /** USD per byte; undefined where the Region has no known price: then there is no floor to be above. */
  readonly usdPerByte: number | undefined;
}

export interface DetectAnomaliesDeps {
  /** Cron, five fields, UTC. */
  readonly when: string;
  /** What is watched. A source that fails is a line, not an error: the others are watched all the same. */
  readonly watched: (
    nowMs: number,
    signal: AbortSignal,
  ) => Promise<{ readonly series: readonly Watched[]; readonly notes: readonly string[] }>;
  /** Below so many dollars a day nobody is told. */
  readonly floorUsdPerDay: { readonly gateway: number; readonly team: number };
  /** When the excess of a subject began that is found again; remembers it. */
  readonly beganOf: (subject: string, fromMs: number, nowMs: number) => Promise<number>;
  readonly onAlert: OnAlert;
  readonly nowMs: () => number;
}

/** Hours that are judged against those before; older ones are history. */
const JUDGED_MS = 48 * HOUR_MS;
/** CloudWatch and flow logs are late by minutes, and an excess may pause: what ended longer ago is nobody's alert now. */
const FRESH_MS = 4 * HOUR_MS;

/**
 * Looks every hour whether gateways or teams carry more than their usual hours do, and more than a floor of dollars a
 * day. A find is an alert like any other; found again it has the same id, so its thread is updated. A team whose
 * gateways were found all the same is left to the gateway's thread, which names the team.
 */
export function detectAnomalies(deps: DetectAnomaliesDeps) {
  return {
    name,
    when: deps.when,
    deadlineMs: 10 * 60_000,
    jitterMs: 60_000,
    run: async (signal: AbortSignal): Promise<string> => {
      const nowMs = deps.nowMs();
      const { series, notes } = await deps.watched(nowMs, signal);
      signal.throwIfAborted();
      const found = series.flatMap((one) => judge(one, deps.floorUsdPerDay[one.kind], nowMs) ?? []);
      const risen = new Set(found.filter(({ kind }) => kind === 'gateway').map(({ subject }) => subject));
      const told = found.filter(
        ({ kind, natGatewayIds }) => kind === 'gateway' || !natGatewayIds.some((id) => risen.has(id)),
      );
      for (const one of told) {
        const beganMs = await deps.beganOf(`${one.kind} ${one.subject}`, one.beganMs, nowMs);
        const payload = detectedPayload({ ...one, beganMs });
        await deps.onAlert(alertOf(payload), nowMs, payload);
      }
      return [`${series.length} series, ${told.length} above the usual`, ...notes].join('; ');
    },
  };
}

/** The newest stretch above the usual that is still going on; null where there is none. */
function judge(one: Watched, floorUsdPerDay: number, nowMs: number): Detected | null {
  const { usdPerByte } = one;
  if (usdPerByte === undefined || usdPerByte <= 0) return null;
  const { episodes } = detect(one.hours, {
    judgeFromMs: nowMs - JUDGED_MS,
    minExcessPerDay: floorUsdPerDay / usdPerByte,
    offset: 1_000_000,
  });
  const last = episodes.at(-1);
  if (last === undefined || last.toMs < nowMs - FRESH_MS) return null;
  const { kind, subject, accountId, region, natGatewayIds } = one;
  return {
    ...{ kind, subject, accountId, region, natGatewayIds },
    beganMs: last.fromMs,
    usd: (last.excess * usdPerByte).toFixed(2),
    foundMs: nowMs,
  };
}
