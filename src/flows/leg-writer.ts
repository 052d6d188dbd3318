import { canonicalIpv6, hashText, idToBigInt, nat64Target, parseIpv4 } from './addresses.js';
import type { Columns } from './columns.js';
import { addTo, copySum, createRowIndex, isSmall } from './leg-rows.js';
import { growLegColumns, type LegColumns } from './legs.js';
import { BYTES, DESTINATION_PORT, type LineReader, PACKETS, PROTOCOL, SOURCE, SOURCE_PORT } from './line-reader.js';
import { isMissing, textOf, writeLong } from './read-values.js';
import type { Source } from './sources.js';

/**
 * Adds one leg of the line at hand to the row of its connection's minute, or as a row of its own; false, with nothing
 * added, where one of its values is no number or no address. `near` and `far` are the addresses' values (SOURCE, …, of
 * line-reader.ts).
 */
export type AddLeg = (
  columns: Columns,
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

/** `areSums`: each line stands for many records in a way of its own (query/insights/lines.ts), and stays a row. */
export function createLegWriter(legs: LegColumns, { memory, starts, values }: LineReader, areSums: boolean): LegWriter {
  const ipv6 = new Map<bigint, string>();
  const services = new Map<number, string>();
  let lastService = 0;
  let objectId = 0;

  const writeOtherAddress = (target: Int32Array, index: number, text: string): boolean => {
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
  const writeAddress = (target: Int32Array, index: number, c: Columns, which: number): boolean => {
    const value = values[which]!;
    if (value < 0) {
      const column = c.addresses[which - SOURCE]!;
      return writeOtherAddress(target, index, textOf(memory, starts[column]!, starts[column + 1]! - 1));
    }
    target[index * 2] = value | 0;
    target[index * 2 + 1] = 0;
    return true;
  };
  const serviceOf = (column: number): number => {
    if (column < 0) return 0;
    const from = starts[column]!;
    const to = starts[column + 1]! - 1;
    if (isMissing(memory, from, to)) return 0;
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ memory[i]!, 0x01000193);
    hash |= 0;
    if (hash !== lastService) {
      if (!services.has(hash)) services.set(hash, textOf(memory, from, to));
      lastService = hash;
    }
    return hash;
  };
  const writeSum = (target: Int32Array, index: number, value: number, column: number): boolean => {
    if (value < 0) return writeLong(target, index, memory, starts[column]!, starts[column + 1]! - 1);
    target[index * 2] = value | 0;
    target[index * 2 + 1] = (value / 4294967296) | 0;
    return true;
  };
  const rowOf = createRowIndex(legs);

  return {
    ipv6,
    services,
    useObject(id) {
      objectId = id;
      rowOf.forget();
    },
    addLeg(c, source, minute, form, up, near, far) {
      if (legs.length === legs.capacity) growLegColumns(legs);
      const i = legs.length;
      if (!writeAddress(legs.near, i, c, near) || !writeAddress(legs.far, i, c, far)) return false;
      legs.minute[i] = minute;
      legs.context[i * 2] = source.lo;
      legs.context[i * 2 + 1] = source.hi;
      legs.port[i] = values[up ? DESTINATION_PORT : SOURCE_PORT]!;
      legs.protocol[i] = values[PROTOCOL]!;
      legs.form[i] = form;
      legs.service[i] = serviceOf(up ? c.destinationService : c.sourceService);
      const size = values[BYTES]!;
      const packets = c.packets < 0 ? 0 : values[PACKETS]!;
      const same = !areSums && isSmall(size) && isSmall(packets) ? rowOf.find() : i;
      if (same < i) {
        addTo(legs.bytes, same, size);
        addTo(legs.packets, same, packets);
        legs.flows[same]! += 1;
        if (up) {
          addTo(legs.bytesUp, same, size);
          addTo(legs.packetsUp, same, packets);
          legs.flowsUp[same]! += 1;
        }
        return true;
      }
      if (!writeSum(legs.bytes, i, size, c.bytes) || !writeSum(legs.packets, i, packets, c.packets)) return false;
      legs.flows[i] = 1;
      copySum(legs.bytesUp, up ? legs.bytes : undefined, i);
      copySum(legs.packetsUp, up ? legs.packets : undefined, i);
      legs.flowsUp[i] = up ? 1 : 0;
      legs.object[i] = objectId;
      legs.length += 1;
      return true;
    },
  };
}
