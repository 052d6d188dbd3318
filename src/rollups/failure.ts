import { NetcostError } from '../errors.js';

/** Runs work that writes to a store; whatever fails in it (a full disk above all) becomes one line with what to do. */
export async function withStoreFailure<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof NetcostError || (cause instanceof Error && cause.name === 'AbortError')) throw cause;
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!.slice(0, 200);
    throw new NetcostError('store', `The store in ${dir} could not be written: ${why}`, {
      cause,
      hint: 'What was committed before is whole, and the next ingest goes on from there. Is there room on the disk?',
    });
  }
}

/** Why a store could not answer, as one line with what to do: a question that was too large, or a store that is not whole. */
export function readFailure(dir: string, cause: unknown): NetcostError {
  // DuckDB tells this in no other way: "Out of Memory Error: could not allocate …".
  return cause instanceof Error && /^Out of Memory/i.test(cause.message)
    ? new NetcostError('store', 'The question needs more memory than netcost gives to one.', {
        cause,
        hint: 'Ask for a shorter window, for one team, or by another key.',
      })
    : new NetcostError('store', 'The store could not answer.', {
        cause,
        hint: `Look whether ${dir} is whole, or ingest anew.`,
      });
}
