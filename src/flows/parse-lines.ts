import { idToBigInt } from './addresses.js';
import { type Columns, columnsOf } from './columns.js';
import { type Layout, readLayout } from './layout.js';
import { createLegRule } from './leg-rule.js';
import { createLegWriter } from './leg-writer.js';
import type { LegColumns } from './legs.js';
import type { AddressFact, InterfaceProfile, MalformedReason, ParsedBatch, ParsedObject } from './parsed-object.js';
import { mergeFact } from './profiles.js';
import { readNumber, readSize, textOf } from './read-values.js';
import { BLOCK_BYTES, findSeparators } from './separators.js';
import { countPresence, createProfile, createSources, flushPrimary, type Sources } from './sources.js';

const NEWLINE = 10;
const RETURN = 13;
const LETTER_A = 65;
const LETTER_N = 78;
const LETTER_O = 79;
const LETTER_R = 82;
const LETTER_S = 83;
/** A start beyond this is in milliseconds (flowlogs-reader found such rows; facts/flow-logs.md 1.1). */
const LARGEST_SECOND = 2 ** 31;
/** Before the service existed (June 2015) and far ahead: such a time is damage, and would make a day of its own. */
const EARLIEST_SECOND = 1_400_000_000;
/** More columns than any format has; a power of two less one. */
const COLUMN_MASK = 511;
const MOST_COLUMNS = COLUMN_MASK - 1;
const END_OF_BLOCK = -(2 ** 31);
const LONGEST_HEADER = 4096;

/** Bytes without a line end that are waited for; a bomb of one line is refused, not collected. */
const LONGEST_LINE = 1 << 20;

/** Where an object comes from, as its name tells. */
export interface ObjectOrigin {
  /** Number of the object in the store; written beside each leg. */
  readonly objectId: number;
  readonly flowLogId: string;
  readonly accountId: string;
  readonly region: string;
  /** For sources without a header (CloudWatch Logs). */
  readonly layout?: Layout | undefined;
  /** What stands before each line and is no part of it: the ISO time of a CloudWatch Logs export. */
  readonly hasTimePrefix?: boolean;
}

/** Reads the decompressed bytes of objects, one after another. */
export interface Parser {
  begin(origin: ObjectOrigin): void;
  /** The next bytes of the object, in pieces of any size. */
  feed(bytes: Uint8Array): void;
  /** `isCut`: the source ended in the middle of something, so a last line without its end is not to be believed. */
  end(isCut?: boolean): ParsedObject;
  /** What all objects since the parser was made have told. */
  batch(): ParsedBatch;
}

/**
 * The parser of text flow logs, in any column order and of any version. One pass over the bytes: a line is split at its
 * blanks, refused and counted where it does not fit its header (never padded, never fatal), and judged by the leg rule
 * (legs.ts). Only what is needed of a line is ever decoded: of the four addresses two are compared as bytes, and two
 * are read. `legs` is where legs go, behind what is there; `passOver` are interfaces known to be no gateways. Why it is
 * built as it is, with measurements: docs/speed.md.
 */
