import type { DuckDBConnection } from '@duckdb/node-api';

/** Adds rows that are written as SQL, `(1, 'a')`, to a table. */
export async function insertRows(connection: DuckDBConnection, table: string, rows: readonly string[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 5000) {
    await connection.run(`insert into ${table} values ${rows.slice(i, i + 5000).join(', ')}`);
  }
}
