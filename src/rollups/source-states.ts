import * as z from 'zod';
import type { Catalog } from './catalog.js';

/** How reading a source went the last time. */
export interface SourceState {
  readonly name: string;
  /** Where the next listing begins; the source's own words. */
  readonly state: string | undefined;
  /** When all of it was read for the last time, ms; undefined = never. */
  readonly wholeMs: number | undefined;
  /** What failed at the last run, one line each. */
  readonly failures: readonly string[];
}

const KEY = 'sources';
const States = z.array(
  z.object({
    name: z.string(),
    state: z.string().optional(),
    wholeMs: z.number().optional(),
    failures: z.array(z.string()),
  }),
);

/** What is known of the sources of a store, in the order in which they were first read. */
export function readSourceStates(catalog: Pick<Catalog, 'meta'>): SourceState[] {
  const text = catalog.meta(KEY);
  if (text === undefined) return [];
  return States.parse(JSON.parse(text)).map(({ name, state, wholeMs, failures }) => ({
    name,
    state,
    wholeMs,
    failures,
  }));
}

/** Puts what is new of one source in the place of the old. */
export function writeSourceState(
  catalog: Pick<Catalog, 'meta' | 'setMeta'>,
  name: string,
  change: Partial<Omit<SourceState, 'name'>>,
): void {
  const states = readSourceStates(catalog);
  const before = states.find((each) => each.name === name);
  const after: SourceState = { name, state: undefined, wholeMs: undefined, failures: [], ...before, ...change };
  catalog.setMeta(
    KEY,
    JSON.stringify(before === undefined ? [...states, after] : states.map((each) => (each === before ? after : each))),
  );
}

/** Forgets what is asked for no more, so that a bucket taken out of the config is not said to fail for ever. */
export function keepSourceStates(catalog: Pick<Catalog, 'meta' | 'setMeta'>, names: ReadonlySet<string>): void {
  const states = readSourceStates(catalog);
  const kept = states.filter(({ name }) => names.has(name));
  if (kept.length < states.length) catalog.setMeta(KEY, JSON.stringify(kept));
}
