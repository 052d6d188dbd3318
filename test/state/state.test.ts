import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readJobResults, writeJobResult } from '../../src/state/job-results.js';
import { beginRun, endRun, takeAbandonedRuns } from '../../src/state/open-runs.js';
import { openState, type State, type StatePlace } from '../../src/state/open-state.js';
import { readPreference, writePreference } from '../../src/state/preferences.js';
import { type Cluster, hasPostgres, startPostgres } from './postgres-cluster.js';

let folder: string;
let cluster: Cluster | undefined;
const kinds = hasPostgres() ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-state-'));
  if (kinds.length > 1) cluster = await startPostgres();
}, 60_000);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(kinds)('the state in %s', (kind) => {
  let number = 0;
  let state: State;
  let place: StatePlace;

  beforeEach(async () => {
    number += 1;
    place =
      kind === 'sqlite' ? { kind, file: join(folder, 'deep', `${number}.db`) } : { kind, url: cluster?.url ?? '' };
    state = await openState(place);
    await state.db.deleteFrom('preferences').execute();
    await state.db.deleteFrom('job_results').execute();
  });
  afterEach(() => state.close());

  test('keeps what a person chose, over a restart', async () => {
    expect(await readPreference(state.db, 'U1', 'composer')).toBeUndefined();
    await writePreference(state.db, 'U1', 'composer', { since: '24h' });
    await writePreference(state.db, 'U1', 'composer', { since: '7d', teams: ["o'brien", '<x>'] });
    await writePreference(state.db, 'U2', 'composer', 1);
    await state.close();
    state = await openState(place);
    expect(await readPreference(state.db, 'U1', 'composer')).toEqual({ since: '7d', teams: ["o'brien", '<x>'] });
    expect(await readPreference(state.db, 'U2', 'composer')).toBe(1);
  });

  test('gives the runs that a restart interrupted, once, the oldest first', async () => {
    await beginRun(state.db, { id: 'b', place: { channel: 'C2' }, question: 'by=team', startedMs: 1_790_000_000_001 });
    await beginRun(state.db, {
      id: 'a',
      place: { channel: 'C1' },
      question: 'by=service',
      startedMs: 1_790_000_000_000,
    });
    await beginRun(state.db, { id: 'done', place: {}, question: '', startedMs: 1 });
    await endRun(state.db, 'done');
    await state.close();
    state = await openState(place);
    expect(await takeAbandonedRuns(state.db)).toEqual([
      { id: 'a', place: { channel: 'C1' }, question: 'by=service', startedMs: 1_790_000_000_000 },
      { id: 'b', place: { channel: 'C2' }, question: 'by=team', startedMs: 1_790_000_000_001 },
    ]);
    expect(await takeAbandonedRuns(state.db)).toEqual([]);
  });

  test('keeps the last result of each job, and counts', async () => {
    await writeJobResult(state.db, { name: 'ingest', startedMs: 1, tookMs: 5, outcome: 'ok', detail: '3 objects' });
    await writeJobResult(state.db, { name: 'ingest', startedMs: 2, tookMs: 6, outcome: 'failed', detail: 'no disk' });
    await writeJobResult(state.db, { name: 'digests', startedMs: 3, tookMs: 7, outcome: 'ok', detail: '' });
    expect(await readJobResults(state.db)).toEqual([
      { name: 'digests', startedMs: 3, tookMs: 7, outcome: 'ok', detail: '', runs: 1, failures: 0 },
      { name: 'ingest', startedMs: 2, tookMs: 6, outcome: 'failed', detail: 'no disk', runs: 2, failures: 1 },
    ]);
  });

  test('of a newer netcost is refused', async () => {
    const step = { name: '999-from-the-future', timestamp: '2030-01-01' };
    const migrations = state.db as unknown as import('kysely').Kysely<{
      kysely_migration: { name: string; timestamp: string };
    }>;
    await migrations.insertInto('kysely_migration').values(step).execute();
    await state.close();
    await expect(openState(place)).rejects.toMatchObject({
      code: 'store',
      message: 'The state was written by a newer netcost.',
    });
    if (kind === 'postgres') {
      const pool = new pg.Pool({ connectionString: cluster?.url });
      await pool.query("DELETE FROM kysely_migration WHERE name = '999-from-the-future'");
      await pool.end();
      state = await openState(place);
    } else {
      state = await openState({ kind: 'sqlite', file: ':memory:' });
    }
  });
});

describe('a SQLite file', () => {
  test('that another process holds is refused with what to do, and is free when that process dies', async () => {
    const file = join(folder, 'held.db');
    const holder = `
      const Database = require('libsql');
      const db = new Database(${JSON.stringify(file)});
      db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; CREATE TABLE IF NOT EXISTS t (a); BEGIN EXCLUSIVE; COMMIT;');
      console.log('held');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await expect(openState({ kind: 'sqlite', file })).rejects.toMatchObject({
        code: 'store',
        message: `The state file ${file} is in use by another netcost.`,
        hint: expect.stringContaining('DATABASE_URL'),
      });
    } finally {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }
    const state = await openState({ kind: 'sqlite', file });
    await state.close();
  });

  test('that is no database is refused in one line', async () => {
    const file = join(folder, 'text.db');
    writeFileSync(file, 'this is no database, however one looks at it; it is far too readable for that\n'.repeat(100));
    await expect(openState({ kind: 'sqlite', file })).rejects.toMatchObject({
      code: 'store',
      message: `The state file ${file} cannot be used.`,
    });
  });
});

test('a Postgres that does not answer is refused in one line', async () => {
  await expect(openState({ kind: 'postgres', url: 'postgres://netcost@127.0.0.1:1/none' })).rejects.toMatchObject({
    code: 'store',
    message: 'The Postgres of DATABASE_URL cannot be used.',
  });
});
