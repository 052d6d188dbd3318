/** A row of a result: texts as Athena gives them, null where a value is NULL. */
export type ResultRow = readonly (string | null)[];

/** How far a statement is, for whoever waits. */
export type AthenaProgress =
  | { readonly state: 'queued'; readonly waitedMs: number }
  | { readonly state: 'running'; readonly waitedMs: number; readonly bytesScanned: number }
  | { readonly state: 'reading'; readonly rows: number };

export interface AthenaResult {
  readonly rows: readonly ResultRow[];
  readonly bytesScanned: number;
  /** Athena gave a result that it had kept: nothing was read, nothing is billed. */
  readonly isReused: boolean;
}

export interface AthenaRun {
  readonly sql: string;
  /** The same for the same question at the same time: however often it is started, Athena runs it once. */
  readonly token: string;
  /** A kept result may be up to so old; 0 = none. */
  readonly reuseMinutes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: AthenaProgress) => void) | undefined;
  /** What was read and is billed, at the end of each execution, however it ended; not for a kept result. */
  readonly onBilled?: ((bytes: number) => void) | undefined;
}

/** Runs statements: src/aws/athena.ts over AWS, a test over Trino. Throws NetcostError in words for every failure. */
export type RunStatement = (run: AthenaRun) => Promise<AthenaResult>;

/** What surveys gave, kept over restarts: a day that is over is surveyed once. */
export interface SurveyBook {
  readonly read: (key: string) => Promise<{ readonly atMs: number; readonly rows: readonly ResultRow[] } | undefined>;
  readonly write: (key: string, atMs: number, rows: readonly ResultRow[]) => Promise<void>;
}
