import { canonicalIpv6, isPrivateIpv4, nat64Target } from './addresses.js';
import type { Columns } from './columns.js';
import type { AddLeg } from './leg-writer.js';
import { LEG_FORMS, type LegColumns } from './legs.js';
import { DESTINATION, type LineReader, PACKET_DESTINATION, PACKET_SOURCE, SOURCE } from './line-reader.js';
import { isMissing, textOf } from './read-values.js';
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
export type CountRow = (columns: Columns, source: Source, minute: number, size: number) => boolean;

/** The leg rule of legs.ts, over the line that the reader has read last. */
export function createLegRule(legs: LegColumns, { memory, starts, values }: LineReader, addLeg: AddLeg): CountRow {
  const columnOf = (c: Columns, which: number): number => c.addresses[which - SOURCE]!;
  const textAt = (c: Columns, which: number): string => {
    const column = columnOf(c, which);
    return textOf(memory, starts[column]!, starts[column + 1]! - 1);
  };
  const isMissingAt = (c: Columns, which: number): boolean => {
    if (values[which]! >= 0) return false;
    const column = columnOf(c, which);
    return column < 0 || isMissing(memory, starts[column]!, starts[column + 1]! - 1);
  };
  const isSame = (c: Columns, one: number, other: number): boolean => {
    const [a, b] = [values[one]!, values[other]!];
    if (a >= 0 || b >= 0) return a === b;
    return textAt(c, one) === textAt(c, other);
  };

  /** Nothing is rewritten: an outside leg, ordinary traffic, or one of the shapes that legs.ts names. */
  const plainRow = (c: Columns, source: Source, minute: number, size: number): boolean => {
    const from = values[SOURCE]!;
    const to = values[DESTINATION]!;
    if (from < 0 || to < 0) return plainIpv6Row(c, source, minute);
    // What more rows would add to the samples is in them already.
    if (source.sampled >= SAMPLED_ROWS && !source.isRegionalNat && source.context.hasPacketAddresses) return true;
    const { profile } = source;
    source.sampled += 1;
    addToSketch(profile.outer, mix32(from));
    addToSketch(profile.outer, mix32(to));
    const up = isPrivateIpv4(from);
    if (up === isPrivateIpv4(to)) return true;
    if (up) profile.publicUp += size;
    else profile.publicDown += size;
    if (!source.isRegionalNat) return true;
    return addLeg(c, source, minute, PLAIN, up, up ? SOURCE : DESTINATION, up ? DESTINATION : SOURCE);
  };
  const plainIpv6Row = (c: Columns, source: Source, minute: number): boolean => {
    const from = textAt(c, SOURCE);
    const to = textAt(c, DESTINATION);
    if (canonicalIpv6(from) === undefined || canonicalIpv6(to) === undefined) return false;
    const up = nat64Target(to) >= 0;
    if (up === nat64Target(from) >= 0) return true;
    return addLeg(c, source, minute, NAT64, up, up ? SOURCE : DESTINATION, up ? DESTINATION : SOURCE);
  };

  /** No packet addresses: both readings of a row between two private addresses are kept. */
  const rawRow = (c: Columns, source: Source, minute: number, size: number): boolean => {
    const from = values[SOURCE]!;
    const to = values[DESTINATION]!;
    if (from < 0 || to < 0 || !isPrivateIpv4(from) || !isPrivateIpv4(to)) return plainRow(c, source, minute, size);
    // Both read the same values, so the second cannot be refused where the first was not.
    return (
      addLeg(c, source, minute, RAW, true, SOURCE, DESTINATION) &&
      addLeg(c, source, minute, RAW, false, DESTINATION, SOURCE)
    );
  };

  const nextHopRow = (c: Columns, source: Source, minute: number): boolean => {
    const up = c.direction < 0 ? isPrivateIpv4(values[SOURCE]!) : memory[starts[c.direction]!] === LETTER_E;
    const from = isMissingAt(c, PACKET_SOURCE) ? SOURCE : PACKET_SOURCE;
    const to = isMissingAt(c, PACKET_DESTINATION) ? DESTINATION : PACKET_DESTINATION;
    return addLeg(c, source, minute, NEXT_HOP, up, up ? from : to, up ? to : from);
  };

  const countRow = (c: Columns, source: Source, minute: number, size: number): boolean => {
    if (source.isNextHopNat) return nextHopRow(c, source, minute);
    if (source.isWorkload) return true;
    const missingFrom = isMissingAt(c, PACKET_SOURCE);
    const missingTo = isMissingAt(c, PACKET_DESTINATION);
    if (missingFrom && missingTo) return rawRow(c, source, minute, size);
    const from = missingFrom ? SOURCE : PACKET_SOURCE;
    const to = missingTo ? DESTINATION : PACKET_DESTINATION;
    const fromRewritten = !isSame(c, SOURCE, from);
    const toRewritten = !isSame(c, DESTINATION, to);
    if (!fromRewritten && !toRewritten) return plainRow(c, source, minute, size);
    // Both rewritten is documented nowhere; the interface's own side then comes from flow-direction (ingress = to it).
    const up = toRewritten && (!fromRewritten || c.direction < 0 || memory[starts[c.direction]!] === LETTER_I);
    const rows = legs.length;
    if (!addLeg(c, source, minute, REWRITTEN, up, up ? from : to, up ? to : from)) return false;
    // What was added to a row of the same addresses is in the samples already.
    if (legs.length > rows) {
      addToSketch(source.profile.inner, mix32(legs.far[rows * 2]!));
      addToSketch(source.profile.partners, mix32(legs.near[rows * 2]!));
    }
    notePrimary(source, columnOf(c, up ? DESTINATION : SOURCE));
    return true;
  };

  /** The address on the interface's own side of a rewritten row. */
  const notePrimary = (source: Source, column: number): void => {
    const from = starts[column]!;
    const to = starts[column + 1]! - 1;
    if (!source.lastPrimary || !isKey(source.lastPrimary.key, memory, from, to)) {
      flushPrimary(source);
      source.lastPrimary = { key: memory.slice(from, to), address: textOf(memory, from, to), count: 0 };
    }
    source.lastPrimary.count += 1;
  };

  return countRow;
}
