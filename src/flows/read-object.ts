import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip, gunzipSync, inflateRawSync } from 'node:zlib';
import { DEFAULT_FORMAT } from './fields.js';
import { type Layout, layoutOfFormat, readLayout } from './layout.js';
import type { ObjectOrigin, Parser } from './parse-lines.js';
import type { ParsedObject } from './parsed-object.js';

/** What an object turned out to be. */
type ObjectForm = 'text' | 'parquet' | 'cloudwatch-export' | 'subscription' | 'headerless' | 'empty' | 'not-a-log';

export interface ReadResult {
  readonly form: ObjectForm;
  /** Set where the object could not be read to its end; what came before it is in `parsed`. */
  readonly damage: 'truncated' | 'corrupt' | undefined;
  readonly parsed: ParsedObject;
}

export interface ReadOptions {
  readonly parser: Parser;
  readonly origin: ObjectOrigin;
  /** LogFormat of sources without a header, as DescribeFlowLogs gives it. */
  readonly logFormat?: string;
  /** The object's bytes, where the caller has read them already; else they are streamed from `path`. */
  readonly whole?: Buffer | undefined;
  /** Turns a Parquet object into the text form, in pieces; given by the store, which owns the database. */
  readonly parquetAsText: (path: string) => AsyncIterable<Uint8Array>;
}

/** Up to this size an object is read and decompressed in one call, twice as fast as a stream; larger ones are streamed. */
export const WHOLE_OBJECT_BYTES = 24 * 1024 * 1024;
const WHOLE_TEXT_BYTES = 512 * 1024 * 1024;
const SNIFF_BYTES = 8192;
/** Of a damaged object the chunk in which zlib fails is lost, so chunks are small. */
const DAMAGED_CHUNK_BYTES = 4096;
const EXPORT_LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z (?=\S)/;

/**
 * Reads one flow-log object from a file: gzip or plain text with a header, Parquet, a CloudWatch Logs export (ISO time
 * before each line), a subscription envelope (JSON), or lines without a header. A file that is none of these is
 * `not-a-log`: passed over, not an error. Throws only where the file itself cannot be read.
 */
