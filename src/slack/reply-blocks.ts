import type { HelpReply, ListEntry, ListReply, Reply, TableReply } from '../answers/reply.js';
import { NetcostError } from '../errors.js';
import { type AnswerPlace, answerMessage } from './answer-blocks.js';
import { upper } from './answer-words.js';
import { ACTIONS, button, isButton, writeAsked } from './buttons.js';
import { BUDGET, LIMITS } from './limits.js';
import { context, fitMessage, type Message, type OurBlock, plainText, section } from './message.js';
import { bold, code, cut, escapeText, oneLine, plain } from './mrkdwn.js';
import { confirmScanMessage } from './scan-blocks.js';
import { codeSections } from './statement-view.js';
import { gridBlock } from './table-blocks.js';

/** Any reply of a command as Slack shows it. Pure. */
export function replyMessage(reply: Reply, place: AnswerPlace): Message {
  switch (reply.kind) {
    case 'answer':
      return answerMessage(reply.answer, place);
    case 'help':
      return helpMessage(reply);
    case 'table':
      return tableMessage(reply);
    case 'list':
      return listMessage(reply);
    case 'confirm':
      return confirmScanMessage(reply, place.askerId ?? '');
    case 'text':
      return fitMessage({
        text: escapeText(reply.lines.join('\n')) || '–',
        blocks: [section(reply.lines.map((line) => plain(line)).join('\n') || '–')],
      });
  }
}

function helpMessage(reply: HelpReply): Message {
  const sections = reply.sections.map((each) =>
    section(
      `${bold(each.title)}\n${each.entries.map((entry) => `${code(entry.code)}  ${plain(entry.says)}`).join('\n')}`,
    ),
  );
  const compose = button(ACTIONS.compose, 'Compose a question', 'compose', { style: 'primary' });
  const actions: OurBlock[] = compose === undefined ? [] : [{ type: 'actions', elements: [compose] }];
  const example = reply.sections[0]?.entries[0]?.code ?? '';
  return fitMessage({
    text: escapeText(`${reply.intro} For example: /netcost ${example}`),
    blocks: [
      { type: 'header', text: plainText('What you can ask', LIMITS.header.text) },
      section(plain(reply.intro)),
      ...sections,
      ...actions,
    ],
  });
}

function tableMessage(reply: TableReply): Message {
  const shown = reply.rows.slice(0, BUDGET.tableRows);
  const columns = reply.columns.map((column) => ({ ...column, title: upper(column.title) }));
  const grid = { columns, rows: shown.map((row) => row.map((text) => text ?? '–')) };
  const more = reply.rows.length - shown.length;
  const notes = [...(more > 0 ? [`${more} more rows are not shown here.`] : []), ...reply.notes].map((note) =>
    cut(plain(note), 400),
  );
  return fitMessage({
    text: escapeText(
      reply.rows.length === 0 ? `${reply.title}: ${reply.empty}` : `${reply.title}: ${firstRows(reply)}`,
    ),
    blocks: [
      section(bold(reply.title)),
      reply.rows.length === 0 ? section(plain(reply.empty)) : gridBlock(grid),
      ...(notes.length === 0 ? [] : [context(notes.join('\n'))]),
      ...(reply.code ? [section(bold(reply.code.title)), ...codeSections(reply.code.text, 3)] : []),
    ],
  });
}

/** More entries than this are no list that a phone shows. */
const SHOWN_ENTRIES = 12;

function listMessage(reply: ListReply): Message {
  const shown = reply.entries.slice(0, SHOWN_ENTRIES);
  const more = reply.entries.length - shown.length;
  const notes = [...(more > 0 ? [`${more} more are not shown here.`] : []), ...reply.notes].map(plain);
  const none = reply.entries.length === 0 ? [section(plain(reply.empty))] : [];
  const titles = reply.entries.slice(0, 3).map(({ title }) => title);
  return fitMessage({
    text: escapeText(`${reply.title}: ${titles.length === 0 ? reply.empty : titles.join('; ')}`),
    blocks: [
      section(bold(reply.title)),
      ...none,
      ...shown.flatMap(entryBlocks),
      ...(notes.length === 0 ? [] : [context(notes.join('\n'))]),
    ],
  });
}

function entryBlocks({ title, lines, acts }: ListEntry, index: number): readonly OurBlock[] {
  const elements = acts
    .map(({ label, line, isDangerous }, each) =>
      button(`ask:act-${index}-${each}`, label, writeAsked({ text: line }), {
        describe: `${label}: ${title}`,
        ...(isDangerous === true ? { style: 'danger' as const } : {}),
      }),
    )
    .filter(isButton);
  const words = section([bold(cut(title, 200)), ...lines.map((line) => cut(plain(line), 600))].join('\n'));
  return elements.length === 0 ? [words] : [words, { type: 'actions', elements }];
}

function firstRows(reply: TableReply): string {
  return reply.rows
    .slice(0, 3)
    .map((row) => row.filter((text) => text !== null).join(', '))
    .join('; ');
}

/** What a person sees while the answer is worked out, with a way to stop it. */
export function progressMessage(text: string, runId: string | undefined): Message {
  const stop =
    runId === undefined ? undefined : button(ACTIONS.cancel, 'Cancel', runId, { describe: 'Stop this question' });
  const line = `Reading the flow logs for ${code(cut(text, 500)) || 'this question'} …`;
  return {
    text: escapeText(`Reading the flow logs for: ${cut(oneLine(text), 500)}`),
    blocks: [
      section(line),
      ...[stop].filter(isButton).map((element): OurBlock => ({ type: 'actions', elements: [element] })),
    ],
  };
}

/**
 * Any failure as one line that a person understands, and what to do. `reference` leads an admin to the log; it stands
 * only where the fault is not the person's own.
 */
export function errorMessage(error: unknown, reference: string): Message {
  if (error instanceof NetcostError && error.code === 'cancelled') {
    const line = 'Stopped. Nothing was posted.';
    const billed = error.hint === undefined ? [] : [context(plain(error.hint))];
    return { text: escapeText([line, error.hint ?? ''].join(' ').trim()), blocks: [section(line), ...billed] };
  }
  const known = error instanceof NetcostError && error.code !== 'internal';
  const line = known ? error.message : 'Something went wrong inside netcost, and it has been logged.';
  const hint = known ? error.hint : 'Try again; if it happens again, tell an admin the reference.';
  const own = known && (error.code === 'usage' || error.code === 'denied');
  const help = known && error.code === 'usage' ? [`${code('/netcost help')} shows what can be asked.`] : [];
  const notes = [
    ...(hint === undefined ? [] : [plain(hint)]),
    ...help,
    ...(own ? [] : [`Reference ${code(reference)}`]),
  ];
  return fitMessage({
    text: escapeText([line, hint].filter((each) => each !== undefined).join(' ')),
    blocks: [section(`⚠ ${cut(plain(line), 2_000)}`), ...(notes.length === 0 ? [] : [context(notes.join(' · '))])],
  });
}
