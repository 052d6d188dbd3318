import { MINUTE_MS } from '../../units.js';
import type { Trail, TrailEvent } from '../sources.js';
import { changeWeight } from './change-weights.js';

/** What one principal did without a pause: one deployment, one terraform run, one person's evening. */
export interface ChangeSet {
  readonly principal: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Only calls that succeeded and may change traffic; oldest first. */
  readonly events: readonly TrailEvent[];
  readonly weight: number;
}

/** A quarter of an hour without a call ends a run (facts/triage.md part 3: an hour of Terraform is 574 writes). */
const GAP_MS = 15 * MINUTE_MS;

/**
 * Collapses write events into change sets by principal and gap. Failed calls changed nothing; calls of no weight
 * (tags, alarms, secrets) are dropped, but do not end a run.
 */
export function collapseChanges(trail: Trail): ChangeSet[] {
  const open = new Map<string, TrailEvent[]>();
  const runs: TrailEvent[][] = [];
  for (const event of trail.events) {
    if (event.errorCode !== undefined) continue;
    const run = open.get(event.principal);
    const last = run?.at(-1);
    if (run && last && event.atMs - last.atMs <= GAP_MS) {
      run.push(event);
    } else {
      const fresh = [event];
      open.set(event.principal, fresh);
      runs.push(fresh);
    }
  }
  return runs.flatMap((run) => {
    const events = run.filter((event) => changeWeight(event.source, event.name) > 0);
    if (events.length === 0) return [];
    return [
      {
        principal: (events[0] as TrailEvent).principal,
        fromMs: (events[0] as TrailEvent).atMs,
        toMs: (events.at(-1) as TrailEvent).atMs,
        events,
        weight: Math.max(...events.map((event) => changeWeight(event.source, event.name))),
      },
    ];
  });
}

/** A service acting by itself (autoscaling, ECS): it reacts, somebody else decided. */
export function isServicePrincipal(event: TrailEvent): boolean {
  return event.identityType === 'AWSService' || /AWSServiceRoleFor|\.amazonaws\.com$/.test(event.principal);
}
