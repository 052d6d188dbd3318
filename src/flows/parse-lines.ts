import { idToBigInt } from './addresses.js';
import { type Columns, columnsOf, valueColumns } from './columns.js';
import { type Layout, readLayout } from './layout.js';
import { createLegRule } from './leg-rule.js';
import { createLegWriter } from './leg-writer.js';
import type { LegColumns } from './legs.js';
import { BYTES, createLineReader, END, MOST_COLUMNS, START, TEXT_AT } from './line-reader.js';
import type { AddressFact, InterfaceProfile, MalformedReason, ParsedBatch, ParsedObject } from './parsed-object.js';
import { holderOf, mergeFact } from './profiles.js';
import { readSize, textOf } from './read-values.js';
import { createRecentSources } from './recent-sources.js';
import { countPresence, createProfile, createSources, flushPrimary, type Sources } from './sources.js';

const NEWLINE = 10;
const LETTER_A = 65;
const LETTER_N = 78;
const LETTER_O = 79;
const LETTER_R = 82;
const LETTER_S = 83;
/** A start beyond this is in milliseconds (flowlogs-reader found such rows; facts/flow-logs.md 1.1). */
const LARGEST_SECOND = 2 ** 31;
/** Before the service existed (June 2015) and far ahead: such a time is damage, and would make a day of its own. */
const EARLIEST_SECOND = 1_400_000_000;
const LONGEST_HEADER = 4096;

/** Bytes without a line end that are waited for; a bomb of one line is refused, not collected. */
const LONGEST_LINE = 1 << 20;
/** Text that is split in one go: it stays in the processor's cache until its values are read. */
const PIECE_BYTES = 1 << 17;

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
 * are read. `legs` is where legs go, behind what is there; `passOver` are interfaces known to be no gateways;
 * with `areSums` no two lines are added up. Why it is
 * built as it is, with measurements: docs/speed.md.
 */
