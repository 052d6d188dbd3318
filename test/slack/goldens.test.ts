import { describe, expect, test } from 'vitest';
import { BUDGET } from '../../src/slack/limits.js';
import { renderBlocks } from '../../src/workspace/render-blocks.js';
import { withIds } from '../../src/workspace/room.js';
import { isTooLong, validateBlocks, validateView } from '../../src/workspace/validate-blocks.js';
import { LARGEST, LARGEST_VIEWS, MESSAGES, VIEWS } from './messages.js';

const names = { user: (id: string) => id, channel: (id: string) => id };

/** Blocks as a person reads them, one line a piece, and below them what they send when pressed. */
function show(blocks: readonly unknown[]): string {
  let next = 0;
  const html = renderBlocks(
    withIds(blocks, () => `b${next++}`),
    names,
  );
  return html
    .replace(/<svg[\s\S]*?<\/svg>/g, '')
    .replace(/<button[^>]*class="button([^"]*)"[^>]*data-action="([^"]*)"[^>]*>([^<]*)<\/button>/g, '\n[$3]$1 → $2')
    .replace(/<strong>(.*?)<\/strong>/g, '**$1**')
    .replace(/<code>(.*?)<\/code>/g, '`$1`')
    .replace(/<\/t[hd]>/g, ' | ')
    .replace(/<(?:br|tr|h3|div|li|p|span|figcaption|label|fieldset|legend|option|hr)[^>]*>/g, '\n')
    .replace(/<[^>]+>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{2,}/g, '\n')
    .trim();
}

describe('every message', () => {
  test.each(Object.entries(MESSAGES))('%s is as its golden', async (name, message) => {
    const text = `text: ${message.text}\n\n${show(message.blocks)}\n`;
    await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  test.each(Object.entries({ ...MESSAGES, ...prefixed(LARGEST) }))('%s is taken by Slack', (_, message) => {
    // A message of one line has no blocks at all, and then none are sent.
    if (message.blocks.length > 0) expect(validateBlocks(message.blocks, 'message')).toEqual([]);
    expect(isTooLong(message.blocks)).toBe(false);
    expect(message.text.length).toBeGreaterThan(0);
    expect(message.text.length).toBeLessThanOrEqual(4_000);
    expect(message.blocks.length).toBeLessThanOrEqual(BUDGET.blocks);
  });

  test.each(Object.entries({ ...MESSAGES, ...prefixed(LARGEST) }))(
    '%s pings nobody and links nowhere',
    (_, message) => {
      const texts = JSON.stringify(
        [message.text, ...message.blocks.filter((block) => !['table', 'data_visualization'].includes(block.type))],
        // What a button carries comes back to us, and is shown to nobody.
        (key, value: unknown) => (key === 'value' ? undefined : value),
      );
      expect(texts).not.toMatch(/<!(?:channel|here|everyone)/);
      expect(texts.match(/"type":"mrkdwn","text":"(?:[^"\\]|\\.)*<(?!@U0DANA001>|#C0123>|!date)/g)).toBeNull();
    },
  );
});

describe('every window', () => {
  test.each(Object.entries(VIEWS))('%s is as its golden', async (name, view) => {
    await expect(`${show(view.blocks)}\n`).toMatchFileSnapshot(`golden/${name}.txt`);
  });

  test.each(Object.entries({ ...VIEWS, ...prefixed(LARGEST_VIEWS) }))('%s is taken by Slack', (_, view) => {
    expect(validateView(view)).toEqual([]);
  });
});

/** Names of the largest, so that they do not hide the usual ones. */
function prefixed<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [`at its largest: ${name}`, value]));
}
