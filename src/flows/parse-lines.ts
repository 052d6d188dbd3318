import { canonicalIpv6, hashText, idToBigInt, isPrivateIpv4, nat64Target, parseIpv4 } from './addresses.js';
import { type Columns, columnsOf } from './columns.js';
import { type Layout, readLayout } from './layout.js';
import { growLegColumns, LEG_FORMS, type LegColumns } from './legs.js';
import type { AddressFact, InterfaceProfile, MalformedReason, ParsedBatch, ParsedObject } from './parsed-object.js';
import { mergeFact } from './profiles.js';
import { isMissing, isSameText, readNumber, readSize, textOf, writeLong } from './read-values.js';
import { BLOCK_BYTES, findSeparators } from './separators.js';
import { addToSketch, mix32 } from './sketch.js';
import {
  countPresence,
  createProfile,
  createSources,
  flushPrimary,
  isKey,
  type Source,
  type Sources,
} from './sources.js';

const NEWLINE = 10;
const RETURN = 13;
const LETTER_A = 65;
const LETTER_N = 78;
const LETTER_O = 79;
const LETTER_R = 82;
const LETTER_S = 83;
const LETTER_E = 101;
const LETTER_I = 105;
const REWRITTEN = LEG_FORMS.indexOf('rewritten');
const NAT64 = LEG_FORMS.indexOf('nat64');
const NEXT_HOP = LEG_FORMS.indexOf('next-hop');
const RAW = LEG_FORMS.indexOf('raw');
const PLAIN = LEG_FORMS.indexOf('plain');
/** A start beyond this is in milliseconds (flowlogs-reader found such rows; facts/flow-logs.md 1.1). */
const LARGEST_SECOND = 2 ** 31;
/** Before the service existed (June 2015) and far ahead: such a time is damage, and would make a day of its own. */
const EARLIEST_SECOND = 1_400_000_000;
/** More columns than any format has; a power of two less one. */
const COLUMN_MASK = 511;
const MOST_COLUMNS = COLUMN_MASK - 1;
const END_OF_BLOCK = -(2 ** 31);
const LONGEST_HEADER = 4096;
/** Rows of a source in a batch from which its outer addresses are sampled; what more would add is in them already. */
const SAMPLED_ROWS = 20_000;

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
  const ipv6 = new Map<bigint, string>();
  const services = new Map<number, string>();
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
  let lastService = 0;
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

  const writeIpv6 = (target: Int32Array, index: number, text: string): boolean => {
    const nat64 = nat64Target(text);
    const canonical = nat64 >= 0 ? undefined : canonicalIpv6(text);
    if (nat64 < 0 && canonical === undefined) return false;
    const isMapped = canonical !== undefined && !canonical.includes(':');
    if (canonical === undefined || isMapped) {
      const octets = isMapped ? Buffer.from(canonical) : undefined;
      target[index * 2] = (octets ? parseIpv4(octets, 0, octets.length) : nat64) | 0;
      target[index * 2 + 1] = 0;
      return true;
    }
    const id = hashText(canonical);
    target[index * 2] = id.lo;
    target[index * 2 + 1] = id.hi;
    ipv6.set(idToBigInt(id), canonical);
    return true;
  };
  const writeAddress = (target: Int32Array, index: number, bytes: Uint8Array, column: number): boolean => {
    const from = starts[column]!;
    const to = starts[column + 1]! - 1;
    const value = parseIpv4(bytes, from, to);
    if (value < 0) return writeIpv6(target, index, textOf(bytes, from, to));
    target[index * 2] = value | 0;
    target[index * 2 + 1] = 0;
    return true;
  };
  const serviceOf = (bytes: Uint8Array, column: number): number => {
    if (column < 0) return 0;
    const from = starts[column]!;
    const to = starts[column + 1]! - 1;
    if (isMissing(bytes, from, to)) return 0;
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash |= 0;
    if (hash !== lastService) {
      if (!services.has(hash)) services.set(hash, textOf(bytes, from, to));
      lastService = hash;
    }
    return hash;
  };
  const valueAt = (bytes: Uint8Array, column: number): number =>
    column < 0 ? -1 : readNumber(bytes, starts[column]!, starts[column + 1]! - 1);
  const isMissingAt = (bytes: Uint8Array, column: number): boolean =>
    column < 0 || isMissing(bytes, starts[column]!, starts[column + 1]! - 1);
  const ipv4At = (bytes: Uint8Array, column: number): number =>
    parseIpv4(bytes, starts[column]!, starts[column + 1]! - 1);

  /** Adds one leg; false, with nothing added, where one of its values is no number or no address. */
  const addLeg = (
    c: Columns,
    bytes: Uint8Array,
    source: Source,
    minute: number,
    form: number,
    up: boolean,
    near: number,
    far: number,
  ): boolean => {
    if (legs.length === legs.capacity) growLegColumns(legs);
    const i = legs.length;
    if (!writeAddress(legs.near, i, bytes, near) || !writeAddress(legs.far, i, bytes, far)) return false;
    if (!writeLong(legs.bytes, i, bytes, starts[c.bytes]!, starts[c.bytes + 1]! - 1)) return false;
    if (c.packets < 0) legs.packets.fill(0, i * 2, i * 2 + 2);
    else if (!writeLong(legs.packets, i, bytes, starts[c.packets]!, starts[c.packets + 1]! - 1)) return false;
    legs.minute[i] = minute;
    legs.object[i] = origin.objectId;
    legs.context[i * 2] = source.lo;
    legs.context[i * 2 + 1] = source.hi;
    legs.port[i] = valueAt(bytes, up ? c.destinationPort : c.sourcePort);
    legs.protocol[i] = valueAt(bytes, c.protocol);
    legs.up[i] = up ? 1 : 0;
    legs.form[i] = form;
    legs.service[i] = serviceOf(bytes, up ? c.destinationService : c.sourceService);
    legs.length += 1;
    return true;
  };

  /** Nothing is rewritten: an outside leg, ordinary traffic, or one of the shapes that legs.ts names. */
  const plainRow = (c: Columns, bytes: Uint8Array, source: Source, minute: number, size: number): boolean => {
    // The text of an IPv6 address has a colon among its first five letters; NAT64 counts however many rows were sampled.
    if (source.sampled >= SAMPLED_ROWS && !source.isRegionalNat && source.context.hasPacketAddresses) {
      const at = starts[c.source]!;
      const colon = bytes.subarray(at, at + 5).indexOf(58);
      return colon < 0 || plainIpv6Row(c, bytes, source, minute);
    }
    const from = ipv4At(bytes, c.source);
    const to = ipv4At(bytes, c.destination);
    if (from < 0 || to < 0) return plainIpv6Row(c, bytes, source, minute);
    const { profile } = source;
    source.sampled += 1;
    addToSketch(profile.outer, mix32(from));
    addToSketch(profile.outer, mix32(to));
    const up = isPrivateIpv4(from);
    if (up === isPrivateIpv4(to)) return true;
    if (up) profile.publicUp += size;
    else profile.publicDown += size;
    if (!source.isRegionalNat) return true;
    return addLeg(c, bytes, source, minute, PLAIN, up, up ? c.source : c.destination, up ? c.destination : c.source);
  };
  const plainIpv6Row = (c: Columns, bytes: Uint8Array, source: Source, minute: number): boolean => {
    const from = textOf(bytes, starts[c.source]!, starts[c.source + 1]! - 1);
    const to = textOf(bytes, starts[c.destination]!, starts[c.destination + 1]! - 1);
    if (canonicalIpv6(from) === undefined || canonicalIpv6(to) === undefined) return false;
    const up = nat64Target(to) >= 0;
    if (up === nat64Target(from) >= 0) return true;
    return addLeg(c, bytes, source, minute, NAT64, up, up ? c.source : c.destination, up ? c.destination : c.source);
  };

  /** No packet addresses: both readings of a row between two private addresses are kept. */
  const rawRow = (c: Columns, bytes: Uint8Array, source: Source, minute: number, size: number): boolean => {
    const from = ipv4At(bytes, c.source);
    const to = ipv4At(bytes, c.destination);
    if (from < 0 || to < 0 || !isPrivateIpv4(from) || !isPrivateIpv4(to))
      return plainRow(c, bytes, source, minute, size);
    return (
      addLeg(c, bytes, source, minute, RAW, true, c.source, c.destination) &&
      addLeg(c, bytes, source, minute, RAW, false, c.destination, c.source)
    );
  };

  const nextHopRow = (c: Columns, bytes: Uint8Array, source: Source, minute: number): boolean => {
    const up = c.direction < 0 ? isPrivateIpv4(ipv4At(bytes, c.source)) : bytes[starts[c.direction]!] === LETTER_E;
    const from = isMissingAt(bytes, c.packetSource) ? c.source : c.packetSource;
    const to = isMissingAt(bytes, c.packetDestination) ? c.destination : c.packetDestination;
    return addLeg(c, bytes, source, minute, NEXT_HOP, up, up ? from : to, up ? to : from);
  };

  const countRow = (c: Columns, bytes: Uint8Array, source: Source, minute: number, size: number): boolean => {
    if (source.isNextHopNat) return nextHopRow(c, bytes, source, minute);
    if (source.isWorkload) return true;
    const missingFrom = isMissingAt(bytes, c.packetSource);
    const missingTo = isMissingAt(bytes, c.packetDestination);
    if (missingFrom && missingTo) return rawRow(c, bytes, source, minute, size);
    const from = missingFrom ? c.source : c.packetSource;
    const to = missingTo ? c.destination : c.packetDestination;
    const fromRewritten = !isSameText(
      bytes,
      starts[c.source]!,
      starts[c.source + 1]! - 1,
      starts[from]!,
      starts[from + 1]! - 1,
    );
    const toRewritten = !isSameText(
      bytes,
      starts[c.destination]!,
      starts[c.destination + 1]! - 1,
      starts[to]!,
      starts[to + 1]! - 1,
    );
    if (!fromRewritten && !toRewritten) return plainRow(c, bytes, source, minute, size);
    // Both rewritten is documented nowhere; the interface's own side then comes from flow-direction (ingress = to it).
    const up = toRewritten && (!fromRewritten || c.direction < 0 || bytes[starts[c.direction]!] === LETTER_I);
    if (!addLeg(c, bytes, source, minute, REWRITTEN, up, up ? from : to, up ? to : from)) return false;
    addToSketch(source.profile.inner, mix32(legs.far[(legs.length - 1) * 2]!));
    addToSketch(source.profile.partners, mix32(legs.near[(legs.length - 1) * 2]!));
    notePrimary(bytes, source, up ? c.destination : c.source);
    return true;
  };

  /** The address on the interface's own side of a rewritten row. */
  const notePrimary = (bytes: Uint8Array, source: Source, column: number): void => {
    const from = starts[column]!;
    const to = starts[column + 1]! - 1;
    if (!source.lastPrimary || !isKey(source.lastPrimary.key, bytes, from, to)) {
      flushPrimary(source);
      source.lastPrimary = { key: bytes.slice(from, to), address: textOf(bytes, from, to), count: 0 };
    }
    source.lastPrimary.count += 1;
  };

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
        ipv6,
        services,
      };
    },
  };
}
