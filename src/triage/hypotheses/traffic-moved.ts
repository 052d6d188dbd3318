import type { Case, Finding } from '../case.js';
import { toldBy } from '../case.js';
import { isPathChange } from '../evidence/change-weights.js';
import type { Evidence } from '../evidence/evidence.js';
import { at, evidence } from '../evidence/say.js';
import { round } from '../evidence/tell.js';
import { deleteIdleNat } from '../remedies/delete-idle-nat.js';
import { nothing } from '../remedies/none.js';
import { DEPLOY_WINDOW_MS } from '../trigger.js';
import { findMove, isRouted, type Move } from './network.js';

/** Bytes changed gateways; the sum over gateways is unchanged, and so is the bill for bytes. */
export function trafficMoved(found: Case): Finding | null {
  // With too short a history a rise of the sum may be the time of day; a swap between gateways is not.
  if (found.hasExcess && found.metrics?.rise?.baseline.kind === 'seasonal') return null;
  const move = findMove(found);
  if (!move) return null;
  const drained = move.from.filter(
    (one) =>
      one.afterPerHour < 0.01 * one.beforePerHour &&
      isRouted(found, one.id) === false &&
      found.inventory?.natGateways.some((gateway) => gateway.id === one.id && gateway.state === 'available'),
  );
  return {
    cause: 'traffic-moved',
    excess: null,
    confidence: 'high',
    evidence: [moveEvidence(found, move), ...toldBy(found, 'ec2')],
    onset: move.interval,
    scope: moveScope(found, move),
    fixes:
      drained.length > 0
        ? [
            deleteIdleNat(
              found,
              drained.map((one) => one.id),
            ),
          ]
        : [nothing()],
    components: found.talkers?.components.map((one) => one.key) ?? [],
    fit: 0.94,
    headline:
      '{movedBytesPerHour:bytes} an hour moved from {fromGateways:list} to {toGateways:list} at {movedAt:time}; the sum is at its usual level',
  };
}

/** Gateways and their tables: a route that names one of them is about this move. */
export function moveScope(found: Case, move: Move) {
  const ids = [...move.from, ...move.to].map((one) => one.id);
  const tables = (found.inventory?.routeTables ?? []).filter((table) =>
    table.routes.some((route) => ids.includes(route.target)),
  );
  const names = [...ids, ...tables.map((table) => table.id)];
  return {
    names: [],
    accepts: (event: { source: string; name: string; names: readonly string[] }) =>
      isPathChange(event.source, event.name) && event.names.some((name) => names.includes(name)),
    withinMs: DEPLOY_WINDOW_MS,
  };
}

export function moveEvidence(found: Case, move: Move): Evidence {
  return evidence(
    found.metricsSource,
    'found',
    'bytes of each gateway before and after, against its own baseline',
    '{fromGateways:list} lost what {toGateways:list} gained, {movedBytesPerHour:bytes} an hour; the sum is {totalFactor:times} its usual level',
    {
      fromGateways: move.from.map((one) => one.id),
      toGateways: move.to.map((one) => one.id),
      movedBytesPerHour: Math.round(move.movedPerHour),
      movedAt: at(move.interval.earliestMs),
      totalFactor: round(move.totalAfter / Math.max(1, move.totalBefore)),
    },
  );
}
