import { describeError, NetcostError } from '../errors.js';
import { type RefreshStates, writeStates } from './copy-states.js';

/** Something outside that is asked from time to time, and whose last good answer is kept. */
export interface RefreshSource {
  /** For a person: `NetBox`. */
  readonly name: string;
  /** Name of its copy. */
  readonly copy: string;
  /**
   * Asks it and writes the copy; says in a few words what came. What it could not get of a part that failed stands in
   * `failed`, a line each: the copy keeps its last good state of that part.
   */
  readonly refresh: (signal: AbortSignal) => Promise<{ readonly says: string; readonly failed?: readonly string[] }>;
}

export interface RefreshReport {
  readonly done: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: string }[];
}

const AT_ONCE = 6;
const DEADLINE_MS = 120_000;

/**
 * Asks every source, each with its own deadline, a few at once: one that hangs or fails costs the others nothing. How it
 * went is written beside the copies. Throws only where the copies cannot be written.
 */
export async function refreshCopies(options: {
  readonly dir: string;
  readonly sources: readonly RefreshSource[];
  readonly nowMs: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs?: number;
}): Promise<RefreshReport> {
  const { dir, sources, nowMs, signal, deadlineMs = DEADLINE_MS } = options;
  const states: Record<string, RefreshStates[string]> = {};
  const done: string[] = [];
  const failed: { name: string; error: string }[] = [];
  const left = [...sources];
  const work = async () => {
    for (let source = left.shift(); source !== undefined; source = left.shift()) {
      signal?.throwIfAborted();
      const { name, copy } = source;
      const late = AbortSignal.timeout(deadlineMs);
      const triedMs = nowMs();
      try {
        const asked = source.refresh(signal === undefined ? late : AbortSignal.any([signal, late]));
        const { says, failed: parts = [] } = await Promise.race([asked, expired(late, name, deadlineMs)]);
        const [first] = parts;
        if (first === undefined) states[copy] = { triedMs, fetchedMs: nowMs() };
        else {
          const error = parts.length === 1 ? first : `${first} (and ${parts.length - 1} more)`;
          failed.push({ name, error });
          states[copy] = { triedMs, fetchedMs: nowMs(), error, isPart: true };
        }
        done.push(`${name}: ${says}`);
      } catch (error) {
        signal?.throwIfAborted();
        const line = (error instanceof NetcostError ? error.message : describeError(error)).replace(/\s+/g, ' ');
        failed.push({ name, error: line });
        states[copy] = { triedMs, error: line };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await writeStates(dir, states, nowMs());
  return { done, failed };
}

/** What does not heed its signal is not waited for. */
function expired(late: AbortSignal, name: string, deadlineMs: number): Promise<never> {
  return new Promise((_, reject) => {
    late.addEventListener('abort', () =>
      reject(new NetcostError('upstream', `${name} did not answer within ${deadlineMs / 1000} s.`)),
    );
  });
}

/** What a job says of it. @throws NetcostError 'upstream' where something failed: what came is kept all the same. */
export function sayRefreshed({ done, failed }: RefreshReport): string {
  const line = done.join('; ') || 'nothing';
  const [first, ...others] = failed;
  if (first === undefined) return line;
  const more =
    others.length === 0
      ? ''
      : ` (and ${others.length} more: ${others
          .map(({ name }) => name)
          .join(', ')
          .slice(0, 200)})`;
  throw new NetcostError('upstream', `Refreshed ${line}. ${first.name} failed: ${first.error}${more}`, {
    hint: 'Answers go on with the last good copies and say how old they are; netcost check tries each source.',
  });
}
