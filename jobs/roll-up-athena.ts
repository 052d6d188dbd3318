import type { RolledUp } from '../src/answers/athena-rollup.js';
import { formatUsdOfScan } from '../src/answers/athena-scan.js';
import { formatBytes } from '../src/units.js';

const name = 'roll-up-athena';

export interface RollUpAthenaDeps {
  /** Cron, five fields, UTC: some time after the hour, when its rows have arrived. */
  readonly when: string;
  readonly rollUp: (signal: AbortSignal) => Promise<RolledUp>;
}

const HOUR_MS = 3_600_000;

/** Keeps the sums by the hour in Athena up to date; each hour counts once, however often the job is killed. */
export function rollUpAthena({ when, rollUp }: RollUpAthenaDeps) {
  return {
    name,
    when,
    deadlineMs: HOUR_MS,
    jitterMs: 20_000,
    run: async (signal: AbortSignal): Promise<string> => {
      const { hours, bytesScanned } = await rollUp(signal);
      if (hours === 0) return 'no new hour';
      return `${hours} ${hours === 1 ? 'hour' : 'hours'}, ${formatBytes(bytesScanned)} read (${formatUsdOfScan(bytesScanned)})`;
    },
  };
}
