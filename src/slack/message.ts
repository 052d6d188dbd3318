import type { KnownBlock, MrkdwnElement, PlainTextElement } from '@slack/types';
import type { ChartBlock } from './chart-blocks.js';
import { BUDGET, LIMITS } from './limits.js';
import { cut } from './mrkdwn.js';

/** Every block that we send: Slack's own types and the chart, which @slack/types 3.2.0 does not know yet. */
export type OurBlock = KnownBlock | ChartBlock;

/**
 * A message: `text` says the result to notifications and screen readers, `blocks` show it. `text` is mrkdwn to Slack,
 * so names of others are escaped in it as well.
 */
export interface Message {
  readonly text: string;
  readonly blocks: readonly OurBlock[];
}

export function plainText(text: string, max: number): PlainTextElement {
  return { type: 'plain_text', text: cut(text, max), emoji: false };
}

function mrkdwn(text: string, max: number = LIMITS.section.text): MrkdwnElement {
  return { type: 'mrkdwn', text: cut(text, max), verbatim: true };
}

export function section(text: string): OurBlock {
  return { type: 'section', text: mrkdwn(text) };
}

export function context(...lines: readonly string[]): OurBlock {
  const elements = lines.slice(0, LIMITS.context.elements).map((line) => mrkdwn(line, LIMITS.context.text));
  return { type: 'context', elements };
}

/** Characters that a person would read in these blocks: what Slack's undocumented sum is about. */
export function countCharacters(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + countCharacters(each), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, each]) => {
    if (typeof each === 'string')
      return key === 'type' || key.endsWith('_id') || key === 'value' ? sum : sum + each.length;
    return sum + countCharacters(each);
  }, 0);
}

/**
 * The message within our budget: blocks from the end of the droppable ones (charts first, then tables, then context)
 * give way; if that is not enough, the plain text remains. Never fails.
 */
export function fitMessage(message: Message): Message {
  const text = cut(message.text, LIMITS.message.text);
  let blocks = message.blocks;
  for (const droppable of ['data_visualization', 'table', 'context'] as const) {
    if (fits(blocks)) return { text, blocks };
    blocks = blocks.filter((block) => block.type !== droppable);
  }
  return fits(blocks) ? { text, blocks } : plainMessage({ text, blocks });
}

function fits(blocks: readonly OurBlock[]): boolean {
  return blocks.length <= BUDGET.blocks && countCharacters(blocks) <= LIMITS.table.characters + 1_000;
}

/** The same message without what Slack may refuse: its text alone, and its buttons. */
export function plainMessage(message: Message): Message {
  const text = cut(message.text, LIMITS.section.text);
  const actions = message.blocks.filter((block) => block.type === 'actions');
  return { text, blocks: text === '' ? actions : [section(text), ...actions] };
}

/** Text alone: the last resort, where blocks were refused. */
export function textOnly(message: Message): Message {
  return { text: cut(message.text, LIMITS.message.text), blocks: [] };
}
