import type { Log } from '../log.js';
import { type Message, plainMessage, textOnly } from './message.js';
import { tableAsText } from './table-blocks.js';

/** What became of one attempt: `refused` is the content's fault, `gone` the place's. Anything else is thrown. */
export type Sent = 'ok' | 'refused' | 'gone';

/**
 * Sends a message and, where Slack refuses its blocks, ever plainer forms of it: without charts, with the table as text,
 * then its sentence and buttons, then the sentence alone. A report is never lost over a block.
 */
export async function deliver(send: (message: Message) => Promise<Sent>, message: Message, log: Log): Promise<Sent> {
  let last: Sent = 'refused';
  for (const form of forms(message)) {
    last = await send(form);
    if (last !== 'refused') return last;
    log.warn('slack refused the blocks of a message', { blocks: form.blocks.map((block) => block.type) });
  }
  return last;
}

function forms(message: Message): Message[] {
  const blocks = message.blocks.filter((block) => block.type !== 'data_visualization');
  const hasTable = blocks.some((block) => block.type === 'table');
  const asText = blocks.map((block) => (block.type === 'table' ? tableAsText(block) : block));
  return [
    message,
    ...(blocks.length < message.blocks.length ? [{ ...message, blocks }] : []),
    ...(hasTable ? [{ ...message, blocks: asText }] : []),
    plainMessage(message),
    textOnly(message),
  ];
}
