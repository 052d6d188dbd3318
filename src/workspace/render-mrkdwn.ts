import { isFields } from './validate-values.js';

/** Names of people and channels for mentions. */
export interface Names {
  readonly user: (id: string) => string | undefined;
  readonly channel: (id: string) => string | undefined;
}

/** Any text as HTML that shows it as it is. */
export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

/**
 * Slack's mrkdwn as HTML: code, links, mentions, dates, bold, italic, strike, quotes, line breaks. What arrives is
 * escaped text in Slack's way (`&amp; &lt; &gt;`) with control sequences in angle brackets; everything that is neither
 * is shown as text.
 */
export function renderMrkdwn(text: string, names: Names): string {
  const parts = text.split(/(```[\s\S]*?```|`[^`\n]+`)/);
  return parts
    .map((part) => {
      if (/^```[\s\S]*```$/.test(part))
        return `<pre tabindex="0"><code>${decoded(part.slice(3, -3).replace(/^\n|\n$/g, ''))}</code></pre>`;
      if (/^`[^`\n]+`$/.test(part)) return `<code>${decoded(part.slice(1, -1))}</code>`;
      return renderInline(part, names);
    })
    .join('');
}

/** A text object. Plain text is plain, whatever stands in it. */
export function renderText(value: unknown, names: Names): string {
  if (!isFields(value)) return '';
  const text = String(value.text ?? '');
  return value.type === 'mrkdwn' ? renderMrkdwn(text, names) : escapeHtml(text).replace(/\n/g, '<br>');
}

function renderInline(text: string, names: Names): string {
  const html = text
    .split(/(<[^<>\n]+>)/)
    .map((part) => (/^<[^<>\n]+>$/.test(part) ? renderControl(part.slice(1, -1), names) : format(decoded(part))))
    .join('');
  return html.replace(/(^|\n)&gt; ?([^\n]*)/g, '$1<blockquote>$2</blockquote>').replace(/\n/g, '<br>');
}

/** `@U1`, `#C1|name`, `!channel`, `!date^…|fallback`, `https://…|label`. Anything else stays text. */
function renderControl(inner: string, names: Names): string {
  const [target = '', label] = splitLabel(inner);
  if (/^@[UW][A-Z0-9]+$/.test(target)) return mention(`@${names.user(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (/^#[CG][A-Z0-9]+$/.test(target)) return mention(`#${names.channel(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (/^!(channel|here|everyone)$/.test(target)) return `<span class="mention mention-all">@${target.slice(1)}</span>`;
  if (target.startsWith('!date^')) return `<time>${decoded(label ?? '')}</time>`;
  if (/^(https?:\/\/|mailto:)/.test(target))
    return `<a href="${decoded(target)}" target="_blank" rel="noopener noreferrer">${decoded(label ?? target)}</a>`;
  return escapeHtml(`<${inner}>`);
}

function splitLabel(inner: string): readonly [string, string | undefined] {
  const bar = inner.indexOf('|');
  return bar === -1 ? [inner, undefined] : [inner.slice(0, bar), inner.slice(bar + 1)];
}

function mention(text: string): string {
  return `<span class="mention">${decoded(text)}</span>`;
}

/** Slack's three entities to characters, then everything to HTML: `&amp;lt;` shows as `&lt;`. */
function decoded(text: string): string {
  return escapeHtml(text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'));
}

/** Bold, italic and strike, where the marks stand at the edges of words, as in Slack. */
function format(html: string): string {
  return html
    .replace(/(^|[\s(“"'·:])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?=$|[\s).,;:!?”"'·])/g, '$1<strong>$2</strong>')
    .replace(/(^|[\s(])_([^\s_](?:[^_\n]*[^\s_])?)_(?=$|[\s).,;:!?])/g, '$1<em>$2</em>')
    .replace(/(^|[\s(])~([^\s~](?:[^~\n]*[^\s~])?)~(?=$|[\s).,;:!?])/g, '$1<s>$2</s>');
}
