import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import Database from 'libsql';
import { addressId, canonicalIpv6 } from '../flows/addresses.js';
import { readResolverLine } from '../flows/resolver-log.js';
import { type FoundObject, listObjects } from './list-objects.js';

/** A file of its own: DNS is much, and a store without it pays nothing. */
const FILE = 'domains.db';
const SCHEMA = `
create table if not exists domains (client text not null, remote text not null, domain text not null,
  at_ms integer not null, primary key (client, remote)) strict, without rowid;
create table if not exists files (path text primary key, size integer not null) strict;`;
const ROWS_OF_A_COMMIT = 5_000;

/** What a client called an address last. */
export interface NamedRemote {
  readonly client: string;
  readonly remote: string;
  readonly domain: string;
}

/**
 * Brings what is new of a folder's Resolver query logs into the store `dir`: each file once. A file that cannot be read is left for the next time; lines that are none are passed over.
 */
export async function ingestDomains(dir: string, folder: string, signal?: AbortSignal): Promise<void> {
  const found = await listObjects(folder);
  if (found.length === 0) return;
  const db = new Database(join(dir, FILE));
  try {
    db.exec('pragma journal_mode = wal; pragma busy_timeout = 10000;');
    db.exec(SCHEMA);
    const known = db.prepare('select size from files where path = ?');
    for (const object of found) {
      signal?.throwIfAborted();
      if ((known.get(object.path) as { size: number } | undefined)?.size === object.size) continue;
      await readFile(db, object).catch(() => undefined);
    }
  } finally {
    db.close();
  }
}

async function readFile(db: Database.Database, { path, size }: FoundObject): Promise<void> {
  const put = db.prepare(
    `insert into domains values (?,?,?,?) on conflict (client, remote) do update set domain = excluded.domain,
     at_ms = excluded.at_ms where excluded.at_ms >= at_ms`,
  );
  const commit = db.transaction((rows: readonly (readonly [string, string, string, number])[]) => {
    for (const row of rows) put.run(...row);
  });
  const bytes = createReadStream(path);
  const lines = createInterface({ input: path.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes });
  const failed = new Promise<never>((_, reject) => {
    bytes.on('error', reject);
  });
  failed.catch(() => undefined);
  let rows: [string, string, string, number][] = [];
  for await (const line of lines) {
    const found = readResolverLine(line);
    if (!found) continue;
    for (const address of found.addresses) {
      rows.push([
        canonicalIpv6(found.client) ?? found.client,
        canonicalIpv6(address) ?? address,
        found.domain,
        found.atMs,
      ]);
    }
    if (rows.length >= ROWS_OF_A_COMMIT) {
      commit(rows);
      rows = [];
      // Others have a turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  commit(rows);
  db.prepare('insert or replace into files values (?,?)').run(path, size);
}

/** What clients called remotes; undefined where no Resolver query log was brought in. */
export function readDomains(dir: string): readonly NamedRemote[] | undefined {
  if (!existsSync(join(dir, FILE))) return undefined;
  const db = new Database(join(dir, FILE));
  try {
    const rows = db.prepare('select client, remote, domain from domains').all() as NamedRemote[];
    return rows.filter(({ client, remote }) => addressId(client) !== undefined && addressId(remote) !== undefined);
  } finally {
    db.close();
  }
}
