import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeText, plain } from '../../src/slack/mrkdwn.js';
import { renderBlocks } from '../../src/workspace/render-blocks.js';
import { renderMrkdwn } from '../../src/workspace/render-mrkdwn.js';
import { withIds } from '../../src/workspace/room.js';
import { readable } from '../end-to-end/demo-fixture.js';

const names = {
  user: (id: string) => (id === 'U1' ? 'Dana Fox' : undefined),
  channel: (id: string) => (id === 'C1' ? 'costs' : undefined),
};
const render = (text: string) => renderMrkdwn(text, names);

describe('mrkdwn as HTML', () => {
  test.each([
    ['*bold* and _it_ and ~gone~', '<strong>bold</strong> and <em>it</em> and <s>gone</s>'],
    ['a*b*c and 2 * 3 * 4', 'a*b*c and 2 * 3 * 4'],
    ['`code *x*` ', '<code>code *x*</code> '],
    ['<@U1> in <#C1>', '<span class="mention">@Dana Fox</span> in <span class="mention">#costs</span>'],
    ['<!channel>', '<span class="mention mention-all">@channel</span>'],
    ['&lt;!channel&gt; &amp;amp;', '&lt;!channel&gt; &amp;amp;'],
    [
      '<https://a.test/?a=1&amp;b=2|label>',
      '<a href="https://a.test/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">label</a>',
    ],
    ['<javascript:alert(1)|x>', '&lt;javascript:alert(1)|x&gt;'],
    ['a\nb', 'a<br>b'],
    ['&gt; quoted', '<blockquote>quoted</blockquote>'],
    ['<!date^1^{date}|1970>', '<time>1970</time>'],
  ])('%j', (text, html) => {
    expect(render(text)).toBe(html);
  });

  test('whatever is escaped shows as it was, and makes no markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const html = render(plain(text));
        expect(html.replace(/<\/?(?:br|blockquote)>/g, '')).not.toMatch(/<(?!\/?(?:code|strong|em|s)>)/);
        expect(html).not.toMatch(/class="mention|<a /);
      }),
    );
  });

  test('no text at all makes a tag with a script or a handler', () => {
    const nasty = fc.array(
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '`',
        '```',
        '*',
        '|',
        '!',
        '@U1',
        'https://',
        'onerror=',
        '<script>',
        'a',
        ' ',
        '\n',
        '&lt;',
      ),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(nasty, (parts) => {
        const html = render(parts.join(''));
        const tags = html.match(/<[^>]*>/g) ?? [];
        for (const tag of tags)
          expect(tag).toMatch(
            /^<(?:\/?(?:strong|em|s|code|pre|blockquote|span|a|time)|br|code|span class="mention(?: mention-all)?"|pre tabindex="0"|a href="(?:https?:\/\/|mailto:)[^"<>]*" target="_blank" rel="noopener noreferrer")>$/,
          );
      }),
      { numRuns: 2_000 },
    );
  });
});

test('escaping takes away every control sequence', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(escapeText(text)).not.toMatch(/[<>]/);
      expect(plain(text)).not.toMatch(/[<>\n]/);
    }),
  );
});

test('a table is a real table: column headers, row headers, numbers to the right', () => {
  const rows = [
    ['Service', 'GiB'],
    ['<b>S3</b>', '4'],
  ].map((row) => row.map((text) => ({ type: 'raw_text', text })));
  const html = renderBlocks(
    withIds([{ type: 'table', rows, column_settings: [{ align: 'left' }, { align: 'right' }] }], () => 'b1'),
    names,
  );
  expect(html).toContain('<th scope="col" class="right">GiB</th>');
  expect(html).toContain('<th scope="row">&lt;b&gt;S3&lt;/b&gt;</th><td class="right">4</td>');
});

test('a block that the page does not know is named, not lost', () => {
  expect(
    readable(
      renderBlocks(
        withIds([{ type: 'video' }], () => 'b1'),
        names,
      ),
    ),
  ).toContain('cannot show a block of type video');
});
