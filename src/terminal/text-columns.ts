import stringWidth from 'fast-string-width';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/**
 * Aligned columns, two blanks apart, as wide as their widest cell; names of other scripts take the width that a
 * terminal gives them. `widest` cuts a left column's cells with an ellipsis.
 */
export function alignColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  widest = 60,
): { readonly head: string; readonly lines: readonly string[] } {
  const cells = rows.map((row) => row.map((cell, i) => (columns[i]!.align === 'left' ? cutText(cell, widest) : cell)));
  const widths = columns.map(({ title }, i) =>
    cells.reduce((width, row) => Math.max(width, stringWidth(row[i]!)), stringWidth(title)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => {
        const blanks = ' '.repeat(Math.max(0, widths[i]! - stringWidth(cell)));
        return columns[i]!.align === 'right' ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd();
  return { head: line(columns.map((column) => column.title)), lines: cells.map(line) };
}

function cutText(text: string, widest: number): string {
  if (stringWidth(text) <= widest) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > widest - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
