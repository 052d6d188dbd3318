import { type Case, type Finding, mainClients } from '../case.js';
import { evidence } from '../evidence/say.js';
import type { Component } from '../evidence/talkers.js';
import { round } from '../evidence/tell.js';
import { backoff } from '../remedies/backoff.js';
import { deployScope } from './component-evidence.js';

/** Five times the usual attempts: a deployment that doubles its connections is none. */
const MIN_GROWTH = 5;
/** Healthy clients establish nearly every attempt; below one in two something refuses or does not answer. */
const MAX_SUCCESS = 0.5;
/** A thousand attempts in all: below it a handful of failing probes would do. */
const MIN_ATTEMPTS = 1000;

/** Connections tried again and again: many attempts, few established, hardly any bytes. */
export function retryStorm(found: Case): Finding | null {
  const attempts = found.metrics?.attempts;
  if (!attempts || attempts.rise.factor < MIN_GROWTH || attempts.attempts < MIN_ATTEMPTS) return null;
  const success = attempts.established / attempts.attempts;
  if (success > MAX_SUCCESS && attempts.portErrors === 0) return null;
  const component = busiest(found);
  const places = component ? mainClientsByFlows(component) : [];
  const flowEvidence = component
    ? [
        evidence(
          'flow-logs',
          'found',
          'flows by client and remote, before and after the onset',
          'The new connections go to {remote}, from {clientCount:count} clients of {teams:list}',
          {
            remote: component.remote.label,
            clientCount: places.length,
            teams: [...new Set(places.map((place) => place.team ?? 'unattributed'))],
            workloads: [...new Set(places.flatMap((place) => place.workload ?? []))],
            flowCount: component.flowsAfter,
          },
        ),
      ]
    : [];
  return {
    cause: 'retry-storm',
    excess: null,
    confidence: component ? 'high' : 'medium',
    evidence: [
      evidence(
        found.metricsSource,
        'found',
        'ConnectionAttemptCount, ConnectionEstablishedCount, ErrorPortAllocation',
        attempts.portErrors > 0
          ? '{attemptCount:count} connections were attempted, {attemptGrowthFactor:times} the usual, and {establishedShare:percent} of them established; port allocation failed {portErrorCount:count} times'
          : '{attemptCount:count} connections were attempted, {attemptGrowthFactor:times} the usual, and {establishedShare:percent} of them established',
        {
          attemptCount: attempts.attempts,
          attemptGrowthFactor: Number.isFinite(attempts.rise.factor) ? round(attempts.rise.factor) : 1000,
          establishedShare: round(success),
          portErrorCount: attempts.portErrors,
          idleTimeoutCount: attempts.idleTimeouts,
        },
      ),
      ...flowEvidence,
    ],
    onset: attempts.rise.onset,
    scope: component
      ? deployScope(
          found,
          component,
          places.flatMap((place) => place.names),
        )
      : null,
    fixes: [backoff()],
    components: [],
    fit: 0.9,
    headline: component
      ? '{attemptCount:count} connection attempts, {attemptGrowthFactor:times} the usual, mostly to {remote}, and only {establishedShare:percent} succeed; the bytes are at their usual level'
      : '{attemptCount:count} connection attempts, {attemptGrowthFactor:times} the usual, and only {establishedShare:percent} succeed; the bytes are at their usual level',
  };
}

/** A handshake and its refusal: 40 to 74 bytes a packet; twice that with options and a TLS alert. */
const HANDSHAKE_BYTES = 150;

/** The component with the most packets of handshakes that were not there before; else the one whose flows grew most. */
function busiest(found: Case): Component | undefined {
  const talkers = found.talkers;
  if (!talkers) return undefined;
  const growth = (one: Component) =>
    one.flowsAfter / talkers.afterHours - one.flowsBefore / Math.max(1, talkers.quietHours);
  const packets = (one: Component) => (one.packetBytes > 0 ? one.afterPerHour / one.packetBytes : 0);
  const grown = talkers.components.filter((one) => growth(one) > 0);
  const handshakes = grown.filter(
    (one) => one.packetBytes > 0 && one.packetBytes < HANDSHAKE_BYTES && one.afterPerHour > one.quietPerHour,
  );
  return (
    [...handshakes].sort((a, b) => packets(b) - packets(a))[0] ?? [...grown].sort((a, b) => growth(b) - growth(a))[0]
  );
}

function mainClientsByFlows(component: Component) {
  const byFlows = [...component.clients].sort((a, b) => b.flows - a.flows);
  const total = byFlows.reduce((sum, client) => sum + client.flows, 0);
  const main = byFlows.filter((client) => client.flows >= 0.05 * total).slice(0, 20);
  return main.length > 0 ? main.map((client) => client.place) : mainClients(component);
}
