import type { Minutes } from './rows.js';

/** An Athena table of sums by the hour, and which of its parts are whole. */
export interface RollupTable {
  readonly database: string;
  readonly name: string;
  /** Attempts by hour (since 1970) that ended well: only these are read, so a repeated hour never counts twice. */
  readonly attempts: ReadonlyMap<number, string>;
  /** Numbers of the sources of the knowledge, by log and key. */
  readonly sources: readonly { readonly log: string; readonly key: string }[];
}

/** TBD */
export function rollupLegs(_table: RollupTable, _stretches: readonly Minutes[]): string {
  return '';
}
