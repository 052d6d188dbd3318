import * as z from 'zod';
import { formatAge, isoTime } from '../units.js';
import { readCopy, writeCopy } from './copies.js';

/** How the last attempt to refresh a source ended. Kept beside the copies, so that every process can say it. */
export const RefreshStates = z.record(
  z.string(),
  z.object({
    triedMs: z.number(),
    fetchedMs: z.number().optional(),
    error: z.string().optional(),
    /** The error is of a part: the rest came. */
    isPart: z.boolean().optional(),
  }),
);
export type RefreshStates = z.infer<typeof RefreshStates>;

/** One source of owners, inventory or ranges, as an answer has to tell of it. */
export interface CopyState {
  /** For a person: `NetBox`, `EC2 of account 111122223333, us-east-1`. */
  readonly name: string;
  /** When the copy in use was fetched; undefined where there is none. */
  readonly fetchedMs: number | undefined;
  /** Why there is no newer one. */
  readonly error: string | undefined;
  /** The error is of a part: the rest came. */
  readonly isPart?: boolean | undefined;
}

const STATES = 'states';
/** A copy older than this is told of though nothing failed: nobody refreshes it. */
const STALE_MS = 24 * 3_600_000;
/** Sources of one kind that are told of one by one. */
const TOLD = 3;

export async function readStates(dir: string): Promise<RefreshStates> {
  return (await readCopy(dir, STATES, RefreshStates))?.value ?? {};
}

/** Notes how refreshing went; what is not among `states` stays as it was. */
export async function writeStates(dir: string, states: RefreshStates, nowMs: number): Promise<void> {
  const before = await readStates(dir);
  // A source that fails keeps the time of its last good answer.
  const merged = Object.entries(states).map(([copy, state]) => [
    copy,
    { ...state, fetchedMs: state.fetchedMs ?? before[copy]?.fetchedMs },
  ]);
  await writeCopy(dir, STATES, { fetchedMs: nowMs, value: { ...before, ...Object.fromEntries(merged) } });
}

/** Sentences about sources that are missing or old; none where all is well. */
export function describeCopies(states: readonly CopyState[], nowMs: number): string[] {
  const missing = states.filter((state) => state.fetchedMs === undefined);
  const failing = states.filter((state) => state.fetchedMs !== undefined && state.error !== undefined);
  const stale = states.filter(
    ({ fetchedMs, error }) => fetchedMs !== undefined && error === undefined && nowMs - fetchedMs > STALE_MS,
  );
  const age = (fetchedMs: number | undefined) =>
    `of ${isoTime(fetchedMs ?? 0)}, ${formatAge(nowMs - (fetchedMs ?? 0))} old`;
  return [
    ...told(missing, ({ name, error }) =>
      error === undefined
        ? `${name} was not read yet: what it knows of owners is missing.`
        : `${name} could not be read, and there is no copy (${error}): what it knows of owners is missing.`,
    ),
    ...told(failing, ({ name, fetchedMs, error, isPart }) =>
      isPart
        ? `A part of ${name} is missing (${error}): of that, what was told before is used.`
        : `${name} does not answer (${error}): its copy is ${age(fetchedMs)}.`,
    ),
    ...told(stale, ({ name, fetchedMs }) => `The copy of ${name} is ${age(fetchedMs)}: nothing refreshes it.`),
  ];
}

function told(states: readonly CopyState[], say: (state: CopyState) => string): string[] {
  const more = states.length - TOLD;
  const names = states.slice(TOLD).map(({ name }) => name);
  return [
    ...states.slice(0, TOLD).map((state) => say({ ...state, error: state.error?.replace(/\.$/, '') })),
    ...(more > 0 ? [`The same of ${more} more: ${names.slice(0, 10).join('; ')}${more > 10 ? '; …' : ''}.`] : []),
  ];
}
