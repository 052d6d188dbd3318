import type { Log } from '../src/log.js';
import type { ThreadDeps } from '../src/slack/thread-posts.js';
import { LEASE_MS } from '../src/state/incident-work.js';
import type { Incident } from '../src/state/incidents.js';
import type { StateDb } from '../src/state/open-state.js';
import type { LiveTriage } from '../src/triage/live.js';
import { HOUR_MS, MINUTE_MS } from '../src/units.js';

/** What triage works with; bound in src/main/triage.ts. */
export interface TriageDeps {
  readonly db: StateDb;
  readonly thread: ThreadDeps;
  readonly live: LiveTriage;
  /** Ids of channels. Without one for security, such a diagnosis is held back. */
  readonly channels: { readonly costs: string; readonly security: string | undefined };
  /** Whom to mention for an incident: `<@U…>` or `<!subteam^S…>`; undefined for nobody. */
  readonly mentionOf: (incident: Incident) => string | undefined;
  /** Folder below which the evidence of each incident is kept; undefined keeps none. */
  readonly bundles: string | undefined;
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: Log;
  readonly delays?: Partial<Delays>;
}

/** When netcost looks again, in milliseconds. */
export interface Delays {
  /** CloudTrail delivers within five minutes on average, up to fifteen (facts/triage.md part 3). */
  readonly trailAgainMs: number;
  readonly watchMs: number;
  /** How often it is looked whether missing flow logs have arrived. */
  readonly flowLogsMs: number;
  readonly diagnosisMs: number;
  /** What a killed replica's work waits for. */
  readonly leaseMs: number;
}

const DELAYS: Delays = {
  trailAgainMs: 15 * MINUTE_MS,
  watchMs: HOUR_MS,
  flowLogsMs: 10 * MINUTE_MS,
  diagnosisMs: 100_000,
  leaseMs: LEASE_MS,
};

export function delaysOf(deps: TriageDeps): Delays {
  return { ...DELAYS, ...deps.delays };
}
