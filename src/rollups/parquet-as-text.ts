import type { DuckDBConnection } from '@duckdb/node-api';
import { fieldOf } from '../flows/fields.js';
import { parquetFiles } from './duckdb.js';

const ROWS_PER_PIECE = 20_000;

/**
 * A Parquet flow log as the text that AWS would have written, so that one parser and one leg rule serve both. Missing
 * values come as NULL, '-' or 'None' (third-party writers) and all become '-'. Nothing is yielded where the file has no
 * columns of a flow log.
 */
export async function* parquetAsText(connection: DuckDBConnection, path: string): AsyncIterable<Uint8Array> {
  const described = await connection.runAndReadAll(`describe select * from ${parquetFiles([path])}`);
  const columns = described.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }));
  const names = columns.map(({ name }) => name);
  if (!names.some((name) => fieldOf(name)?.name === 'srcaddr')) return;
  yield Buffer.from(`${names.map((name) => fieldOf(name)?.name ?? name.replaceAll(/\s/g, '_')).join(' ')}\n`);
  const values = columns.map(({ name, type }) => {
    const value = valueSql(`"${name.replaceAll('"', '""')}"`, type);
    return `coalesce(nullif(regexp_replace((${value})::varchar, '\\s', '%20', 'g'), ''), '-')`;
  });
  const result = await connection.stream(`select concat_ws(' ', ${values.join(', ')}) from ${parquetFiles([path])}`);
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

/**
 * A column as the whole number or the text that AWS writes. Other writers have counts with a fraction of zero (as pandas,
 * for columns with gaps) and times as timestamps; a count with a true fraction stays as it is, and is refused.
 */
function valueSql(column: string, type: string): string {
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(type)) {
    return `case when ${column} = trunc(${column}) then try_cast(${column} as hugeint)::varchar else ${column}::varchar end`;
  }
  if (/^TIMESTAMP/.test(type)) return `epoch(${column})::bigint`;
  return column;
}