export async function readObject(path: string, options: ReadOptions): Promise<ReadResult> {
  const { whole } = options;
  const magic = whole ?? (await firstBytes(path));
  if (magic.length >= 4 && magic.toString('latin1', 0, 4) === 'PAR1') return readParquet(path, options);
  const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
  let damage: ReadResult['damage'];
  let reader: PieceReader | undefined;
  try {
    for await (const piece of isGzip ? gunzipped(path, whole) : plain(path, whole)) {
      if (!reader) reader = createPieceReader(piece, options);
      reader.feed(piece);
      if (reader.form === 'not-a-log') break;
    }
  } catch (error) {
    if (!isGzip || !isZlibError(error)) throw error;
    damage = (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? 'truncated' : 'corrupt';
  }
  if (!reader) {
    options.parser.begin(options.origin);
    return { form: 'empty', damage, parsed: options.parser.end() };
  }
  return { form: reader.form, damage, parsed: reader.finish(damage !== undefined) };
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(4);
    const { bytesRead } = await file.read(buffer, 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const isZlibError = (error: unknown): boolean => String((error as NodeJS.ErrnoException)?.code ?? '').startsWith('Z_');

async function* plain(path: string, whole: Buffer | undefined): AsyncIterable<Uint8Array> {
  if (whole) {
    if (whole.length > 0) yield whole;
    return;
  }
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) yield piece as Buffer;
}

async function* gunzipped(path: string, packed: Buffer | undefined): AsyncIterable<Uint8Array> {
  if (packed) {
    const text = gunzipWhole(packed);
    if (text) {
      if (text.length > 0) yield text;
      return;
    }
  }
  // Damaged or very large: piece by piece, up to the damage.
  yield* packed
    ? gunzipPieces(piecesOf(packed), DAMAGED_CHUNK_BYTES)
    : gunzipPieces(createReadStream(path) as AsyncIterable<Buffer>, 1 << 18);
}

function gunzipWhole(packed: Buffer): Buffer | undefined {
  try {
    return gunzipSync(packed, { maxOutputLength: WHOLE_TEXT_BYTES, chunkSize: chunkFor(packed) });
  } catch {
    const end = endOfMember(packed);
    if (end === undefined || (packed[end] === 0x1f && packed[end + 1] === 0x8b)) return undefined;
    // Whole, with something behind its end that is no gzip: passed over, as gzip(1) does.
    try {
      return gunzipSync(packed.subarray(0, end), { maxOutputLength: WHOLE_TEXT_BYTES });
    } catch {
      return undefined;
    }
  }
}

/** Where the first gzip member ends (RFC 1952); undefined where it does not, or has a header with more than a name. */
function endOfMember(packed: Buffer): number | undefined {
  const flags = packed[3] ?? 0;
  if ((flags & ~0x09) !== 0) return undefined;
  const from = (flags & 0x08) === 0 ? 10 : packed.indexOf(0, 10) + 1;
  if (from === 0) return undefined;
  try {
    const { engine } = inflateRawSync(packed.subarray(from), {
      info: true,
      maxOutputLength: WHOLE_TEXT_BYTES,
    }) as unknown as { readonly engine: { readonly bytesWritten: number } };
    return from + engine.bytesWritten + 8;
  } catch {
    return undefined;
  }
}

function* piecesOf(packed: Buffer): Iterable<Buffer> {
  for (let from = 0; from < packed.length; from += 1 << 16) yield packed.subarray(from, from + (1 << 16));
}

/**
 * Decompresses as far as it goes, then throws what zlib said. Not by iterating over the stream: what stands in a
 * stream's buffer is lost when it fails. zlib itself keeps back at most the chunk in which it failed.
 */
async function* gunzipPieces(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
  chunkSize: number,
): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip({ chunkSize });
  const ready: Buffer[] = [];
  let failure: Error | undefined;
  gunzip.on('data', (chunk: Buffer) => ready.push(chunk));
  gunzip.on('error', (error) => {
    failure ??= error;
  });
  for await (const piece of pieces) {
    await new Promise<void>((done) => {
      gunzip.once('error', () => done());
      gunzip.write(piece, () => done());
    });
    yield* ready.splice(0);
    if (failure) break;
  }
  if (!failure) {
    await new Promise<void>((done) => {
      gunzip.once('close', done);
      gunzip.once('end', done);
      gunzip.end();
    });
  }
  yield* ready.splice(0);
  gunzip.destroy();
  if (failure) throw failure;
}

/**
 * Room for all of an object's text, so that it comes out in one piece: gzip notes the length of the text in its last
 * four bytes (RFC 1952). Only a hint, so it is bounded: text is at most some forty times longer in flow logs.
 */
function chunkFor(packed: Buffer): number {
  const noted = packed.length >= 18 ? packed.readUInt32LE(packed.length - 4) : 0;
  return Math.min(Math.max(noted + 1024, 1 << 16), packed.length * 40 + (1 << 16));
}

async function readParquet(path: string, options: ReadOptions): Promise<ReadResult> {
  const { parser, origin } = options;
  parser.begin(origin);
  let isLog = false;
  for await (const piece of options.parquetAsText(path)) {
    isLog = true;
    parser.feed(piece);
  }
  return { form: isLog ? 'parquet' : 'not-a-log', damage: undefined, parsed: parser.end() };
}

interface PieceReader {
  readonly form: ObjectForm;
  feed(piece: Uint8Array): void;
  finish(isCut: boolean): ParsedObject;
}

/** Decides by the first lines what an object is, and reads it as that. */
function createPieceReader(first: Uint8Array, options: ReadOptions): PieceReader {
  const head = Buffer.from(first.buffer, first.byteOffset, Math.min(first.length, SNIFF_BYTES)).toString('utf8');
  if (readLayout(head.slice(0, Math.max(0, head.indexOf('\n'))).trimEnd()) !== undefined)
    return lineReader('text', options, {});
  const lines = head.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines.some((line) => readLayout(line) !== undefined)) return lineReader('text', options, {});
  const line = lines[0] ?? '';
  if (/^\s*\{/.test(line) && head.includes('logEvents')) return envelopeReader(options);
  const configured = options.logFormat === undefined ? undefined : layoutOfFormat(options.logFormat);
  // A damaged line may stand first, so the first line that fits decides.
  for (const layout of [configured, readLayout(DEFAULT_FORMAT.join(' '))]) {
    const fitting = layout && lines.find((one) => fits(one.replace(EXPORT_LINE, ''), layout));
    if (fitting === undefined) continue;
    if (EXPORT_LINE.test(fitting)) return lineReader('cloudwatch-export', options, { layout, hasTimePrefix: true });
    return lineReader('headerless', options, { layout });
  }
  options.parser.begin(options.origin);
  return { form: 'not-a-log', feed: () => {}, finish: () => options.parser.end() };
}

function fits(line: string, layout: Layout): boolean {
  const values = line.split(' ');
  return values.length === layout.columns && /^\d{10,13}$/.test(values[layout.at.start] ?? '');
}

function lineReader(
  form: ObjectForm,
  { parser, origin }: ReadOptions,
  more: Pick<ObjectOrigin, 'layout' | 'hasTimePrefix'>,
): PieceReader {
  parser.begin({ ...origin, ...more });
  return { form, feed: (piece) => parser.feed(piece), finish: (isCut) => parser.end(isCut) };
}

/** A subscription's envelopes: one JSON document, or several one behind another without a separator (Firehose). */
function envelopeReader({ parser, origin, logFormat }: ReadOptions): PieceReader {
  const pieces: Uint8Array[] = [];
  return {
    form: 'subscription',
    feed: (piece) => {
      pieces.push(Uint8Array.from(piece));
    },
    finish() {
      const configured = logFormat === undefined ? undefined : layoutOfFormat(logFormat);
      parser.begin({ ...origin, layout: configured ?? readLayout(DEFAULT_FORMAT.join(' ')) });
      for (const envelope of splitJson(Buffer.concat(pieces).toString('utf8'))) {
        const { messageType, logEvents } = (envelope ?? {}) as {
          messageType?: string;
          logEvents?: { message?: unknown }[];
        };
        if (messageType !== 'DATA_MESSAGE' || !Array.isArray(logEvents)) continue;
        for (const event of logEvents) {
          if (typeof event?.message === 'string') parser.feed(Buffer.from(`${event.message}\n`));
        }
      }
      return parser.end();
    },
  };
}

/** Documents of a text that holds one or more JSON objects; a broken one is passed over. */
function splitJson(text: string): unknown[] {
  const found: unknown[] = [];
  // Inside a document objects are parted by commas, so a brace before a brace is a border.
  for (const part of text.replaceAll(/\}\s*\{(?=\s*")/g, '}\u0000{').split('\u0000')) {
    try {
      found.push(JSON.parse(part));
    } catch {
      // Cut off or damaged: it has no whole event to give.
    }
  }
  return found;
}
