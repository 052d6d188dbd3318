const BLANK = 32;
const NEWLINE = 10;
const NO_WORDS = new Uint32Array(0);

/** Bytes that are looked at in one go: their separators fit into the index whatever they are. */
export const BLOCK_BYTES = 1 << 16;

/**
 * Finds the blanks and line ends of bytes [from, to), at most BLOCK_BYTES: a blank at i is noted as i, a line end as ~i
 * (negative). Returns how many. Four bytes are tested at once for one below 33 (the zero-byte trick of Mycroft, 1987):
 * most words of a flow log hold none, and a loop that does nothing else stays in registers. It takes a third of the
 * time of a loop that also reads the values (docs/speed.md).
 */
export function findSeparators(bytes: Uint8Array, from: number, to: number, index: Int32Array): number {
  let found = 0;
  // Up to the first word border of the memory below, and behind the last one, byte by byte.
  const first = Math.min(to, from + ((4 - ((bytes.byteOffset + from) & 3)) & 3));
  const last = Math.max(first, to - ((bytes.byteOffset + to) & 3));
  for (let i = from; i < first; i++) {
    const byte = bytes[i]!;
    if (byte === BLANK) index[found++] = i;
    else if (byte === NEWLINE) index[found++] = ~i;
  }
  // A few bytes between two borders hold no whole word, and a view may not even begin there.
  const words = last > first ? new Uint32Array(bytes.buffer, bytes.byteOffset + first, (last - first) >> 2) : NO_WORDS;
  for (let k = 0; k < words.length; k++) {
    const word = words[k]!;
    // The trick marks each byte below 33 and can mark one above it wrongly, so that each marked byte is looked at.
    let marks = (word - 0x21212121) & ~word & 0x80808080;
    while (marks !== 0) {
      const i = first + (k << 2) + ((31 - Math.clz32(marks & -marks)) >> 3);
      const byte = bytes[i]!;
      if (byte === BLANK) index[found++] = i;
      else if (byte === NEWLINE) index[found++] = ~i;
      marks &= marks - 1;
    }
  }
  for (let i = last; i < to; i++) {
    const byte = bytes[i]!;
    if (byte === BLANK) index[found++] = i;
    else if (byte === NEWLINE) index[found++] = ~i;
  }
  return found;
}
