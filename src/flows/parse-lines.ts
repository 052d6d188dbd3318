import { canonicalIpv6, hashText, idToBigInt, isPrivateIpv4, nat64Target, parseIpv4 } from './addresses.js';
import { type Layout, readLayout } from './layout.js';
import { createLegColumns, growLegColumns, LEG_FORMS, type LegColumns } from './legs.js';
import type { MalformedReason, ParsedObject } from './parsed-object.js';
import { addToSketch, mix32 } from './sketch.js';
import { countPresence, createSources, isWorkloadInterface, type Source, type Sources } from './sources.js';

const NEWLINE = 10;
const RETURN = 13;
const BLANK = 32;
const DASH = 45;
const COLON = 58;
const REWRITTEN = LEG_FORMS.indexOf('rewritten');
const NAT64 = LEG_FORMS.indexOf('nat64');
const NEXT_HOP = LEG_FORMS.indexOf('next-hop');
const RAW = LEG_FORMS.indexOf('raw');
const PLAIN = LEG_FORMS.indexOf('plain');
/** A start beyond this is in milliseconds (flowlogs-reader found such rows; facts/flow-logs.md 1.1). */
const LARGEST_SECOND = 2 ** 31;
/** Before the service existed (June 2015) and far ahead: such a time is damage, and would make a day of its own. */
const EARLIEST_SECOND = 1_400_000_000;

export interface ParseOptions {
  /** Number of the object in the store; written beside each leg. */
  readonly objectId: number;
  readonly flowLogId: string;
  readonly accountId: string;
  readonly region: string;
  /** For sources without a header (CloudWatch Logs). */
  readonly layout?: Layout;
  /** Interfaces known to be no gateways: their rows are not looked at further. */
  readonly passOver: ReadonlySet<string>;
  /** Where legs go, behind what is there: one set of columns serves all objects of a batch. */
  readonly legs?: LegColumns;
}

/** Reads one object's decompressed bytes, in pieces of any size. */
export interface ObjectParser {
  feed(bytes: Uint8Array): void;
  /** `isCut`: the source ended in the middle of something, so a last line without its end is not to be believed. */
  finish(isCut?: boolean): ParsedObject;
}

/**
 * The parser of text flow logs, in any column order and of any version. One pass over the bytes: a line is split at its
 * blanks, refused and counted where it does not fit its header (never padded, never fatal), and judged by the leg rule
 * (legs.ts). Only what is needed of a line is ever decoded: of the four addresses two are compared as bytes, and two
 * are read.
 */
