/** The values of a line, read from its bytes: `from` is the first byte, `to` the one behind the last. */

const DASH = 45;

/**
 * A whole number that is too long for the line reader (more than fifteen digits), as near as a double comes: for what is
 * compared, never for what is summed. -1: none.
 */
export function readSize(bytes: Uint8Array, from: number, to: number): number {
  const text = textOf(bytes, from, to);
  return /^\d{16,25}$/.test(text) ? Number(text) : -1;
}

/** Writes a whole number below 2^63 as two words, the low one first; false where the text is none. */
export function writeLong(target: Int32Array, index: number, bytes: Uint8Array, from: number, to: number): boolean {
  const text = textOf(bytes, from, to);
  if (!/^\d{1,25}$/.test(text)) return false;
  const big = BigInt(text);
  if (big >= 2n ** 63n) return false;
  target[index * 2] = Number(big & 0xffffffffn) | 0;
  target[index * 2 + 1] = Number(big >> 32n);
  return true;
}

const decoder = new TextDecoder('latin1');

export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return decoder.decode(bytes.subarray(from, to));
}

/** "-", nothing, or the 'None' of third-party writers. */
export function isMissing(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length === 1) return bytes[from] === DASH;
  return length <= 0 || (length === 4 && textOf(bytes, from, to) === 'None');
}
