import {
  BIGINT,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  INTEGER,
  SMALLINT,
  UTINYINT,
} from '@duckdb/node-api';
import bindings from '@duckdb/node-bindings';
import type { LegColumns } from '../flows/legs.js';
import type { PresenceRow } from '../flows/parsed-object.js';

/** DuckDB's vector size: a chunk holds no more rows. */
const CHUNK_ROWS = 2048;

type LegColumn = Exclude<keyof LegColumns, 'length' | 'capacity'>;

/** Columns of the legs table, in order; the one list that table, appender and queries agree on. */
const LEG_TABLE: readonly (readonly [string, LegColumn, DuckDBType, number])[] = [
  ['minute', 'minute', INTEGER, 4],
  ['object', 'object', INTEGER, 4],
  ['context', 'context', BIGINT, 8],
  ['near', 'near', BIGINT, 8],
  ['far', 'far', BIGINT, 8],
  ['port', 'port', INTEGER, 4],
  ['protocol', 'protocol', SMALLINT, 2],
  ['form', 'form', UTINYINT, 1],
  ['service', 'service', INTEGER, 4],
  ['bytes', 'bytes', BIGINT, 8],
  ['packets', 'packets', BIGINT, 8],
  ['flows', 'flows', INTEGER, 4],
  ['bytes_up', 'bytesUp', BIGINT, 8],
  ['packets_up', 'packetsUp', BIGINT, 8],
  ['flows_up', 'flowsUp', INTEGER, 4],
];

export const CREATE_LEGS = `create or replace table legs (${LEG_TABLE.map(([name, , type]) => `"${name}" ${type}`).join(', ')})`;
/** A relation with the columns of the legs table and without rows. */
export const EMPTY_LEGS = `(select ${LEG_TABLE.map(([name, , type]) => `0::${type} as "${name}"`).join(', ')} where false)`;
export const CREATE_PRESENCE =
  'create or replace table presence (minute integer, object integer, context bigint, ok integer, no_data integer, skip_data integer, rejected integer, bytes double)';

/** Copies columns of legs into the table `legs`, a chunk of memory at a time: no value ever becomes an object. */
export async function appendLegs(connection: DuckDBConnection, legs: LegColumns): Promise<void> {
  if (legs.length === 0) return;
  const appender = await connection.createAppender('legs');
  const types = LEG_TABLE.map(([, , type]) => type);
  for (let from = 0; from < legs.length; from += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, legs.length - from);
    const chunk = DuckDBDataChunk.create(types, rows);
    LEG_TABLE.forEach(([, name, , width], column) => {
      const source = legs[name];
      bindings.copy_data_to_vector(
        bindings.data_chunk_get_vector(chunk.chunk, column),
        0,
        source.buffer as ArrayBuffer,
        from * width,
        rows * width,
      );
    });
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** The presence of several objects, into the table `presence`. */
export async function appendPresence(
  connection: DuckDBConnection,
  objects: readonly { readonly object: number; readonly rows: readonly PresenceRow[] }[],
): Promise<void> {
  const appender = await connection.createAppender('presence');
  for (const { object, rows } of objects) {
    for (const row of rows) {
      appender.appendInteger(row.minute);
      appender.appendInteger(object);
      appender.appendBigInt(row.context);
      appender.appendInteger(row.ok);
      appender.appendInteger(row.noData);
      appender.appendInteger(row.skipData);
      appender.appendInteger(row.rejected);
      appender.appendDouble(row.bytes);
      appender.endRow();
    }
  }
  appender.closeSync();
}
