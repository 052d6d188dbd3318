import type { DuckDBConnection } from '@duckdb/node-api';
import { fieldOf } from '../flows/fields.js';
import { quoteLiteral } from './duckdb.js';

const ROWS_PER_PIECE = 20_000;

/**
 * A Parquet flow log as the text that AWS would have written, so that one parser and one leg rule serve both. Missing
 * values come as NULL, '-' or 'None' (third-party writers) and all become '-'. Nothing is yielded where the file has no
 * columns of a flow log.
 */
export async function* parquetAsText(connection: DuckDBConnection, path: string): AsyncIterable<Uint8Array> {
  const described = await connection.runAndReadAll(
    `describe select * from read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`,
  );
  const names = described.getRows().map((row) => String(row[0]));
  if (!names.some((name) => fieldOf(name)?.name === 'srcaddr')) return;
  yield Buffer.from(`${names.map((name) => fieldOf(name)?.name ?? name.replaceAll(/\s/g, '_')).join(' ')}\n`);
  const values = names.map((name) => {
    const column = `"${name.replaceAll('"', '""')}"`;
    return `coalesce(nullif(replace(${column}::varchar, ' ', '%20'), ''), '-')`;
  });
  const result = await connection.stream(
    `select concat_ws(' ', ${values.join(', ')}) from read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`,
  );
  let lines: string[] = [];
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const line of chunk.getColumnValues(0)) lines.push(String(line));
    if (lines.length >= ROWS_PER_PIECE) {
      yield Buffer.from(`${lines.join('\n')}\n`);
      lines = [];
    }
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}
