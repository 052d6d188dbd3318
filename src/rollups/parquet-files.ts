import { open, rename } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from './duckdb.js';

/**
 * Sorted by client, in small groups: a question for one team reads only the groups that hold its addresses, whatever
 * the hour. Smaller ones cost more to write and to look through than they save (measured in docs/speed.md).
 */
export const LEG_ORDER = 'near, far, "minute"';
const ROWS_OF_A_GROUP = 6_144;

/** Writes the result of a statement beside the place of `file`, where nobody reads it before `keepOnDisk`. */
export async function copyParquet(
  connection: DuckDBConnection,
  file: string,
  sql: string,
  rowsOfAGroup = ROWS_OF_A_GROUP,
): Promise<void> {
  await connection.run(
    `copy (${sql}) to ${quoteLiteral(besides(file))} (format parquet, parquet_version v2, compression lz4_raw, row_group_size ${rowsOfAGroup})`,
  );
}

/** Forces a file to the disk, then renames it: under its final name it is always whole. */
export async function keepOnDisk(file: string): Promise<void> {
  const handle = await open(besides(file), 'r+');
  await handle.sync();
  await handle.close();
  await rename(besides(file), file);
}

const besides = (file: string): string => `${file}.tmp`;

/** Both: the result of a statement as a file of the store, whole or not at all. */
export async function writeParquet(
  connection: DuckDBConnection,
  file: string,
  sql: string,
  rowsOfAGroup?: number,
): Promise<void> {
  await copyParquet(connection, file, sql, rowsOfAGroup);
  await keepOnDisk(file);
}
