import { describeError, NetcostError } from '../errors.js';
import type { Reading } from '../triage/sources.js';

/** Runs what may fail: its failure, an abort too, is a line of the report and never an error. */
export async function readingOf<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { state: 'read', value: await read() };
  } catch (error) {
    return { state: 'failed', error: whyOf(error) };
  }
}

/** One line for a person of what went wrong; without the hint, which `netcost check` gives. */
export function whyOf(error: unknown): string {
  const isKnown = error instanceof NetcostError || error instanceof Error;
  return (isKnown ? error.message : describeError(error)).replace(/\s+/g, ' ').trim().slice(0, 300);
}
