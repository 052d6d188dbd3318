import { READ_LINE_WASM } from './read-line-wasm.js';

/** What is read of a line as a number: places in `values`. */
export const START = 0;
export const END = 1;
export const BYTES = 2;
export const PACKETS = 3;
export const SOURCE_PORT = 4;
export const DESTINATION_PORT = 5;
export const PROTOCOL = 6;
const NUMBERS = 7;
/** What is read as an IPv4 address. */
export const SOURCE = 16;
export const DESTINATION = 17;
export const PACKET_SOURCE = 18;
export const PACKET_DESTINATION = 19;
const ADDRESSES = 4;

/** Positions in the memory: assembly/read-line.ts has the same numbers. Words of four bytes, values of eight. */
const BLANKS_WORD = 512;
const COLUMNS_WORD = 513;
const NUMBER_COUNT_WORD = 514;
const LINE_END_WORD = 515;
const ADDRESS_COUNT_WORD = 516;
const KEY_COUNT_WORD = 517;
const WANTED_WORD = 576;
const KEY_COLUMNS_WORD = 704;
const MOST_KEY_COLUMNS = 64;
const VALUES_AT = 2560;
export const TEXT_AT = 4096;
const KEYS_AT = 1_310_720;
const KEY_ROOM = 1024;
const KEY_HEAD = 8;
const NO_KEY = -1;
/** How many keys are kept. */
export const KEY_SLOTS = 64;
/** More columns than any format has. */
export const MOST_COLUMNS = 500;

/** Reads the lines of a text in a memory of its own. */
export interface LineReader {
  /** All of the memory: texts are put at TEXT_AT and read by absolute positions. */
  readonly memory: Uint8Array;
  /** Where each column of the line begins; behind the last, where the line ends, plus one. */
  readonly starts: Int32Array;
  /** The line's numbers and addresses by the constants above; -1 for what is none, or is not in the format. */
  readonly values: Float64Array;
  /** Which columns are read as values from now on, by the constants above; -1 for one that the format lacks. */
  readonly useColumns: (columns: number, columnOf: ReadonlyMap<number, number>) => void;
  /** The position of the LF that ends the line from `from`; -1 where none stands before `to`. */
  readonly readLine: (from: number, to: number) => number;
  /** Columns of that line. */
  readonly columns: () => number;
  /** Where its text ends: the LF, or the CR before it. */
  readonly lineEnd: () => number;
  /** The columns whose bytes are a row's key from now on, of which none is kept yet. */
  readonly useKey: (columns: readonly number[]) => void;
  /** The slot that keeps the key of the line; where none does the one for it, below zero (-1 is the first). */
  readonly findKey: () => number;
  /** Keeps a key: the bytes of its columns, each with the byte behind it. One that is too long is not kept. */
  readonly keepKey: (slot: number, key: Uint8Array) => void;
  /** What stands before the first blank is no column: the others move up, and the values are read again. */
  readonly dropFirstColumn: () => void;
}

/** What is used of WebAssembly: its types come with the browser's, which this program has not. */
const { WebAssembly: wasm } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: unknown };
  };
};
let compiled: object | undefined;

/** A reader in WebAssembly (SIMD, in Node since 16.4); its source and its reasons are in assembly/read-line.ts. */
export function createLineReader(): LineReader {
  compiled ??= new wasm.Module(Buffer.from(READ_LINE_WASM, 'base64'));
  const { memory, readLine, readValues, findKey } = new wasm.Instance(compiled).exports as {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly readLine: (from: number, to: number) => number;
    readonly readValues: () => void;
    readonly findKey: () => number;
  };
  const { buffer } = memory;
  const words = new Int32Array(buffer, 0, TEXT_AT / 4);
  const keys = new Int32Array(buffer, KEYS_AT, (KEY_SLOTS * KEY_ROOM) / 4);
  const bytes = new Uint8Array(buffer);
  words[NUMBER_COUNT_WORD] = NUMBERS;
  words[ADDRESS_COUNT_WORD] = ADDRESSES;
  words[COLUMNS_WORD] = -1;
  return {
    memory: bytes,
    starts: new Int32Array(buffer, 0, BLANKS_WORD),
    values: new Float64Array(buffer, VALUES_AT, SOURCE + ADDRESSES),
    useColumns(columns, columnOf) {
      words[COLUMNS_WORD] = columns;
      words.fill(-1, WANTED_WORD, WANTED_WORD + SOURCE + ADDRESSES);
      for (const [value, column] of columnOf) words[WANTED_WORD + value] = column;
    },
    useKey(columns) {
      if (columns.length > MOST_KEY_COLUMNS) throw new Error(`A key of ${columns.length} columns.`);
      words[KEY_COUNT_WORD] = columns.length;
      words.set(columns, KEY_COLUMNS_WORD);
      for (let slot = 0; slot < KEY_SLOTS; slot++) keys[(slot * KEY_ROOM) / 4] = NO_KEY;
    },
    findKey,
    keepKey(slot, key) {
      const isKept = key.length <= KEY_ROOM - KEY_HEAD;
      keys[(slot * KEY_ROOM) / 4] = isKept ? key.length : NO_KEY;
      if (isKept) bytes.set(key, KEYS_AT + slot * KEY_ROOM + KEY_HEAD);
    },
    readLine,
    columns: () => words[BLANKS_WORD]! + 1,
    lineEnd: () => words[LINE_END_WORD]!,
    dropFirstColumn() {
      const blanks = words[BLANKS_WORD]!;
      if (blanks === 0 || blanks > MOST_COLUMNS) return;
      words.copyWithin(0, 1, blanks + 2);
      words[BLANKS_WORD] = blanks - 1;
      if (blanks === words[COLUMNS_WORD]) readValues();
    },
  };
}
