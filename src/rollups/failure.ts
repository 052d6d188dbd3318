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
