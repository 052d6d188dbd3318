import { canonicalIpv6, hashText, idToBigInt, nat64Target, parseIpv4 } from './addresses.js';
import type { Columns } from './columns.js';
import { growLegColumns, type LegColumns } from './legs.js';
import { isMissing, readNumber, textOf, writeLong } from './read-values.js';
import type { Source } from './sources.js';

/** Adds one leg of the line at hand; false, with nothing added, where one of its values is no number or no address. */
export type AddLeg = (
  columns: Columns,
  bytes: Uint8Array,
  source: Source,
  minute: number,
  form: number,
  up: boolean,
  near: number,
  far: number,
) => boolean;

/** Writes legs into columns, and keeps the texts of what stands there as a number. */
export interface LegWriter {
  readonly addLeg: AddLeg;
  /** The number of the object that the next legs come from. */
  useObject(objectId: number): void;
  readonly ipv6: ReadonlyMap<bigint, string>;
  readonly services: ReadonlyMap<number, string>;
}

/** `starts`: where each column of the line at hand begins. */
export function createLegWriter(legs: LegColumns, starts: Int32Array): LegWriter {
  const ipv6 = new Map<bigint, string>();
  const services = new Map<number, string>();
  let lastService = 0;
  let objectId = 0;

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

  return {
    ipv6,
    services,
    useObject(id) {
      objectId = id;
    },
    addLeg(c, bytes, source, minute, form, up, near, far) {
      if (legs.length === legs.capacity) growLegColumns(legs);
      const i = legs.length;
      if (!writeAddress(legs.near, i, bytes, near) || !writeAddress(legs.far, i, bytes, far)) return false;
      if (!writeLong(legs.bytes, i, bytes, starts[c.bytes]!, starts[c.bytes + 1]! - 1)) return false;
      if (c.packets < 0) legs.packets.fill(0, i * 2, i * 2 + 2);
      else if (!writeLong(legs.packets, i, bytes, starts[c.packets]!, starts[c.packets + 1]! - 1)) return false;
      legs.minute[i] = minute;
      legs.object[i] = objectId;
      legs.context[i * 2] = source.lo;
      legs.context[i * 2 + 1] = source.hi;
      legs.port[i] = valueAt(bytes, up ? c.destinationPort : c.sourcePort);
      legs.protocol[i] = valueAt(bytes, c.protocol);
      legs.up[i] = up ? 1 : 0;
      legs.form[i] = form;
      legs.service[i] = serviceOf(bytes, up ? c.destinationService : c.sourceService);
      legs.length += 1;
      return true;
    },
  };
}