export function createObjectParser(options: ParseOptions): ObjectParser {
  const legs = options.legs ?? createLegColumns();
  const ipv6 = new Map<bigint, string>();
  const services = new Map<number, string>();
  const malformed = new Map<MalformedReason, { count: number; sample: string }>();
  const sources: Sources = createSources(options);
  const decoder = new TextDecoder('latin1');
  let layout = options.layout;
  let starts = new Int32Array((layout?.columns ?? 64) + 2);
  let carry: Uint8Array | undefined;
  let rows = 0;
  let firstSecond = Number.POSITIVE_INFINITY;
  let lastSecond = 0;
  let bytes: Uint8Array = new Uint8Array(0);

  const text = (column: number): string =>
    column < 0 ? '' : decoder.decode(bytes.subarray(starts[column]!, starts[column + 1]! - 1));
  const isMissing = (column: number): boolean => {
    if (column < 0) return true;
    const from = starts[column]!;
    const length = starts[column + 1]! - 1 - from;
    return (length === 1 && bytes[from] === DASH) || length === 0 || (length === 4 && text(column) === 'None');
  };

  const refuse = (reason: MalformedReason, from: number, to: number): void => {
    const seen = malformed.get(reason);
    if (seen) seen.count += 1;
    else malformed.set(reason, { count: 1, sample: decoder.decode(bytes.subarray(from, Math.min(to, from + 200))) });
  };

  const useLayout = (next: Layout): void => {
    layout = next;
    starts = new Int32Array(next.columns + 2);
    sources.useLayout(next);
  };

  /** A whole number of at most 15 digits as such; -1 where the text is none. Longer ones go through readLong. */
  const readNumber = (column: number): number => {
    const from = starts[column]!;
    const to = starts[column + 1]! - 1;
    if (to <= from || to - from > 15) return -1;
    let value = 0;
    for (let i = from; i < to; i++) {
      const c = bytes[i]! - 48;
      if (c < 0 || c > 9) return -1;
      value = value * 10 + c;
    }
    return value;
  };
  /** The same for numbers of any length, as near as a double comes; for what is compared, never for what is summed. */
  const readSize = (column: number): number => {
    const value = readNumber(column);
    if (value >= 0 || starts[column + 1]! - 1 - starts[column]! <= 15) return value;
    const long = text(column);
    return /^\d{16,25}$/.test(long) ? Number(long) : -1;
  };
  /** Writes a 64-bit whole number into a column; false where the text is none or beyond 63 bits. */
  const writeLong = (target: Int32Array, index: number, column: number): boolean => {
    const value = readNumber(column);
    if (value >= 0) {
      target[index * 2] = value | 0;
      target[index * 2 + 1] = (value / 4294967296) | 0;
      return true;
    }
    const long = text(column);
    if (!/^\d{1,25}$/.test(long)) return false;
    const big = BigInt(long);
    if (big >= 2n ** 63n) return false;
    target[index * 2] = Number(big & 0xffffffffn) | 0;
    target[index * 2 + 1] = Number(big >> 32n);
    return true;
  };
  const writeAddress = (target: Int32Array, index: number, column: number): boolean => {
    const value = parseIpv4(bytes, starts[column]!, starts[column + 1]! - 1);
    if (value >= 0) {
      target[index * 2] = value | 0;
      target[index * 2 + 1] = 0;
      return true;
    }
    return writeIpv6(target, index, text(column));
  };
  const writeIpv6 = (target: Int32Array, index: number, address: string): boolean => {
    const nat64 = nat64Target(address);
    if (nat64 >= 0) {
      target[index * 2] = nat64 | 0;
      target[index * 2 + 1] = 0;
      return true;
    }
    const canonical = canonicalIpv6(address);
    if (canonical === undefined) return false;
    if (!canonical.includes(':')) {
      const mapped = new TextEncoder().encode(canonical);
      target[index * 2] = parseIpv4(mapped, 0, mapped.length) | 0;
      target[index * 2 + 1] = 0;
      return true;
    }
    const id = hashText(canonical);
    target[index * 2] = id.lo;
    target[index * 2 + 1] = id.hi;
    ipv6.set(idToBigInt(id), canonical);
    return true;
  };
  const serviceOf = (column: number): number => {
    if (isMissing(column)) return 0;
    const from = starts[column]!;
    const to = starts[column + 1]! - 1;
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash |= 0;
    if (!services.has(hash)) services.set(hash, text(column));
    return hash;
  };
  const sameBytes = (a: number, b: number): boolean => {
    const length = starts[a + 1]! - starts[a]!;
    if (starts[b + 1]! - starts[b]! !== length) return false;
    for (let i = 0, p = starts[a]!, q = starts[b]!; i < length - 1; i++)
      if (bytes[p + i] !== bytes[q + i]) return false;
    return true;
  };
  const isIpv6 = (column: number): boolean => {
    for (let i = starts[column]!; i < starts[column + 1]! - 1; i++) if (bytes[i] === COLON) return true;
    return false;
  };

  /** Adds one leg; false, with nothing added, where one of its values is no number or no address. */
  const addLeg = (
    at: Layout['at'],
    source: Source,
    minute: number,
    form: number,
    up: boolean,
    near: number,
    far: number,
  ): boolean => {
    if (legs.length === legs.capacity) growLegColumns(legs);
    const i = legs.length;
    if (!writeAddress(legs.near, i, near) || !writeAddress(legs.far, i, far)) return false;
    if (!writeLong(legs.bytes, i, at.bytes)) return false;
    if (at.packets < 0) legs.packets.fill(0, i * 2, i * 2 + 2);
    else if (!writeLong(legs.packets, i, at.packets)) return false;
    const port = up ? at.dstport : at.srcport;
    legs.minute[i] = minute;
    legs.object[i] = options.objectId;
    legs.context[i * 2] = source.lo;
    legs.context[i * 2 + 1] = source.hi;
    legs.port[i] = port < 0 ? -1 : readNumber(port);
    legs.protocol[i] = at.protocol < 0 ? -1 : readNumber(at.protocol);
    legs.up[i] = up ? 1 : 0;
    legs.form[i] = form;
    legs.service[i] = serviceOf(up ? at['pkt-dst-aws-service'] : at['pkt-src-aws-service']);
    legs.length += 1;
    return true;
  };

  /** Nothing is rewritten: an outside leg, ordinary traffic, or one of the shapes that legs.ts names. */
  const plainRow = (at: Layout['at'], source: Source, minute: number): boolean => {
    if (isIpv6(at.srcaddr)) {
      const natDown = nat64Target(text(at.srcaddr)) >= 0;
      const natUp = nat64Target(text(at.dstaddr)) >= 0;
      if (natUp !== natDown && !isWorkloadInterface(source)) {
        return addLeg(
          at,
          source,
          minute,
          NAT64,
          natUp,
          natUp ? at.srcaddr : at.dstaddr,
          natUp ? at.dstaddr : at.srcaddr,
        );
      }
      return true;
    }
    const from = parseIpv4(bytes, starts[at.srcaddr]!, starts[at.srcaddr + 1]! - 1);
    const to = parseIpv4(bytes, starts[at.dstaddr]!, starts[at.dstaddr + 1]! - 1);
    if (from < 0 || to < 0) return false;
    const { profile } = source;
    addToSketch(profile.outer, mix32(from));
    addToSketch(profile.outer, mix32(to));
    const up = isPrivateIpv4(from);
    if (up === isPrivateIpv4(to)) return true;
    const size = readNumber(at.bytes);
    if (up) profile.publicUp += Math.max(0, size);
    else profile.publicDown += Math.max(0, size);
    if (!source.isRegionalNat) return true;
    return addLeg(at, source, minute, PLAIN, up, up ? at.srcaddr : at.dstaddr, up ? at.dstaddr : at.srcaddr);
  };

  /** No packet addresses: both readings of a row between two private addresses are kept. */
  const rawRow = (at: Layout['at'], source: Source, minute: number): boolean => {
    if (isIpv6(at.srcaddr)) return plainRow(at, source, minute);
    const from = parseIpv4(bytes, starts[at.srcaddr]!, starts[at.srcaddr + 1]! - 1);
    const to = parseIpv4(bytes, starts[at.dstaddr]!, starts[at.dstaddr + 1]! - 1);
    if (from < 0 || to < 0) return false;
    if (sources.isInside(from) && sources.isInside(to)) {
      return (
        addLeg(at, source, minute, RAW, true, at.srcaddr, at.dstaddr) &&
        addLeg(at, source, minute, RAW, false, at.dstaddr, at.srcaddr)
      );
    }
    return plainRow(at, source, minute);
  };

  const countRow = (at: Layout['at'], source: Source, minute: number): boolean => {
    if (source.isNextHopNat) {
      const up =
        at['flow-direction'] < 0
          ? isPrivateIpv4(parseIpv4(bytes, starts[at.srcaddr]!, starts[at.srcaddr + 1]! - 1))
          : bytes[starts[at['flow-direction']]!] === 101;
      const from = isMissing(at['pkt-srcaddr']) ? at.srcaddr : at['pkt-srcaddr'];
      const to = isMissing(at['pkt-dstaddr']) ? at.dstaddr : at['pkt-dstaddr'];
      return addLeg(at, source, minute, NEXT_HOP, up, up ? from : to, up ? to : from);
    }
    const missingFrom = isMissing(at['pkt-srcaddr']);
    const missingTo = isMissing(at['pkt-dstaddr']);
    if (missingFrom && missingTo) return isWorkloadInterface(source) || rawRow(at, source, minute);
    const from = missingFrom ? at.srcaddr : at['pkt-srcaddr'];
    const to = missingTo ? at.dstaddr : at['pkt-dstaddr'];
    const fromRewritten = !sameBytes(at.srcaddr, from);
    const toRewritten = !sameBytes(at.dstaddr, to);
    if (!fromRewritten && !toRewritten) return isWorkloadInterface(source) || plainRow(at, source, minute);
    if (isWorkloadInterface(source)) return true;
    // Both rewritten is documented nowhere; the interface's own side then comes from flow-direction (ingress = to it).
    const up =
      toRewritten && (!fromRewritten || at['flow-direction'] < 0 || bytes[starts[at['flow-direction']]!] === 105);
    const near = up ? from : to;
    const far = up ? to : from;
    if (!addLeg(at, source, minute, REWRITTEN, up, near, far)) return false;
    const { profile } = source;
    addToSketch(profile.inner, mix32(legs.far[(legs.length - 1) * 2]!));
    const own = text(up ? at.dstaddr : at.srcaddr);
    profile.primaries.set(own, (profile.primaries.get(own) ?? 0) + 1);
    return true;
  };

  const readRow = (current: Layout, from: number, to: number): void => {
    const { at } = current;
    let second = readNumber(at.start);
    if (second > LARGEST_SECOND) second = Math.floor(second / 1000);
    if (second < EARLIEST_SECOND || second > LARGEST_SECOND) {
      if (!useIfHeader(from, to)) refuse('time', from, to);
      return;
    }
    const minute = Math.floor(second / 60);
    rows += 1;
    if (second < firstSecond) firstSecond = second;
    let end = at.end < 0 ? second : readNumber(at.end);
    if (end > LARGEST_SECOND) end = Math.floor(end / 1000);
    if (end > lastSecond && end < LARGEST_SECOND) lastSecond = end;
    if (second > lastSecond) lastSecond = second;
    if (current.isTransitGateway) {
      sources.learnTransitGateway(text, minute);
      return;
    }
    const source = sources.find(bytes, starts, text);
    const status = at['log-status'] < 0 ? 79 : bytes[starts[at['log-status']]!];
    if (status === 78 || status === 83) {
      countPresence(source, minute, status === 78 ? 'noData' : 'skipData');
      return;
    }
    if (status !== 79) {
      rows -= 1;
      refuse('status', from, to);
      return;
    }
    if (source.passOver) return;
    const action = at.action < 0 ? 65 : bytes[starts[at.action]!];
    if (action === 82) {
      countPresence(source, minute, 'rejected');
      return;
    }
    if (sources.learnsFacts(source)) sources.learnOwnAddress(source, bytes, starts, text, minute);
    source.profile.rows += 1;
    const before = legs.length;
    const size = readSize(at.bytes);
    if (size < 0) {
      rows -= 1;
      refuse('number', from, to);
    } else if (countRow(at, source, minute)) countPresence(source, minute, 'ok', size);
    else {
      legs.length = before;
      rows -= 1;
      refuse('address', from, to);
    }
  };

  const useIfHeader = (from: number, to: number): boolean => {
    const next = readLayout(decoder.decode(bytes.subarray(from, to)));
    if (next) useLayout(next);
    return next !== undefined;
  };

  const readLine = (from: number, end: number): void => {
    const to = end > from && bytes[end - 1] === RETURN ? end - 1 : end;
    if (to === from) return;
    if (!layout) {
      if (!useIfHeader(from, to)) refuse('no-header', from, to);
      return;
    }
    const { columns } = layout;
    let column = 0;
    starts[0] = from;
    for (let i = from; i < to; i++) {
      if (bytes[i] === BLANK) {
        column += 1;
        if (column < columns) starts[column] = i + 1;
      }
    }
    starts[columns] = to + 1;
    if (column !== columns - 1) {
      if (!useIfHeader(from, to)) refuse('columns', from, to);
      return;
    }
    readRow(layout, from, to);
  };

  return {
    feed(piece) {
      bytes = carry ? Buffer.concat([carry, piece]) : piece;
      carry = undefined;
      let from = 0;
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let end = view.indexOf(NEWLINE, from); end >= 0; end = view.indexOf(NEWLINE, from)) {
        readLine(from, end);
        from = end + 1;
      }
      if (from < bytes.length) carry = bytes.slice(from);
    },
    finish(isCut = false) {
      if (carry) {
        bytes = carry;
        if (isCut) refuse('columns', 0, bytes.length);
        else readLine(0, bytes.length);
        carry = undefined;
      }
      return {
        legs: legs as LegColumns,
        presence: sources.presence(),
        contexts: sources.contexts(),
        profiles: sources.profiles(),
        facts: sources.facts(),
        ipv6,
        services,
        rows,
        malformed,
        firstSecond: Number.isFinite(firstSecond) ? firstSecond : 0,
        lastSecond,
      };
    },
  };
}
