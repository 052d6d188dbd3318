import { stringify } from 'csv-stringify/sync';
import type { Answer, AnswerRow } from '../answers/answer.js';

const SUMS = ['bytes', 'bytes_up', 'bytes_down', 'packets', 'flows', 'usd'];

/**
 * An answer as CSV (contract, part 2): the key columns, then the sums; without `by` one row, the total. With `compare`
 * two columns more at the end. Names that a spreadsheet would take for a formula are escaped with an apostrophe.
 */
export function answerCsv(answer: Answer): string {
  const { by, compare } = answer.query;
  const head = [...by, ...SUMS, ...(compare ? ['previous_bytes', 'previous_usd'] : [])];
  const rows = by.length === 0 ? [{ key: {}, ...answer.total }] : answer.rows;
  return csvText([head, ...rows.map((row) => cellsOf(row, by, compare !== undefined))]);
}

/** Rows of text as CSV, RFC 4180 with line feeds; null is an empty field. */
export function csvText(rows: readonly (readonly (string | number | bigint | null | undefined)[])[]): string {
  return stringify(
    rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? '' : String(cell)))),
    { escape_formulas: true },
  );
}

function cellsOf(
  row: AnswerRow,
  by: readonly string[],
  hasPrevious: boolean,
): (string | number | bigint | null | undefined)[] {
  return [
    ...by.map((key) => row.key[key]),
    row.bytes,
    row.bytesUp,
    row.bytesDown,
    row.packets,
    row.flows,
    row.usd,
    ...(hasPrevious ? [row.previous?.bytes, row.previous?.usd] : []),
  ];
}
