/**
 * Text from AWS, from logs or from a person, made harmless for a terminal: escape sequences, other control characters
 * and marks that turn the direction of writing show as `\u{…}`.
 */
export function plainText(text: string): string {
  return text.replace(
    /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    (mark) => `\\u{${mark.codePointAt(0)!.toString(16)}}`,
  );
}
