import { LIMITS } from '../slack/limits.js';
import { countCharacters } from '../slack/message.js';
import { checkChart, checkTable } from './validate-data-blocks.js';
import { checkElement, checkImage } from './validate-elements.js';
import {
  checkKeys,
  checkList,
  checkText,
  checkTextObject,
  createReport,
  type Fault,
  type Fields,
  isFields,
  type Report,
} from './validate-values.js';

/** The sum of text from which Slack refuses a message; measured by others between 11,300 and 13,200 characters. */
const MESSAGE_CHARACTERS = 11_300;

type Surface = 'message' | 'modal' | 'home';

const CHECKS: Readonly<Record<string, (report: Report, block: Fields, pointer: string) => void>> = {
  section: checkSection,
  header: (report, block, pointer) => {
    checkKeys(report, block, pointer, ['type', 'block_id', 'text']);
    checkTextObject(report, block.text, `${pointer}/text`, LIMITS.header.text, { plain: true });
  },
  context: checkContext,
  actions: (report, block, pointer) => {
    checkKeys(report, block, pointer, ['type', 'block_id', 'elements']);
    const elements = checkList(report, block.elements, `${pointer}/elements`, 1, LIMITS.actions.elements);
    elements.forEach((element, index) => {
      checkElement(report, element, `${pointer}/elements/${index}`, 'actions');
    });
    const ids = elements.flatMap((element) =>
      isFields(element) && element.action_id !== undefined ? [element.action_id] : [],
    );
    if (new Set(ids).size !== ids.length) report.add(`${pointer}/elements`, 'action_id must be unique in a block');
  },
  divider: (report, block, pointer) => checkKeys(report, block, pointer, ['type', 'block_id']),
  image: checkImage,
  markdown: (report, block, pointer) => checkText(report, block.text, `${pointer}/text`, LIMITS.markdown.text),
  input: (report, block, pointer) => {
    checkTextObject(report, block.label, `${pointer}/label`, LIMITS.input.label, { plain: true });
    checkTextObject(report, block.hint, `${pointer}/hint`, LIMITS.input.hint, { plain: true, required: false });
    checkElement(report, block.element, `${pointer}/element`, 'input');
  },
  table: checkTable,
  data_visualization: checkChart,
};

/** Blocks that a surface does not take. */
const NOT_ON: Readonly<Record<Surface, readonly string[]>> = {
  message: ['input'],
  modal: ['table', 'data_visualization', 'markdown'],
  home: ['table', 'data_visualization', 'markdown'],
};

/** What Slack would say against these blocks; empty where it would take them. */
export function validateBlocks(blocks: unknown, surface: Surface): readonly Fault[] {
  const report = createReport();
  const max = surface === 'message' ? LIMITS.message.blocks : LIMITS.view.blocks;
  const list = checkList(report, blocks, '/blocks', 1, max);
  list.forEach((block, index) => {
    checkBlock(report, block, `/blocks/${index}`, surface);
  });
  const ids = list.flatMap((block) => (isFields(block) && typeof block.block_id === 'string' ? [block.block_id] : []));
  if (new Set(ids).size !== ids.length) report.add('/blocks', 'block_id must be unique');
  if (surface === 'message') {
    if (countOf(list, 'table') > LIMITS.message.tables)
      report.add('/blocks', `only ${LIMITS.message.tables} table allowed`);
    if (countOf(list, 'data_visualization') > LIMITS.message.charts)
      report.add('/blocks', `no more than ${LIMITS.message.charts} charts allowed`);
  }
  return report.faults;
}

/** Slack refuses a message whose blocks hold too much text in all, table cells aside, with another word than the rest. */
export function isTooLong(blocks: unknown): boolean {
  if (!Array.isArray(blocks)) return false;
  return countCharacters(blocks.filter((block) => !isFields(block) || block.type !== 'table')) > MESSAGE_CHARACTERS;
}

/** What Slack would say against a view. */
export function validateView(view: unknown): readonly Fault[] {
  if (!isFields(view)) return [{ pointer: '/view', message: 'must be an object' }];
  const report = createReport();
  const type = view.type === 'home' ? 'home' : 'modal';
  if (view.type !== 'home' && view.type !== 'modal') report.add('/view/type', `unsupported type: ${String(view.type)}`);
  checkText(report, view.private_metadata, '/view/private_metadata', LIMITS.view.privateMetadata, false);
  checkText(report, view.callback_id, '/view/callback_id', LIMITS.view.callbackId, false);
  if (type === 'modal') {
    checkTextObject(report, view.title, '/view/title', LIMITS.view.title, { plain: true });
    checkTextObject(report, view.submit, '/view/submit', LIMITS.view.submit, { plain: true, required: false });
    checkTextObject(report, view.close, '/view/close', LIMITS.view.close, { plain: true, required: false });
    if (Array.isArray(view.blocks) && countOf(view.blocks, 'input') > 0 && view.submit === undefined)
      report.add('/view/submit', 'missing required field: submit, where there are inputs');
  }
  return [...report.faults, ...validateBlocks(view.blocks, type)];
}

function checkBlock(report: Report, block: unknown, pointer: string, surface: Surface): void {
  if (!isFields(block) || typeof block.type !== 'string') {
    report.add(pointer, 'must be a block with a type');
    return;
  }
  const check = CHECKS[block.type];
  if (check === undefined || NOT_ON[surface].includes(block.type)) {
    report.add(`${pointer}/type`, `unsupported type: ${block.type}`);
    return;
  }
  checkText(report, block.block_id, `${pointer}/block_id`, LIMITS.id, false);
  check(report, block, pointer);
}

function checkSection(report: Report, block: Fields, pointer: string): void {
  checkKeys(report, block, pointer, ['type', 'block_id', 'text', 'fields', 'accessory', 'expand']);
  if (block.text === undefined && block.fields === undefined)
    report.add(pointer, 'missing required field: text or fields');
  checkTextObject(report, block.text, `${pointer}/text`, LIMITS.section.text, { required: false });
  if (block.fields !== undefined) {
    const fields = checkList(report, block.fields, `${pointer}/fields`, 1, LIMITS.section.fields);
    fields.forEach((field, index) => {
      checkTextObject(report, field, `${pointer}/fields/${index}`, LIMITS.section.field);
    });
  }
  if (block.accessory !== undefined) checkElement(report, block.accessory, `${pointer}/accessory`, 'accessory');
}

function checkContext(report: Report, block: Fields, pointer: string): void {
  checkKeys(report, block, pointer, ['type', 'block_id', 'elements']);
  const elements = checkList(report, block.elements, `${pointer}/elements`, 1, LIMITS.context.elements);
  elements.forEach((element, index) => {
    const at = `${pointer}/elements/${index}`;
    if (isFields(element) && element.type === 'image') checkImage(report, element, at);
    else checkTextObject(report, element, at, LIMITS.context.text);
  });
}

function countOf(blocks: readonly unknown[], type: string): number {
  return blocks.filter((block) => isFields(block) && block.type === type).length;
}
