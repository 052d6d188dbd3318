/**
 * A question with some of its words replaced: `withWords('team=a by=service', { by: 'client' })` is `team=a by=client`.
 * An empty value takes the word out. It works on the words and not on the Query, so that what a person typed stays as
 * they typed it.
 */
export function withWords(text: string, changes: Readonly<Record<string, string>>): string {
  const kept = words(text).filter((word) => !(keyOf(word) in changes));
  const added = Object.entries(changes).flatMap(([key, value]) => (value === '' ? [] : [`${key}=${value}`]));
  return [...kept, ...added].join(' ');
}

/** The value of a key in a question, undefined where it is not there. */
export function wordOf(text: string, key: string): string | undefined {
  const word = words(text).find((each) => keyOf(each) === key);
  return word?.slice(key.length + 1);
}

/** Splits at spaces outside quotes. */
export function words(text: string): string[] {
  return text.match(/(?:[^\s"']|"[^"]*"|'[^']*'|["'])+/g) ?? [];
}

function keyOf(word: string): string {
  const end = word.indexOf('=');
  return end === -1 ? '' : word.slice(0, end).toLowerCase();
}
