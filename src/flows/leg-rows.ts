import type { LegColumns } from './legs.js';

/** Room for the rows of an object of some ten megabytes; half a megabyte stays in the processor's cache. */
const SLOTS = 1 << 17;
/** Slots that are looked at for a row, before it takes the first of them from another. */
const MOST_PROBES = 8;
/** A sum that has reached 2^46 takes nothing more: it stays exact, and a day of such rows below 63 bits. */
const FULL_HIGH_WORD = 2 ** 14;

/** Finds the row of a connection's minute among those of the object that is being read. */
export interface RowIndex {
  /**
   * The row that has the keys that stand behind the last row of the columns, and room in its sums; where there is none,
   * that place behind the last row, which is remembered as the row of these keys.
   */
  find(): number;
  /** From here on rows are looked for among new ones alone. */
  forget(): void;
}

/**
 * A hash table of row numbers. It never grows: where it is crowded a row loses its place to another and what comes later of
 * its keys is a row of its own, so that an object of any size takes the same memory, and the sums are what they were.
 */
export function createRowIndex(legs: LegColumns): RowIndex {
  const slots = new Int32Array(SLOTS);

  const hashOf = (i: number): number => {
    let hash = legs.near[i * 2]!;
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ legs.far[i * 2]!;
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ legs.port[i]! ^ (legs.minute[i]! << 20);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) ^ legs.context[i * 2]! ^ legs.service[i]!;
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  };
  const isSame = (a: number, b: number): boolean =>
    legs.near[a * 2] === legs.near[b * 2] &&
    legs.far[a * 2] === legs.far[b * 2] &&
    legs.port[a] === legs.port[b] &&
    legs.minute[a] === legs.minute[b] &&
    legs.context[a * 2] === legs.context[b * 2] &&
    legs.context[a * 2 + 1] === legs.context[b * 2 + 1] &&
    legs.service[a] === legs.service[b] &&
    legs.protocol[a] === legs.protocol[b] &&
    legs.form[a] === legs.form[b] &&
    legs.near[a * 2 + 1] === legs.near[b * 2 + 1] &&
    legs.far[a * 2 + 1] === legs.far[b * 2 + 1];

  return {
    find() {
      const i = legs.length;
      const first = hashOf(i) & (SLOTS - 1);
      for (let probe = 0; probe < MOST_PROBES; probe++) {
        const slot = (first + probe) & (SLOTS - 1);
        const row = slots[slot]! - 1;
        // One at or behind the end is of rows that were taken back, where an object turned out not to be readable.
        const isFree = row < 0 || row >= i;
        if (!isFree && !isSame(row, i)) continue;
        const isFull =
          isFree || legs.bytes[row * 2 + 1]! >= FULL_HIGH_WORD || legs.packets[row * 2 + 1]! >= FULL_HIGH_WORD;
        if (!isFull) return row;
        slots[slot] = i + 1;
        return i;
      }
      slots[first] = i + 1;
      return i;
    },
    forget() {
      slots.fill(0);
    },
  };
}

/** Whether a count may be added to another: it was read as a number, and is no larger than a sum may become. */
export function isSmall(count: number): boolean {
  return count >= 0 && count < 2 ** 46;
}

/** Adds a count to a sum of two words; both are small, so that every step is exact. */
export function addTo(sums: Int32Array, row: number, count: number): void {
  const low = (sums[row * 2]! >>> 0) + (count >>> 0);
  sums[row * 2] = low | 0;
  sums[row * 2 + 1]! += Math.floor(count / 4294967296) + (low >= 4294967296 ? 1 : 0);
}

/** Makes a new row's sum that of `from`, or zero. */
export function copySum(sums: Int32Array, from: Int32Array | undefined, row: number): void {
  sums[row * 2] = from ? from[row * 2]! : 0;
  sums[row * 2 + 1] = from ? from[row * 2 + 1]! : 0;
}
