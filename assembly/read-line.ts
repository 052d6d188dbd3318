/**
 * Splits a line of a flow log at its blanks and reads its numbers and addresses, in WebAssembly: this is AssemblyScript
 * (TypeScript's syntax, WebAssembly's types). JavaScript has no instruction that compares sixteen bytes at once, nor one
 * that reads eight of them as one number; with them a line takes a third of the time (docs/speed.md).
 *
 * `npm run assembly` writes src/flows/read-line-wasm.ts from it; test/flows/line-reader.test.ts fails where they differ.
 * What is not plain digits is given as -1, and JavaScript looks at its text: nothing is refused here.
 *
 * Memory, all of it of fixed size (src/flows/line-reader.ts has the same numbers):
 *      0  i32[512]  where each column of the line begins; behind the last one stands where the line ends, plus one
 *   2048  i32       how many blanks the line has, right even beyond 500 (columns then wrap around and mean nothing)
 *   2052  i32       how many columns a line must have for its values to be read
 *   2056  i32       how many numbers are read
 *   2060  i32       where the line ends: its LF, or the CR before it
 *   2064  i32       how many addresses are read
 *   2068  i32       how many columns make up a row's key
 *   2304  i32[32]   which column each value is, -1 for one that the format lacks; from the 17th on they are addresses
 *   2560  f64[32]   the values
 *   2816  i32[64]   which columns those are
 *   4096  u8[]      the text
 *   1.25M           64 keys of 1,024 bytes each: i32 how long it is (-1: none), 4 bytes of nothing, its bytes
 */
const BLANKS: usize = 2048;
const COLUMNS: usize = 2052;
const LINE_END: usize = 2060;
const WANTED: usize = 2304;
const VALUES: usize = 2560;
const NUMBERS: i32 = 16;
const NUMBER_COUNT: usize = 2056;
const ADDRESS_COUNT: usize = 2064;
const COLUMN_MASK: u32 = 511;
const KEY_COUNT: usize = 2068;
const KEY_COLUMNS: usize = 2816;
const KEYS: usize = 1310720;
const KEY_BITS: u32 = 10;
const SLOT_BITS: u32 = 6;

/** Where the line from `from` ends (the position of its LF), its columns found and, if it has as many as it must, its values read; -1 where no line ends before `to`. */
export function readLine(from: usize, to: usize): i32 {
  let count: u32 = 0;
  store<u32>(0, <u32>from);
  // Memory goes on behind the text, so that the last load may reach beyond `to`; what stands there is left out.
  for (let at = from; at < to; at += 64) {
    const ends = marksOf(at, 10);
    let blanks = marksOf(at, 32);
    // Blanks behind the line's end are another line's.
    if (ends != 0) blanks &= (ends & -ends) - 1;
    // Eight at a time, however many there are: what is too much is written over, and no branch has to be guessed.
    let target: u32 = count + 1;
    count += <u32>popcnt(blanks);
    while (blanks != 0) {
      for (let k: u32 = 0; k < 8; k++) {
        store<u32>(((target + k) & COLUMN_MASK) << 2, <u32>at + <u32>ctz(blanks) + 1);
        blanks &= blanks - 1;
      }
      target += 8;
    }
    if (ends != 0) {
      const end = at + <usize>ctz(ends);
      if (end >= to) return -1;
      const last = end > from && load<u8>(end - 1) == 13 ? end - 1 : end;
      store<u32>(BLANKS, count);
      store<u32>(LINE_END, <u32>last);
      if (count + 1 < COLUMN_MASK) store<u32>((count + 1) << 2, <u32>last + 1);
      if (count + 1 == load<u32>(COLUMNS)) readValues();
      return <i32>end;
    }
  }
  return -1;
}

/** Which of the 64 bytes from `at` are `byte`: a bit for each, the first one lowest. */
@inline
function marksOf(at: usize, byte: i8): u64 {
  const wanted = i8x16.splat(byte);
  return (
    <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at), wanted))) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at + 16), wanted))) << 16) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at + 32), wanted))) << 32) |
    (<u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(at + 48), wanted))) << 48)
  );
}

/** Reads the wanted values of the line whose columns stand in memory. */
export function readValues(): void {
  const numbers = load<i32>(NUMBER_COUNT);
  for (let k = 0; k < numbers; k++) {
    const column = load<i32>(WANTED + (k << 2));
    store<f64>(VALUES + (k << 3), column < 0 ? -1 : readNumber(load<u32>(column << 2), load<u32>((column + 1) << 2) - 1));
  }
  const all = NUMBERS + load<i32>(ADDRESS_COUNT);
  for (let k = NUMBERS; k < all; k++) {
    const column = load<i32>(WANTED + (k << 2));
    store<f64>(VALUES + (k << 3), column < 0 ? -1 : readIpv4(load<u32>(column << 2), load<u32>((column + 1) << 2) - 1));
  }
}

