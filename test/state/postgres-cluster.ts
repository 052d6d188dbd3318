import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../end-to-end/free-port.js';

const run = promisify(execFile);

export interface Cluster {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Debian's Postgres server, or one on the PATH; undefined where there is none. */
function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(root, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')));
}

/**
 * Whether tests on Postgres run. In CI they always do, and fail where there is none; elsewhere a missing server is said
 * once, with what to install.
 */
export function hasPostgres(): boolean {
  if (process.env.CI || findPostgres() !== undefined) return true;
  process.stderr.write(`Not tested: the state in Postgres. ${MISSING}\n`);
  return false;
}

const MISSING = 'There is no Postgres server. Install it: apt-get install -y postgresql.';

/** A Postgres of its own in a temporary folder, on a free port of the loopback address. It refuses to run as root. */
export async function startPostgres(): Promise<Cluster> {
  const bin = findPostgres();
  if (bin === undefined) throw new Error(MISSING);
  const folder = mkdtempSync(join(tmpdir(), 'netcost-pg-'));
  const data = join(folder, 'data');
  const user = process.getuid?.() === 0 ? unprivileged() : undefined;
  mkdirSync(data);
  chmodSync(folder, 0o755);
  if (user !== undefined) chownSync(data, user.uid, user.gid);
  const options = user === undefined ? { cwd: folder } : { cwd: folder, uid: user.uid, gid: user.gid };
  const port = await freePort();
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'netcost', '--auth=trust', '-E', 'UTF8', '--no-sync'], options);
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  await run(
    join(bin, 'pg_ctl'),
    ['-D', data, '-w', '-t', '20', '-l', join(data, 'log'), '-o', settings, 'start'],
    options,
  );
  return {
    url: `postgres://netcost@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await run(join(bin, 'pg_ctl'), ['-D', data, '-w', '-m', 'immediate', 'stop'], options);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The user that Debian's package makes, else nobody. */
function unprivileged(): { readonly uid: number; readonly gid: number } {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // The next one.
    }
  }
  throw new Error('Postgres does not run as root, and there is no other user.');
}
