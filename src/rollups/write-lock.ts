import { existsSync } from 'node:fs';
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
    // Somebody who only looks whether it is locked holds it for microseconds.
    db.exec('pragma busy_timeout = 15; begin exclusive');
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

/** Whether somebody, in this process or another, is writing to the store. */
export function isBeingWritten(dir: string): boolean {
  const path = join(dir, 'writer.lock');
  if (!existsSync(path)) return false;
  const db = new Database(path);
  try {
    db.exec('pragma busy_timeout = 0; begin immediate; rollback');
    return false;
  } catch {
    return true;
  } finally {
    db.close();
  }
}