export function createParser(legs: LegColumns, passOver: ReadonlySet<string>, areSums = false): Parser {
  const reader = createLineReader();
  const { memory, starts, values, readLine } = reader;
  const writer = createLegWriter(legs, reader, areSums);
  const countRow = createLegRule(legs, reader, writer.addLeg);
  const recent = createRecentSources(reader);
  const profiles = new Map<string, InterfaceProfile>();
  const facts = new Map<string, AddressFact>();
  const sourcesOf = new Map<string, Sources>();
  const layouts = new Map<string, Layout>();
  let origin: ObjectOrigin = { objectId: 0, flowLogId: '', accountId: '', region: '' };
  let columns: Columns | undefined;
  let sources: Sources | undefined;
  /** Bytes at the front of the memory that have no line end yet. */
  let carried = 0;
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
    // Holders of one address are apart: it may have changed hands.
    const key = `${fact.address}|${fact.vpcId}|${holderOf(fact)}`;
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
    reader.useColumns(layout.columns, valueColumns(layout));
    sources = sourcesOf.get(key) ?? createSources({ flowLogId, accountId, region, passOver, layout, profileOf, learn });
    sourcesOf.set(key, sources);
    recent.use(sources, layout.contextColumns);
  };
  const useIfHeader = (from: number, to: number): boolean => {
    if (to - from > LONGEST_HEADER) return false;
    const text = textOf(memory, from, to);
    let layout = layouts.get(text);
    if (!layout) {
      layout = readLayout(text);
      if (!layout || layout.columns > MOST_COLUMNS) return false;
      layouts.set(text, layout);
    }
    useLayout(layout);
    return true;
  };
  const refuse = (reason: MalformedReason, from: number, to: number): void => {
    const seen = malformed.get(reason);
    if (seen) seen.count += 1;
    else malformed.set(reason, { count: 1, sample: textOf(memory, from, Math.min(to, from + 200)) });
  };

  const readRow = (c: Columns, known: Sources, from: number, to: number): void => {
    let second = values[START]!;
    if (second > LARGEST_SECOND) second = Math.floor(second / 1000);
    if (second < EARLIEST_SECOND || second > LARGEST_SECOND) {
      if (!useIfHeader(from, to)) refuse('time', from, to);
      return;
    }
    const minute = Math.floor(second / 60);
    const status = c.status < 0 ? LETTER_O : memory[starts[c.status]!];
    if (status !== LETTER_O && status !== LETTER_N && status !== LETTER_S) {
      refuse('status', from, to);
      return;
    }
    let end = values[END]!;
    if (end > LARGEST_SECOND) end = Math.floor(end / 1000);
    if (c.isTransitGateway) known.learnTransitGateway(memory, starts, minute);
    else if (!readInterfaceRow(c, known, minute, status, from, to)) return;
    rows += 1;
    if (second < firstSecond || firstSecond === 0) firstSecond = second;
    if (end > lastSecond && end < LARGEST_SECOND) lastSecond = end;
    if (second > lastSecond) lastSecond = second;
  };

  /** False where the row was refused. */
  const readInterfaceRow = (
    c: Columns,
    known: Sources,
    minute: number,
    status: number,
    from: number,
    to: number,
  ): boolean => {
    const source = recent.find(status === LETTER_O);
    if (status !== LETTER_O) {
      countPresence(source, minute, status === LETTER_N ? 'noData' : 'skipData', 0);
      return true;
    }
    if (source.passOver) return true;
    const action = c.action < 0 ? LETTER_A : memory[starts[c.action]!];
    if (action === LETTER_R) {
      countPresence(source, minute, 'rejected', 0);
      return true;
    }
    const size = values[BYTES]! >= 0 ? values[BYTES]! : readSize(memory, starts[c.bytes]!, starts[c.bytes + 1]! - 1);
    if (size < 0) {
      refuse('number', from, to);
      return false;
    }
    const before = legs.length;
    if (!countRow(c, source, minute, size)) {
      legs.length = before;
      refuse('address', from, to);
      return false;
    }
    if (source.learnsFacts) known.learnOwnAddress(source, memory, starts, minute);
    source.profile.rows += 1;
    if (!source.isWorkload || source.isNextHopNat) countPresence(source, minute, 'ok', size);
    return true;
  };

  const endLine = (from: number, to: number): void => {
    if (to === from) return;
    if (!columns || !sources) {
      if (!useIfHeader(from, to)) refuse('no-header', from, to);
    } else if (reader.columns() !== columns.count) {
      if (!useIfHeader(from, to)) refuse('columns', from, to);
    } else readRow(columns, sources, from, to);
  };

  /** Reads the whole lines of the memory up to `to`; where the rest begins that has no line end yet. */
  const readLines = (to: number): number => {
    const skipsPrefix = origin.hasTimePrefix === true;
    let from = TEXT_AT;
    for (let end = readLine(from, to); end >= 0; end = readLine(from, to)) {
      if (skipsPrefix) reader.dropFirstColumn();
      endLine(skipsPrefix ? starts[0]! : from, reader.lineEnd());
      from = end + 1;
    }
    return from;
  };

  return {
    begin(next) {
      origin = next;
      writer.useObject(next.objectId);
      columns = undefined;
      sources = undefined;
      carried = 0;
      isInEndlessLine = false;
      malformed = new Map();
      rows = 0;
      firstSecond = 0;
      lastSecond = 0;
      if (next.layout) useLayout(next.layout);
    },
    feed(piece) {
      for (let at = 0; at < piece.length; ) {
        if (isInEndlessLine) {
          const end = piece.indexOf(NEWLINE, at);
          if (end < 0) return;
          isInEndlessLine = false;
          at = end + 1;
        }
        const part = piece.subarray(at, at + PIECE_BYTES);
        at += part.length;
        memory.set(part, TEXT_AT + carried);
        const to = TEXT_AT + carried + part.length;
        const rest = readLines(to);
        carried = to - rest;
        if (carried > LONGEST_LINE) {
          refuse('columns', rest, to);
          carried = 0;
          isInEndlessLine = true;
        }
        memory.copyWithin(TEXT_AT, rest, rest + carried);
      }
    },
    end(isCut = false) {
      const to = TEXT_AT + carried;
      if (carried > 0 && isCut) refuse('columns', TEXT_AT, to);
      else if (carried > 0) {
        memory[to] = NEWLINE;
        readLines(to + 1);
      }
      carried = 0;
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
