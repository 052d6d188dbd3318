/**
 * A text as one word of a POSIX shell. Plain ids stay readable; anything else is single-quoted, where nothing is
 * special but the quote itself. Control characters cannot be part of an id or a name of AWS and are dropped.
 */
export function shellWord(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const clean = text.replace(/[\u0000-\u001f\u007f]/g, '');
  if (/^[A-Za-z0-9_./:@%+=,-]+$/.test(clean) && !clean.startsWith('-')) return clean;
  return `'${clean.replace(/'/g, `'\\''`)}'`;
}

/** One command: words are quoted, options (`--name`) stand as they are. */
export function shellCommand(
  program: readonly string[],
  options: readonly (readonly [string, string | readonly string[]])[],
): string {
  const parts = options.flatMap(([option, value]) => {
    const words = (typeof value === 'string' ? [value] : value).map(shellWord);
    return [option, ...words];
  });
  return [...program, ...parts].join(' ');
}
