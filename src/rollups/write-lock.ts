import { join } from 'node:path';
import Database from 'libsql';
import { NetcostError } from '../errors.js';

/**
 * One writer a store. The lock is an open SQLite transaction on a file of its own, so that the operating system gives
 * it back when the process dies, however it dies. Readers need none. Returns what releases it.
 */
export function lockForWriting(dir: string): () => void {
  const db = new Database(join(dir, 'writer.lock'));
  try {
    db.exec('pragma busy_timeout = 0; begin exclusive');
  } catch (cause) {
    db.close();
    throw new NetcostError('store', `Another netcost is writing to the store in ${dir}.`, {
      cause,
      hint: 'Wait until it has finished; questions can be asked meanwhile.',
    });
  }
  return () => {
    db.exec('rollback');
    db.close();
  };
}
