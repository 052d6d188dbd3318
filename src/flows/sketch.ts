import type { Sketch } from './parsed-object.js';

/** Enough that an overlap of two address sets is known to a few percent. */
const SKETCH_SIZE = 256;

export function createSketch(): Sketch {
  return { hashes: new Set(), limit: 0xffffffff };
}

/** Adds a hash (unsigned 32 bits) to the k smallest seen. */
export function addToSketch(sketch: Sketch, hash: number): void {
  if (hash > sketch.limit || sketch.hashes.has(hash)) return;
  sketch.hashes.add(hash);
  if (sketch.hashes.size > SKETCH_SIZE * 2) trim(sketch);
}

function trim(sketch: Sketch): void {
  const sorted = [...sketch.hashes].sort((a, b) => a - b);
  sketch.hashes.clear();
  for (const hash of sorted.slice(0, SKETCH_SIZE)) sketch.hashes.add(hash);
  if (sorted.length > SKETCH_SIZE) sketch.limit = sorted[SKETCH_SIZE - 1]!;
}

export function mergeSketch(into: Sketch, from: Sketch): void {
  into.limit = Math.min(into.limit, from.limit);
  for (const hash of from.hashes) addToSketch(into, hash);
  for (const hash of into.hashes) if (hash > into.limit) into.hashes.delete(hash);
}

/**
 * Which part of the set `a` is in `b`, from 0 to 1, estimated where both sketches are complete; undefined where `a`
 * has nothing there to compare.
 */
export function containment(a: Sketch, b: Sketch): number | undefined {
  const limit = Math.min(a.limit, b.limit);
  let all = 0;
  let shared = 0;
  for (const hash of a.hashes) {
    if (hash > limit) continue;
    all += 1;
    if (b.hashes.has(hash)) shared += 1;
  }
  return all === 0 ? undefined : shared / all;
}

/** Spreads a 32-bit value over all 32 bits (finaliser of MurmurHash3, public domain), so that the smallest are a sample. */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
