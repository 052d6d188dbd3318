import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, Migrator, PostgresDialect, type SqliteDatabase, SqliteDialect } from 'kysely';
import Database from 'libsql';
import pg from 'pg';
import { NetcostError } from '../errors.js';
import { MIGRATIONS, type StateSchema } from './schema.js';

export type StateDb = Kysely<StateSchema>;

/** Where the state is: a SQLite file of one process, or a Postgres that several share. */
export type StatePlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string };

export interface State {
  readonly db: StateDb;
  readonly kind: StatePlace['kind'];
  readonly close: () => Promise<void>;
}

/**
 * Opens the state and brings its schema up to date. Throws NetcostError('store') where another process holds the SQLite
 * file, where Postgres cannot be reached, or where the schema is newer than this netcost.
 */
export async function openState(place: StatePlace): Promise<State> {
  const { db, release } =
    place.kind === 'sqlite' ? openSqlite(place.file) : { db: openPostgres(place.url), release: () => {} };
  const close = async () => {
    release();
    await db.destroy();
  };
  try {
    await migrate(db);
  } catch (cause) {
    await close().catch(() => {});
    if (cause instanceof NetcostError) throw cause;
    throw place.kind === 'sqlite'
      ? unusable(place.file, cause)
      : new NetcostError('store', 'The Postgres of DATABASE_URL cannot be used.', {
          cause,
          hint: 'Check that it runs, and that the user may create tables.',
        });
  }
  return { db, kind: place.kind, close };
}

function openSqlite(file: string): { readonly db: StateDb; readonly release: () => void } {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  try {
    const database = new Database(file);
    // The lock is the operating system's: it is taken by the first statement, held as long as this process lives, and
    // gone when it dies, whatever way it dies.
    database.exec(
      'PRAGMA busy_timeout = 200; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = NORMAL;',
    );
    database.exec('BEGIN EXCLUSIVE; COMMIT;');
    // The driver closes the file only when its statements are collected, so the lock is given back by hand.
    const release = () => void database.exec('PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_master;');
    return {
      db: new Kysely<StateSchema>({ dialect: new SqliteDialect({ database: database as unknown as SqliteDatabase }) }),
      release,
    };
  } catch (cause) {
    throw isBusy(cause) ? inUse(file, cause) : unusable(file, cause);
  }
}

function openPostgres(url: string): StateDb {
  const types = {
    getTypeParser: (oid: number, format?: string) =>
      oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
  };
  const pool = new pg.Pool({ connectionString: url, max: 5, connectionTimeoutMillis: 5_000, types });
  // A connection that breaks while it is idle would end the process otherwise; the next query opens a new one.
  pool.on('error', () => {});
  return new Kysely<StateSchema>({ dialect: new PostgresDialect({ pool }) });
}

async function migrate(db: StateDb): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && /corrupted migrations/.test(error.message)) {
    throw new NetcostError('store', 'The state was written by a newer netcost.', {
      cause: error,
      hint: 'Install that version again, or begin with a new state file.',
    });
  }
  throw error;
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    /database is locked|SQLITE_BUSY/i.test(`${error.message} ${'code' in error ? String(error.code) : ''}`)
  );
}

function unusable(file: string, cause: unknown): NetcostError {
  return new NetcostError('store', `The state file ${file} cannot be used.`, {
    cause,
    hint: 'Check that it can be written and that it is a file of netcost.',
  });
}

function inUse(file: string, cause: unknown): NetcostError {
  return new NetcostError('store', `The state file ${file} is in use by another netcost.`, {
    cause,
    hint: 'Stop that one, name another file under state.file, or set DATABASE_URL to share a Postgres.',
  });
}
