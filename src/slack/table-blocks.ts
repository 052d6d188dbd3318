import type { TableBlock } from '@slack/types';
import { LIMITS } from './limits.js';
import type { OurBlock } from './message.js';
import { cut, escapeText, oneLine } from './mrkdwn.js';

/** A table of plain texts; as long as `columns` in every row. */
export interface Grid {
  readonly columns: readonly { readonly title: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly string[])[];
}

const CELL_CHARACTERS = 120;

/** A native table, header row first; a code block where it would be over Slack's limits. */
export function gridBlock(grid: Grid): OurBlock {
  return tableBlock(grid) ?? codeBlock(grid);
}

/** A native table block; undefined where Slack would refuse it. Cells are raw text: nothing in them is formatting. */
function tableBlock(grid: Grid): TableBlock | undefined {
  const rows = [grid.columns.map((column) => column.title), ...grid.rows].map((row) => row.map(cell));
  const characters = rows.flat().reduce((sum, text) => sum + text.length, 0);
  if (rows.length > LIMITS.table.rows || grid.columns.length > LIMITS.table.columns) return undefined;
  if (characters > LIMITS.table.characters) return undefined;
  return {
    type: 'table',
    column_settings: grid.columns.map(({ align }) => ({ align, is_wrapped: align === 'left' })),
    rows: rows.map((row) => row.map((text) => ({ type: 'raw_text' as const, text }))),
  };
}

/** A native table as text, for where Slack refuses it. */
export function tableAsText(block: TableBlock): OurBlock {
  const [head = [], ...rows] = block.rows.map((row) =>
    row.map((value) => (value.type === 'raw_text' ? value.text : '')),
  );
  const columns = head.map((title, index) => ({
    title,
    align: block.column_settings?.[index]?.align === 'right' ? ('right' as const) : ('left' as const),
  }));
  return codeBlock({ columns, rows });
}

/** The same table as aligned text in a code block, cut to a section's length at a whole line. */
function codeBlock(grid: Grid): OurBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: gridText(grid, LIMITS.section.text), verbatim: true } };
}

/** Aligned text between code fences, within `max` characters. */
function gridText(grid: Grid, max: number): string {
  const rows = [grid.columns.map((column) => column.title), ...grid.rows].map((row) =>
    row.map((text) => cut(oneLine(text), 40)),
  );
  const widths = grid.columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, index) =>
        grid.columns[index]?.align === 'right' ? text.padStart(widths[index]!) : text.padEnd(widths[index]!),
      )
      .join('  ')
      .trimEnd(),
  );
  const kept: string[] = [];
  let length = 8;
  for (const line of lines) {
    const safe = escapeText(line).replaceAll('```', "'''");
    if (length + safe.length + 1 > max - 20) {
      kept.push(`… ${lines.length - kept.length} more`);
      break;
    }
    kept.push(safe);
    length += safe.length + 1;
  }
  return `\`\`\`\n${kept.join('\n')}\n\`\`\``;
}

/** Slack refuses an empty cell, so a missing text is a dash. */
function cell(text: string): string {
  const shown = cut(oneLine(text), CELL_CHARACTERS).trim();
  return shown === '' ? '–' : shown;
}
