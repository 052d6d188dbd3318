/** How far a question is that an engine of AWS works out, for whoever waits. */
export interface AskProgress {
  readonly engine: 'athena' | 'logs-insights';
  /** Waiting for its turn, reading what was logged, or fetching the result. */
  readonly state: 'queued' | 'running' | 'reading';
  /** Since the question began, in milliseconds. */
  readonly waitedMs: number;
  /** What all statements of the question have read so far. */
  readonly bytesScanned: number;
  /** What that costs so far, a decimal string. */
  readonly usd: string;
}

/** What AWS calls them. */
export const ENGINE_NAMES: Readonly<Record<AskProgress['engine'], string>> = {
  athena: 'Athena',
  'logs-insights': 'Logs Insights',
};

/** What a question tells while it is worked out, each question to its own asker. */
export interface AskEars {
  readonly onProgress?: ((progress: AskProgress) => void) | undefined;
  /**
   * Bytes that a statement of the question read and that are billed, told when the statement ends, however it ends:
   * also where the question is cancelled, cut off or fails and no answer tells its cost.
   */
  readonly onBilled?: ((bytes: number) => void) | undefined;
}
