import type { InsightsRow } from '../query/insights/lines.js';

/** A statement over one log group, from ≤ time of an event < to, in whole seconds since 1970. */
export interface InsightsRun {
  readonly statement: string;
  readonly fromSecond: number;
  readonly toSecond: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: InsightsProgress) => void) | undefined;
  /** What was read and is billed, once, however the statement ended. */
  readonly onBilled?: ((bytes: number) => void) | undefined;
}

export interface InsightsProgress {
  readonly state: 'queued' | 'running';
  readonly bytesScanned: number;
}

/** Runs statements: src/aws/logs-insights.ts over AWS, a test over rows of its own. Throws NetcostError in words. */
export type RunInsights = (run: InsightsRun) => Promise<readonly InsightsRow[]>;
