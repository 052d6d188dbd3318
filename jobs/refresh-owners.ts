import { type RefreshReport, sayRefreshed } from '../src/attribution/refresh-copies.js';

/** What the job works with; the wiring binds NetBox, AWS and the folder of copies. */
export interface RefreshOwnersDeps {
  /** Cron, five fields, UTC. */
  readonly when: string;
  readonly refresh: (signal: AbortSignal) => Promise<RefreshReport>;
}

const DEADLINE_MS = 15 * 60_000;

/**
 * Asks NetBox, EC2, Organizations and IPAM who owns what. A source that fails leaves its last good copy, which answers
 * then name with its age.
 */
export function refreshOwners({ when, refresh }: RefreshOwnersDeps) {
  return {
    name: 'refresh-owners',
    when,
    deadlineMs: DEADLINE_MS,
    jitterMs: 60_000,
    run: async (signal: AbortSignal): Promise<string> => sayRefreshed(await refresh(signal)),
  };
}
