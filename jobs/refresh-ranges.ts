import { type RefreshReport, sayRefreshed } from '../src/attribution/refresh-copies.js';

/** What the job works with. */
export interface RefreshRangesDeps {
  /** Cron, five fields, UTC. AWS changes its ranges several times a week. */
  readonly when: string;
  readonly refresh: (signal: AbortSignal) => Promise<RefreshReport>;
}

/** Fetches what AWS and others publish of their addresses; without it the last copy stays, or the bundled table. */
export function refreshRanges({ when, refresh }: RefreshRangesDeps) {
  return {
    name: 'refresh-ranges',
    when,
    deadlineMs: 5 * 60_000,
    // Midnight in UTC is everybody's; half an hour spreads the load on who publishes.
    jitterMs: 30 * 60_000,
    run: async (signal: AbortSignal): Promise<string> => sayRefreshed(await refresh(signal)),
  };
}
