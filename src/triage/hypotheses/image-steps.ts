import { median } from '../../anomalies/series.js';
import { HOUR_MS } from '../../units.js';
import { mainClients } from '../case.js';
import type { Component } from '../evidence/talkers.js';
import type { ContainerImage } from '../sources.js';

/** Bytes that come in whole multiples of one size. */
export interface Steps {
  readonly stepBytes: number;
  /** Part of the sums that are a multiple of the step, 0 to 1. */
  readonly part: number;
  readonly pulls: number;
  readonly image: ContainerImage | null;
}

/** TLS, HTTP and TCP headers on top of the layers: one to three percent at 1,400-byte packets; 5 % with retransmissions. */
const OVERHEAD = [1, 1.05] as const;
/** A sum counts as a multiple within this part of the step: chance hits are then 2 · 3 % of random sums. */
const TOLERANCE = 0.03;
/** Multiples beyond this are too close together to tell from chance. */
const MAX_MULTIPLE = 8;
/** Fewer sums than this agree by chance too easily. */
const MIN_SUMS = 6;
/** With 6 % chance hits, half of the sums being multiples of a size that was known beforehand is no accident. */
const MIN_PART_KNOWN = 0.5;
/** The step was searched for, so more has to agree. */
const MIN_PART_SEARCHED = 0.6;
/** Layers below 20 MB are not told apart from ordinary objects. */
const MIN_STEP_BYTES = 20e6;

/**
 * Whether a component's downloads come in steps of an image's size: sums per client and hour (a pull may be cut by a
 * ten-minute flow window, seldom by an hour) that are whole multiples of one size, taken from ECR where it is known, or
 * searched for. Null where they do not.
 */
export function findSteps(component: Component, images: readonly ContainerImage[] | null): Steps | null {
  const sums = sumsPerClient(component);
  if (sums.length < MIN_SUMS) return null;
  const known = (images ?? [])
    .filter((image) => image.bytes >= MIN_STEP_BYTES)
    .map((image) => ({ image, ...fitAround(sums, image.bytes) }))
    .sort((a, b) => b.part - a.part || (b.image.pushedAtMs ?? 0) - (a.image.pushedAtMs ?? 0))[0];
  if (known && known.part >= MIN_PART_KNOWN) {
    return { stepBytes: known.step, part: known.part, pulls: known.pulls, image: known.image };
  }
  const searched = search(sums);
  if (searched && searched.part >= MIN_PART_SEARCHED) {
    return { stepBytes: searched.step, part: searched.part, pulls: searched.pulls, image: null };
  }
  return null;
}

function sumsPerClient(component: Component): number[] {
  const sums = new Map<string, number>();
  // What other clients fetched all along is not what changed.
  const main = new Set(mainClients(component).map((place) => place.address));
  for (const one of component.downloads) {
    if (main.size > 0 && !main.has(one.client)) continue;
    // Version 2 logs do not join client and remote: there each remote's bucket is the best unit at hand.
    const key = one.client === '' ? `${one.remote}|${one.atMs}` : `${one.client}|${Math.floor(one.atMs / HOUR_MS)}`;
    sums.set(key, (sums.get(key) ?? 0) + one.bytes);
  }
  // Crumbs (a manifest, a signature) say nothing about the size of an image.
  return [...sums.values()].filter((sum) => sum >= MIN_STEP_BYTES / 2);
}

interface Fit {
  readonly step: number;
  readonly part: number;
  readonly pulls: number;
}

/** The best step between an image's size and the same with its overhead. */
function fitAround(sums: readonly number[], bytes: number): Fit {
  let best: Fit = { step: bytes, part: 0, pulls: 0 };
  for (let overhead = OVERHEAD[0]; overhead <= OVERHEAD[1]; overhead += 0.005) {
    const fit = fitOf(sums, bytes * overhead);
    if (fit.part > best.part) best = fit;
  }
  return best;
}

function fitOf(sums: readonly number[], step: number): Fit {
  let hits = 0;
  let pulls = 0;
  const measured: number[] = [];
  for (const sum of sums) {
    const multiple = Math.round(sum / step);
    if (multiple < 1 || multiple > MAX_MULTIPLE) continue;
    if (Math.abs(sum - multiple * step) > TOLERANCE * step * Math.sqrt(multiple)) continue;
    hits += 1;
    pulls += multiple;
    measured.push(sum / multiple);
  }
  return { step: measured.length > 0 ? median(measured) : step, part: hits / sums.length, pulls };
}

/** Tries the sums themselves as steps: with a true step some sums are exactly one of it. */
function search(sums: readonly number[]): Fit | null {
  const candidates = [...sums].sort((a, b) => a - b).filter((sum) => sum >= MIN_STEP_BYTES);
  const stride = Math.max(1, Math.floor(candidates.length / 200));
  let best: Fit | null = null;
  for (let i = 0; i < candidates.length; i += stride) {
    const fit = fitOf(sums, candidates[i] as number);
    // A small step fits anything; the largest step that fits is the image.
    if (!best || fit.part > best.part + 0.02 || (fit.part >= best.part - 0.02 && fit.step > best.step * 1.5))
      best = fit;
  }
  return best;
}