export function createParser(legs: LegColumns, passOver: ReadonlySet<string>): Parser {
  const starts = new Int32Array(COLUMN_MASK + 2);
  const separators = new Int32Array(BLOCK_BYTES + 1);
  const writer = createLegWriter(legs, starts);
  const countRow = createLegRule(legs, starts, writer.addLeg);
  const profiles = new Map<string, InterfaceProfile>();
  const facts = new Map<string, AddressFact>();
  const sourcesOf = new Map<string, Sources>();
  const layouts = new Map<string, Layout>();
  let origin: ObjectOrigin = { objectId: 0, flowLogId: '', accountId: '', region: '' };
  let columns: Columns | undefined;
  let sources: Sources | undefined;
  let carry: Uint8Array | undefined;
  let isInEndlessLine = false;
  let malformed = new Map<MalformedReason, { count: number; sample: string }>();
  let rows = 0;
  let firstSecond = 0;
  let lastSecond = 0;

  const profileOf = (interfaceId: string): InterfaceProfile => {
    const known = profiles.get(interfaceId);
    if (known) return known;
    const made = createProfile(interfaceId);
    profiles.set(interfaceId, made);
    return made;
  };
  const learn = (fact: Omit<AddressFact, 'firstMinute' | 'lastMinute'>, minute: number): AddressFact => {
    const key = `${fact.address}|${fact.vpcId}`;
    const seen = facts.get(key);
    if (!seen) {
      const made = { ...fact, firstMinute: minute, lastMinute: minute };
      facts.set(key, made);
      return made;
    }
    mergeFact(seen, fact, minute);
    return seen;
  };
  const useLayout = (layout: Layout): void => {
    const { flowLogId, accountId, region } = origin;
    const key = JSON.stringify([flowLogId, accountId, region, layout.header]);
    columns = columnsOf(layout);
    sources = sourcesOf.get(key) ?? createSources({ flowLogId, accountId, region, passOver, layout, profileOf, learn });
    sourcesOf.set(key, sources);
  };
  const useIfHeader = (bytes: Uint8Array, from: number, to: number): boolean => {
    if (to - from > LONGEST_HEADER) return false;
    const text = textOf(bytes, from, to);
    let layout = layouts.get(text);
    if (!layout) {
      layout = readLayout(text);
      if (!layout || layout.columns > MOST_COLUMNS) return false;
      layouts.set(text, layout);
    }
    useLayout(layout);
    return true;
  };
  const refuse = (reason: MalformedReason, bytes: Uint8Array, from: number, to: number): void => {
    const seen = malformed.get(reason);
    if (seen) seen.count += 1;
    else malformed.set(reason, { count: 1, sample: textOf(bytes, from, Math.min(to, from + 200)) });
  };

  const valueAt = (bytes: Uint8Array, column: number): number =>
    readNumber(bytes, starts[column]!, starts[column + 1]! - 1);

  const readRow = (c: Columns, known: Sources, bytes: Uint8Array, from: number, to: number): void => {
    let second = valueAt(bytes, c.start);
    if (second > LARGEST_SECOND) second = Math.floor(second / 1000);
    if (second < EARLIEST_SECOND || second > LARGEST_SECOND) {
      if (!useIfHeader(bytes, from, to)) refuse('time', bytes, from, to);
      return;
    }
    const minute = Math.floor(second / 60);
    const status = c.status < 0 ? LETTER_O : bytes[starts[c.status]!];
    if (status !== LETTER_O && status !== LETTER_N && status !== LETTER_S) {
      refuse('status', bytes, from, to);
      return;
    }
    let end = c.end < 0 ? second : valueAt(bytes, c.end);
    if (end > LARGEST_SECOND) end = Math.floor(end / 1000);
    if (c.isTransitGateway) known.learnTransitGateway(bytes, starts, minute);
    else if (!readInterfaceRow(c, known, bytes, minute, status, from, to)) return;
    rows += 1;
    if (second < firstSecond || firstSecond === 0) firstSecond = second;
    if (end > lastSecond && end < LARGEST_SECOND) lastSecond = end;
    if (second > lastSecond) lastSecond = second;
  };

  /** False where the row was refused. */
  const readInterfaceRow = (
    c: Columns,
    known: Sources,
    bytes: Uint8Array,
    minute: number,
    status: number,
    from: number,
    to: number,
  ): boolean => {
    const source = known.find(bytes, starts, status === LETTER_O);
    if (status !== LETTER_O) {
      countPresence(source, minute, status === LETTER_N ? 'noData' : 'skipData', 0);
      return true;
    }
    if (source.passOver) return true;
    const action = c.action < 0 ? LETTER_A : bytes[starts[c.action]!];
    if (action === LETTER_R) {
      countPresence(source, minute, 'rejected', 0);
      return true;
    }
    const size = readSize(bytes, starts[c.bytes]!, starts[c.bytes + 1]! - 1);
    if (size < 0) {
      refuse('number', bytes, from, to);
      return false;
    }
    const before = legs.length;
    if (!countRow(c, bytes, source, minute, size)) {
      legs.length = before;
      refuse('address', bytes, from, to);
      return false;
    }
    if (source.learnsFacts) known.learnOwnAddress(source, bytes, starts, minute);
    source.profile.rows += 1;
    if (!source.isWorkload || source.isNextHopNat) countPresence(source, minute, 'ok', size);
    return true;
  };

  const endLine = (bytes: Uint8Array, from: number, end: number, blanks: number): void => {
    const to = end > from && bytes[end - 1] === RETURN ? end - 1 : end;
    if (to === from) return;
    if (!columns || !sources) {
      if (!useIfHeader(bytes, from, to)) refuse('no-header', bytes, from, to);
    } else if (blanks !== columns.count - 1) {
      if (!useIfHeader(bytes, from, to)) refuse('columns', bytes, from, to);
    } else {
      starts[columns.count] = to + 1;
      readRow(columns, sources, bytes, from, to);
    }
  };

  /** Reads the whole lines of a piece; where the rest begins that has no line end yet. */
  const readLines = (bytes: Uint8Array): number => {
    const [index, begins] = [separators, starts];
    const length = bytes.length;
    const skipsPrefix = origin.hasTimePrefix === true;
    let from = 0;
    let blanks = 0;
    begins[0] = 0;
    for (let block = 0; block < length; block += BLOCK_BYTES) {
      const found = findSeparators(bytes, block, Math.min(length, block + BLOCK_BYTES), index);
      index[found] = END_OF_BLOCK;
      for (let n = 0; ; ) {
        let at = index[n++]!;
        // A line with more columns than any format wraps around here, and is refused for their number.
        for (; at >= 0; at = index[n++]!) begins[++blanks & COLUMN_MASK] = at + 1;
        if (at === END_OF_BLOCK) break;
        if (skipsPrefix) from = dropFirstColumn(from, blanks);
        endLine(bytes, from, ~at, skipsPrefix ? blanks - 1 : blanks);
        from = ~at + 1;
        blanks = 0;
        begins[0] = from;
      }
    }
    return from;
  };
  /** What stands before the first blank is no column; the others move up. */
  const dropFirstColumn = (from: number, blanks: number): number => {
    if (blanks === 0 || blanks > COLUMN_MASK) return from;
    starts.copyWithin(0, 1, blanks + 1);
    return starts[0]!;
  };

  return {
    begin(next) {
      origin = next;
      writer.useObject(next.objectId);
      columns = undefined;
      sources = undefined;
      carry = undefined;
      isInEndlessLine = false;
      malformed = new Map();
      rows = 0;
      firstSecond = 0;
      lastSecond = 0;
      if (next.layout) useLayout(next.layout);
    },
    feed(piece) {
      const lineEnd = isInEndlessLine ? piece.indexOf(NEWLINE) : -1;
      if (isInEndlessLine && lineEnd < 0) return;
      isInEndlessLine = false;
      const next = piece.subarray(lineEnd + 1);
      const bytes = carry ? Buffer.concat([carry, next]) : next;
      const rest = readLines(bytes);
      carry = rest < bytes.length ? bytes.slice(rest) : undefined;
      if (carry && carry.length > LONGEST_LINE) {
        refuse('columns', carry, 0, carry.length);
        carry = undefined;
        isInEndlessLine = true;
      }
    },
    end(isCut = false) {
      if (carry) {
        if (isCut) refuse('columns', carry, 0, carry.length);
        else readLines(Buffer.concat([carry, Buffer.from('\n')]));
        carry = undefined;
      }
      const presence = [...sourcesOf.values()].flatMap((each) => each.takePresence());
      return { presence, rows, malformed, firstSecond, lastSecond };
    },
    batch: () => {
      for (const each of sourcesOf.values()) each.all.forEach(flushPrimary);
      return {
        contexts: new Map(
          [...sourcesOf.values()]
            .flatMap((each) => each.all)
            .map((s) => [idToBigInt({ hi: s.hi, lo: s.lo }), s.context]),
        ),
        profiles: [...profiles.values()],
        facts: [...facts.values()],
        ipv6: writer.ipv6,
        services: writer.services,
      };
    },
  };
}
