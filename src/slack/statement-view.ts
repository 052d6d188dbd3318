import type { ModalView } from '@slack/types';
import { LIMITS } from './limits.js';
import { plainText } from './message.js';
import { escapeText } from './mrkdwn.js';

/** The statement that ran, in a window of its own: cut into as many code blocks as it needs. */
export function statementView(question: string, statement: string): ModalView {
  return {
    type: 'modal',
    title: plainText('The query', LIMITS.view.title),
    close: plainText('Close', LIMITS.view.close),
    blocks: [{ type: 'section', text: plainText(question, LIMITS.section.text) }, ...codeSections(statement, 20)],
  };
}

/** A text to be copied, cut into as many code blocks as it needs, at most `most`. */
export function codeSections(text: string, most: number) {
  const safe = escapeText(text.trim()).replaceAll('```', "'''");
  const size = LIMITS.section.text - 100;
  return Array.from({ length: Math.min(most, Math.ceil(safe.length / size)) }, (_, index) => ({
    type: 'section' as const,
    text: {
      type: 'mrkdwn' as const,
      text: `\`\`\`\n${safe.slice(index * size, (index + 1) * size)}\n\`\`\``,
      verbatim: true,
    },
  }));
}

/** A window that says one thing: what is shown while we look, or why nothing can be shown. */
export function noticeView(title: string, line: string): ModalView {
  return {
    type: 'modal',
    title: plainText(title, LIMITS.view.title),
    close: plainText('Close', LIMITS.view.close),
    blocks: [{ type: 'section', text: plainText(line, LIMITS.section.text) }],
  };
}
