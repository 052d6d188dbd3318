/** Slack's three control characters. Done to every text that is not ours: a team named `<!channel>` must ping nobody. */
export function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/**
 * Text of others inside mrkdwn: escaped, on one line, and with the marks of formatting held apart from the words by a
 * zero-width space, so that a tag named `*urgent*` reads as it is written.
 */
export function plain(text: string): string {
  return escapeText(oneLine(text)).replace(/[*_~`]/g, (mark) => `\u200b${mark}\u200b`);
}

/** Text of others as code. A backtick inside would end the code, so it becomes an apostrophe. */
export function code(text: string): string {
  const inner = escapeText(oneLine(text)).replaceAll('`', "'");
  return inner === '' ? '' : `\`${inner}\``;
}

/** Text of others in bold. */
export function bold(text: string): string {
  return `*${plain(text)}*`;
}

/** At most `max` characters (UTF-16 units, as Slack counts), with an ellipsis where something is cut. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, Math.max(0, max - 1));
  // No half of a surrogate pair, no half of an entity: both would show as rubbish.
  return `${kept.replace(/[\uD800-\uDBFF]$/, '').replace(/&[a-z]{0,4}$/, '')}…`;
}

/** Control characters and line breaks become spaces; direction marks, which reorder what stands after them, go. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}