/**
 * Where the key of the line is kept: the slot whose bytes are those of the key's columns, each with the byte behind it;
 * where none has them, the slot where they belong, below zero (-1 is the first).
 */
export function findKey(): i32 {
  const columns = KEY_COLUMNS + (load<usize>(KEY_COUNT) << 2);
  // The ends of ids differ most.
  let hash: u32 = 0;
  for (let at = KEY_COLUMNS; at < columns; at += 4) {
    const column = load<u32>(at) << 2;
    const end = lastBytes(load<u32>(column + 4), load<u32>(column + 4) - load<u32>(column));
    hash = (rotl<u32>(hash, 5) ^ <u32>end ^ <u32>(end >> 32)) * 0x9e3779b1;
  }
  const slot = hash >> (32 - SLOT_BITS);
  const kept = KEYS + (slot << KEY_BITS);
  const length = load<i32>(kept);
  if (length < 0) return ~slot;
  let at = kept + 8;
  const end = at + <usize>length;
  for (let next = KEY_COLUMNS; next < columns; next += 4) {
    const column = load<u32>(next) << 2;
    let from: usize = load<u32>(column);
    const to: usize = load<u32>(column + 4);
    if (at + (to - from) > end) return ~slot;
    for (; to - from >= 8; from += 8, at += 8) if (load<u64>(from) != load<u64>(at)) return ~slot;
    const rest = <u32>(to - from);
    at += rest;
    if (rest != 0 && lastBytes(to, rest) != lastBytes(at, rest)) return ~slot;
  }
  return at == end ? slot : ~slot;
}

/** The last bytes before `to`, eight at most and `length` at most; what stands before them is left out. */
@inline
function lastBytes(to: usize, length: u32): u64 {
  return length >= 8 ? load<u64>(to - 8) : length == 0 ? 0 : load<u64>(to - 8) & (~(<u64>0) << (64 - (length << 3)));
}

/** A whole number of one to fifteen digits; -1 where the text is none. */
@inline
function readNumber(from: usize, to: usize): f64 {
  const length = to - from;
  if (length > 15 || length == 0) return -1;
  if (length <= 8) return <f64>(<i64>eightDigits(to, <u32>length));
  const high = eightDigits(to - 8, <u32>length - 8);
  const low = eightDigits(to, 8);
  return high < 0 || low < 0 ? -1 : <f64>(high * 100000000 + low);
}

/**
 * The number in the `length` (1 to 8) bytes before `to`, eight digits at a time within one register (D. Lemire,
 * "Quickly parsing eight digits", 2018); -1 where one of them is no digit. What stands before the number counts as 0.
 */
@inline
function eightDigits(to: usize, length: u32): i64 {
  const kept = ~(<u64>0) << (64 - (length << 3));
  const digits = ((load<u64>(to - 8) & kept) | (0x3030303030303030 & ~kept)) ^ 0x3030303030303030;
  if ((((digits + 0x7676767676767676) | digits) & 0x8080808080808080) != 0) return -1;
  const pairs = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ff;
  const fours = (pairs * 100 + (pairs >> 16)) & 0x0000ffff0000ffff;
  return <i64>((fours * 10000 + (fours >> 32)) & 0xffffffff);
}

/** An IPv4 address as its 32 bits, unsigned; -1 where the text is none. */
@inline
function readIpv4(from: usize, to: usize): f64 {
  const length = <u32>(to - from);
  if (length < 7 || length > 15) return -1;
  const dots = i8x16.bitmask(i8x16.eq(v128.load(from), i8x16.splat(46))) & ((1 << length) - 1);
  if (popcnt(dots) != 3) return -1;
  const first = <u32>ctz(dots);
  const later = dots & (dots - 1);
  const second = <u32>ctz(later);
  const third = <u32>ctz(later & (later - 1));
  const a = readOctet(from + first, first);
  const b = readOctet(from + second, second - first - 1);
  const c = readOctet(from + third, third - second - 1);
  const d = readOctet(to, length - third - 1);
  // An octet that is none has bits above the lowest eight.
  if ((a | b | c | d) > 255) return -1;
  return <f64>((a << 24) | (b << 16) | (c << 8) | d);
}

/** One to three digits before `to`; above 255 where they are no octet. */
@inline
function readOctet(to: usize, length: u32): u32 {
  if (length - 1 > 2) return 256;
  const kept = ~(<u32>0) << (32 - (length << 3));
  const digits = ((load<u32>(to - 4) & kept) | (0x30303030 & ~kept)) ^ 0x30303030;
  if ((((digits + 0x76767676) | digits) & 0x80808080) != 0) return 256;
  return ((digits >> 8) & 0xff) * 100 + ((digits >> 16) & 0xff) * 10 + (digits >> 24);
}
