import { type AddressRange, parseAddress } from './addresses.js';

/** What is known of a run of addresses. */
export interface PrefixEntry<Value> {
  readonly range: AddressRange;
  readonly value: Value;
}

/** A run of addresses with one value, both ends included. */
interface ValueRange<Bound, Value> {
  readonly from: Bound;
  readonly to: Bound;
  readonly value: Value;
}

/** Disjoint, sorted ranges with one value each: a lookup is one binary search, and SQL can join on the same ranges. */
export interface PrefixTable<Value> {
  /** By text; undefined where nothing covers the address, or where the text is no address. */
  readonly lookup: (address: string) => Value | undefined;
  /** By uint32. */
  readonly lookupV4: (address: number) => Value | undefined;
  /** By 128-bit number. */
  readonly lookupV6: (address: bigint) => Value | undefined;
  readonly rangesV4: () => readonly ValueRange<number, Value>[];
  readonly rangesV6: () => readonly ValueRange<bigint, Value>[];
}

/**
 * One value per address: that of the best entry among all that cover it. `isBetter(a, b)`: a goes before b; where it
 * says neither way, the entry that was listed first stays. The default is the longest prefix.
 */
export function buildPrefixTable<Value>(
  entries: readonly PrefixEntry<Value>[],
  isBetter: (a: PrefixEntry<Value>, b: PrefixEntry<Value>) => boolean = isNarrower,
): PrefixTable<Value> {
  return foldPrefixes(entries, (covering) => {
    let best = covering[0]!;
    for (const entry of covering) if (entry !== best && isBetter(entry, best)) best = entry;
    return best.value;
  });
}

/**
 * One value per address, made from all entries that cover it (in the order in which they were listed). Nested and
 * overlapping ranges are flattened once; neighbours with the same value are joined. `fold` is called once per stretch;
 * undefined leaves a hole.
 */
export function foldPrefixes<Value, Folded>(
  entries: readonly PrefixEntry<Value>[],
  fold: (covering: readonly PrefixEntry<Value>[]) => Folded | undefined,
): PrefixTable<Folded> {
  const v4: Interval<number, Value>[] = [];
  const v6: Interval<bigint, Value>[] = [];
  entries.forEach((entry, order) => {
    const { range } = entry;
    if (range.family === 4) v4.push({ from: range.first, to: range.last, order, entry });
    else v6.push({ from: range.first, to: range.last, order, entry });
  });
  const table4 = once(() => flatten(v4, (n) => n + 1, fold));
  // Most logs never ask for IPv6, and its ranges take longer to make.
  const table6 = once(() => flatten(v6, (n) => n + 1n, fold));
  const find4 = (address: number) => findRange(table4(), address);
  const find6 = (address: bigint) => findRange(table6(), address);
  return {
    lookup: (text) => {
      const address = parseAddress(text);
      if (!address) return undefined;
      return address.family === 4 ? find4(address.value) : find6(address.value);
    },
    lookupV4: find4,
    lookupV6: find6,
    rangesV4: table4,
    rangesV6: table6,
  };
}

/**
 * One table out of two, IPv4 and IPv6, each made when the first address of its kind is looked up: a question that needs
 * no names of remotes pays for neither.
 */
export function lazyPrefixTable<Value>(
  makeV4: () => PrefixTable<Value>,
  makeV6: () => PrefixTable<Value>,
): PrefixTable<Value> {
  const [v4, v6] = [once(makeV4), once(makeV6)];
  return {
    lookup: (text) => {
      const address = parseAddress(text);
      if (!address) return undefined;
      return address.family === 4 ? v4().lookupV4(address.value) : v6().lookupV6(address.value);
    },
    lookupV4: (address) => v4().lookupV4(address),
    lookupV6: (address) => v6().lookupV6(address),
    rangesV4: () => v4().rangesV4(),
    rangesV6: () => v6().rangesV6(),
  };
}

/** Whether `a` holds fewer addresses than `b`: for prefixes around one address, the longer prefix. */
export function isNarrower(a: PrefixEntry<unknown>, b: PrefixEntry<unknown>): boolean {
  return sizeOf(a.range) < sizeOf(b.range);
}

/** One less than the number of addresses. */
export function sizeOf(range: AddressRange): number | bigint {
  return range.family === 4 ? range.last - range.first : range.last - range.first;
}

interface Interval<Bound, Value> {
  readonly from: Bound;
  readonly to: Bound;
  readonly order: number;
  readonly entry: PrefixEntry<Value>;
}

/** Sweeps over the bounds with the set of intervals that are open; cost is that of sorting, times how deep they nest. */
function flatten<Bound extends number | bigint, Value, Folded>(
  intervals: Interval<Bound, Value>[],
  next: (bound: Bound) => Bound,
  fold: (covering: readonly PrefixEntry<Value>[]) => Folded | undefined,
): ValueRange<Bound, Folded>[] {
  const starts = [...intervals].sort((a, b) => compare(a.from, b.from) || a.order - b.order);
  const result: ValueRange<Bound, Folded>[] = [];
  let open: Interval<Bound, Value>[] = [];
  let position = 0;
  let cursor: Bound | undefined;
  while (position < starts.length || open.length > 0) {
    if (open.length === 0) cursor = starts[position]!.from;
    const from = cursor!;
    let opened = false;
    while (position < starts.length && starts[position]!.from === from) {
      open.push(starts[position]!);
      position += 1;
      opened = true;
    }
    if (opened) open.sort((a, b) => a.order - b.order);
    // The stretch ends where the first open interval ends or just before the next one starts.
    let to = open[0]!.to;
    for (const interval of open) if (interval.to < to) to = interval.to;
    const upcoming = starts[position]?.from;
    const cutByStart = upcoming !== undefined && upcoming <= to;
    const after = cutByStart ? upcoming : next(to);
    const last = cutByStart ? previousOf(upcoming) : to;
    const value = fold(open.map((interval) => interval.entry));
    if (value !== undefined) append(result, { from, to: last, value }, next);
    open = open.filter((interval) => interval.to >= after);
    cursor = after;
  }
  return result;
}

function append<Bound extends number | bigint, Value>(
  ranges: ValueRange<Bound, Value>[],
  range: ValueRange<Bound, Value>,
  next: (bound: Bound) => Bound,
): void {
  const before = ranges.at(-1);
  if (before && before.value === range.value && next(before.to) === range.from) {
    ranges[ranges.length - 1] = { from: before.from, to: range.to, value: before.value };
  } else ranges.push(range);
}

function previousOf<Bound extends number | bigint>(bound: Bound): Bound {
  return (typeof bound === 'bigint' ? bound - 1n : bound - 1) as Bound;
}

function compare(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function findRange<Bound extends number | bigint, Value>(
  ranges: readonly ValueRange<Bound, Value>[],
  address: Bound,
): Value | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle]!;
    if (address < range.from) high = middle - 1;
    else if (address > range.to) low = middle + 1;
    else return range.value;
  }
  return undefined;
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
