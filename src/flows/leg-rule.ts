import { canonicalIpv6, isPrivateIpv4, nat64Target, parseIpv4 } from './addresses.js';
import type { Columns } from './columns.js';
import type { AddLeg } from './leg-writer.js';
import { LEG_FORMS, type LegColumns } from './legs.js';
import { isMissing, isSameText, textOf } from './read-values.js';
import { addToSketch, mix32 } from './sketch.js';
import { flushPrimary, isKey, type Source } from './sources.js';

const LETTER_E = 101;
const LETTER_I = 105;
const REWRITTEN = LEG_FORMS.indexOf('rewritten');
const NAT64 = LEG_FORMS.indexOf('nat64');
const NEXT_HOP = LEG_FORMS.indexOf('next-hop');
const RAW = LEG_FORMS.indexOf('raw');
const PLAIN = LEG_FORMS.indexOf('plain');
/** Rows of a source in a batch from which its outer addresses are sampled; what more would add is in them already. */
const SAMPLED_ROWS = 20_000;

/** Judges an accepted row of an interface, of `size` bytes; false where one of its values is no address or number. */
export type CountRow = (columns: Columns, bytes: Uint8Array, source: Source, minute: number, size: number) => boolean;

/** The leg rule of legs.ts, over the line whose columns begin at `starts`. */
export function createLegRule(legs: LegColumns, starts: Int32Array, addLeg: AddLeg): CountRow {
  const isMissingAt = (bytes: Uint8Array, column: number): boolean =>
    column < 0 || isMissing(bytes, starts[column]!, starts[column + 1]! - 1);
  const ipv4At = (bytes: Uint8Array, column: number): number =>
    parseIpv4(bytes, starts[column]!, starts[column + 1]! - 1);

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

  return countRow;
}
