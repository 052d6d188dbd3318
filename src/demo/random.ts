/** Numbers that look random and are the same on every machine for the same seed. */
export interface Random {
  /** In [0, 1). */
  readonly next: () => number;
  /** A whole number from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  /** `median` × e^(spread × N(0,1)): sizes of transfers have a long tail. */
  readonly around: (median: number, spread: number) => number;
  /** A count with the given mean. */
  readonly count: (mean: number) => number;
}

/**
 * A generator that depends on nothing but `parts`. Each hour and each template has its own, so that an hour of the
 * past is the same however much of the future is generated with it.
 */
export function randomFor(...parts: readonly (string | number)[]): Random {
  let state = hashOf(parts.join('\u0000'));
  const next = (): number => {
    // mulberry32, a public-domain generator of 32 bits of state.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    between,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    around: (median, spread) => median * Math.exp(spread * normal()),
    count: (mean) => countOf(mean, next, normal),
  };
}

/** `length` hexadecimal digits that depend on `parts` alone. */
export function hexOf(length: number, ...parts: readonly (string | number)[]): string {
  let text = '';
  for (let block = 0; text.length < length; block += 1) {
    text += (hashOf([...parts, block].join('\u0000')) >>> 0).toString(16).padStart(8, '0');
  }
  return text.slice(0, length);
}

/** A UUID of version 4 by its form. */
export function uuidOf(...parts: readonly (string | number)[]): string {
  const hex = hexOf(32, 'uuid', ...parts);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** FNV-1a over the characters, then a finishing mix, so that neighbours ("…1", "…2") share no bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Poisson by multiplication where the mean is small, by the normal law where it is large. */
function countOf(mean: number, next: () => number, normal: () => number): number {
  if (mean <= 0) return 0;
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = next(); product > limit; product *= next()) count += 1;
  return count;
}
