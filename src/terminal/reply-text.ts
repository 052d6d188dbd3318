import { createColors } from 'picocolors';
import type { ConfirmReply, HelpReply, ListReply, Reply, TableReply } from '../answers/reply.js';
import { answerCsv, csvText } from './answer-csv.js';
import { answerJson, jsonText } from './answer-json.js';
import { answerTable, type TableStyle } from './answer-table.js';
import { plainText } from './plain-text.js';
import { alignColumns } from './text-columns.js';

/** How a reply is written: for people, as one JSON document, or as CSV. */
export type ReplyFormat = 'text' | 'json' | 'csv';

/** What goes to standard output, with a newline at the end. */
export function replyText(reply: Reply, format: ReplyFormat, style: TableStyle): string {
  if (format === 'json') return replyJson(reply);
  if (format === 'csv') return replyCsv(reply);
  switch (reply.kind) {
    case 'answer':
      return answerTable(reply.answer, style);
    case 'table':
      return tableText(reply, style);
    case 'list':
      return listText(reply, style);
    case 'confirm':
      return confirmText(reply, style);
    case 'help':
      return helpText(reply, style);
    case 'text':
      return `${reply.lines.map(plainText).join('\n')}\n`;
  }
}

function replyJson(reply: Reply): string {
  switch (reply.kind) {
    case 'answer':
      return answerJson(reply.answer);
    case 'table':
      return jsonText(reply.json ?? { title: reply.title, rows: rowsByTitle(reply), notes: reply.notes });
    case 'list':
      return jsonText(reply.json ?? { title: reply.title, entries: reply.entries, notes: reply.notes });
    case 'confirm':
      return jsonText(reply.json ?? { title: reply.title, line: reply.line });
    case 'help':
      return jsonText({ intro: reply.intro, sections: reply.sections });
    case 'text':
      return jsonText(reply.json ?? { lines: reply.lines });
  }
}

function replyCsv(reply: Reply): string {
  switch (reply.kind) {
    case 'answer':
      return answerCsv(reply.answer);
    case 'table':
      return csvText([reply.columns.map((column) => column.title), ...reply.rows]);
    case 'list':
      return csvText([['title', 'says'], ...reply.entries.map((e) => [e.title, e.lines.join(' ')])]);
    case 'confirm':
      return csvText([
        ['title', 'line'],
        [reply.title, reply.line],
      ]);
    case 'help':
      return csvText([['code', 'says'], ...reply.sections.flatMap((s) => s.entries.map((e) => [e.code, e.says]))]);
    case 'text':
      return csvText(reply.lines.map((line) => [line]));
  }
}

function tableText(reply: TableReply, style: TableStyle): string {
  const colours = createColors(style.hasColour);
  const lines = [colours.bold(plainText(reply.title)), ''];
  if (reply.rows.length === 0) lines.push(plainText(reply.empty));
  else {
    const cells = reply.rows.map((row) => row.map((cell) => (cell === null ? '–' : plainText(cell))));
    const { head, lines: body } = alignColumns(reply.columns, cells);
    lines.push(colours.dim(head), ...body);
  }
  if (reply.notes.length > 0) lines.push('', ...reply.notes.map((note) => colours.dim(plainText(note))));
  if (reply.code)
    lines.push('', colours.bold(plainText(reply.code.title)), '', ...reply.code.text.split('\n').map(plainText));
  return `${lines.join('\n')}\n`;
}

function listText(reply: ListReply, style: TableStyle): string {
  const colours = createColors(style.hasColour);
  const entries = reply.entries.flatMap(({ title, lines }) => [
    '',
    plainText(title),
    ...lines.map((line) => `  ${plainText(line)}`),
  ]);
  const body = entries.length === 0 ? ['', plainText(reply.empty)] : entries;
  const notes = reply.notes.length === 0 ? [] : ['', ...reply.notes.map((note) => colours.dim(plainText(note)))];
  return `${[colours.bold(plainText(reply.title)), ...body, ...notes].join('\n')}\n`;
}

/** What a question would cost, above the place where a person says yes or no. */
export function confirmText(reply: ConfirmReply, style: TableStyle): string {
  const colours = createColors(style.hasColour);
  const lines = [colours.bold(`${plainText(reply.title)}.`), ...reply.says.map((line) => `  ${plainText(line)}`)];
  return `${[...lines, ...reply.notes.map((note) => colours.dim(plainText(note)))].join('\n')}\n`;
}

function helpText(reply: HelpReply, style: TableStyle): string {
  const colours = createColors(style.hasColour);
  const lines = [plainText(reply.intro)];
  for (const section of reply.sections) {
    const rows = section.entries.map((entry) => [`  ${plainText(entry.code)}`, plainText(entry.says)]);
    const columns = [
      { title: '', align: 'left' },
      { title: '', align: 'left' },
    ] as const;
    lines.push('', colours.bold(plainText(section.title)), ...alignColumns(columns, rows, 76).lines);
  }
  return `${lines.join('\n')}\n`;
}

function rowsByTitle(reply: TableReply): Record<string, string | null>[] {
  return reply.rows.map((row) => Object.fromEntries(reply.columns.map(({ title }, i) => [title, row[i] ?? null])));
}
