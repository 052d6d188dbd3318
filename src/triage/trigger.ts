import type { Interval } from '../anomalies/onset.js';
import { HOUR_MS, MINUTE_MS } from '../units.js';
import { changeWeight } from './evidence/change-weights.js';
import { type ChangeSet, isServicePrincipal } from './evidence/changes.js';
import type { TrailEvent } from './sources.js';

/** By what a change is tied to a cause. */
export interface TriggerScope {
  /** Names of workloads, instances, subnets, route tables, endpoints, gateways: a change that speaks of one is about it. */
  readonly names: readonly string[];
  /** Accepts a call that is about this cause by its kind, whatever it names (a path change for a lost route). */
  readonly accepts?: (event: TrailEvent) => boolean;
  /** How long before the onset a change may lie. */
  readonly withinMs: number;
}

/** The change that explains an onset: what, who, when. */
export interface Trigger {
  readonly set: ChangeSet;
  readonly events: readonly TrailEvent[];
  readonly atMs: number;
  readonly score: number;
}

/** A deployment shows in the traffic within minutes; builds and scalers within the hour and a half. */
export const DEPLOY_WINDOW_MS = 90 * MINUTE_MS;
/** Who got in may look around for half a shift before carrying things out. */
export const ACCESS_WINDOW_MS = 6 * HOUR_MS;
/** A change counts half for each three hours before the onset (facts/triage.md part 6). */
const HALF_LIFE_MS = 3 * HOUR_MS;
/** Clocks and late delivery: a change a quarter of an hour after the interval may still precede the onset (facts part 6) … */
const SLACK_MS = 15 * MINUTE_MS;
/** … but one that lies before it is likelier. */
const LATE_PART = 0.5;

/**
 * The change set that best explains an onset: it precedes the onset, speaks of what changed, and is recent and heavy.
 * A change that speaks of nothing in scope is never blamed, however close it lies. Null where none fits.
 */
export function findTrigger(changes: readonly ChangeSet[], onset: Interval, scope: TriggerScope): Trigger | null {
  const names = new Set(scope.names.map((name) => name.toLowerCase()).filter((name) => name.length > 2));
  let best: Trigger | null = null;
  for (const set of changes) {
    const events = set.events.filter(
      (event) => precedes(event, onset, scope.withinMs) && isInScope(event, names, scope),
    );
    // What a service did by itself is an effect of somebody's call, which is looked for in the other sets.
    const own = events.filter((event) => !isServicePrincipal(event));
    const first = own[0];
    if (!first) continue;
    const weight = Math.max(...own.map((event) => changeWeight(event.source, event.name)));
    const lateness = first.atMs > onset.latestMs ? LATE_PART : 1;
    const score = weight * lateness * 0.5 ** (Math.max(0, onset.earliestMs - first.atMs) / HALF_LIFE_MS);
    if (!best || score > best.score) best = { set, events: own, atMs: first.atMs, score };
  }
  return best;
}

function precedes(event: TrailEvent, onset: Interval, withinMs: number): boolean {
  return event.atMs <= onset.latestMs + SLACK_MS && event.atMs >= onset.earliestMs - withinMs;
}

function isInScope(event: TrailEvent, names: ReadonlySet<string>, scope: TriggerScope): boolean {
  if (scope.accepts?.(event)) return true;
  return event.names.some((text) => mentions(text.toLowerCase(), names));
}

/** "orders-api:64", "…:task-definition/orders-api:64" and "service/cluster/orders-api" all speak of orders-api. */
function mentions(text: string, names: ReadonlySet<string>): boolean {
  if (names.has(text)) return true;
  return text.split(/[:/,\s@]+/).some((part) => names.has(part));
}
