import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPostgres } from '../state/postgres-cluster.js';
import { type Counterpart, freePort, runSetUp, startServer } from './counterpart.js';

const NETBOX = 'netbox==4.7.3';
const SEED = join(dirname(fileURLToPath(import.meta.url)), 'netbox-seed.py');
/** Tokens that the seed makes: any text of these lengths will do. */
const TOKEN_V1 = '0123456789abcdef0123456789abcdef01234567';
const TOKEN_V2 = { key: 'netcosttests', secret: 'abcdefghijklmnopqrstuvwxyz0123456789ABCD' };

/**
 * The real NetBox 4.7 from PyPI, with Debian's Postgres and Redis. Installing takes a minute or two; what is made is
 * kept in `cache` (the virtual environment, and a dump of the seeded database).
 */
export const counterpart: Counterpart = async (cache) => {
  await runSetUp('redis-server', ['--version']).catch((cause: unknown) => {
    throw new Error('There is no redis-server. Install it: apt-get install -y redis-server.', { cause });
  });
  const venv = join(cache, 'netbox-4.7.3');
  const netbox = join(venv, 'bin', 'netbox');
  if (!existsSync(netbox)) {
    await runSetUp(await findPython(), ['-m', 'venv', '--clear', venv]);
    await runSetUp(join(venv, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', NETBOX]);
  }
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const root = await mkdtemp(join(tmpdir(), 'netcost-netbox-'));
    stops.push(() => rm(root, { recursive: true, force: true }));
    const cluster = await startPostgres();
    stops.push(cluster.stop);
    const redisPort = await freePort();
    const redis = await startServer(
      'redis-server',
      ['--bind', '127.0.0.1', '--port', String(redisPort), '--save', '', '--dir', root],
      `http://127.0.0.1:${redisPort}`,
      // Redis hangs up on whoever speaks HTTP: that it does is the sign that it is there.
      { waitMs: 10_000, isUp: (error) => /reset|closed|other side/i.test(String((error as Error | undefined)?.cause)) },
    );
    stops.push(redis.stop);
    await mkdir(join(root, 'conf'));
    await writeFile(join(root, 'conf', 'configuration.py'), configuration(cluster.url, redisPort));
    const env = { ...process.env, NETBOX_ROOT: root, DJANGO_SETTINGS_MODULE: 'netbox.settings' };
    await prepareDatabase(cluster.url, join(cache, 'seeded.dump'), async () => {
      await runSetUp(join(venv, 'bin', 'python'), [SEED, TOKEN_V1, TOKEN_V2.key, TOKEN_V2.secret], { env });
    });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = await startServer(
      join(venv, 'bin', 'gunicorn'),
      ['netbox.wsgi', '--bind', `127.0.0.1:${port}`, '--workers', '1', '--threads', '2', '--timeout', '120'],
      `${url}/api/status/`,
      { waitMs: 120_000, env },
    );
    stops.push(server.stop);
    return {
      env: { NETBOX_URL: url, NETBOX_TOKEN_V1: TOKEN_V1, NETBOX_TOKEN_V2: `nbt_${TOKEN_V2.key}.${TOKEN_V2.secret}` },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** NetBox 4.7 needs Python 3.12; the one on the PATH may be older. */
async function findPython(): Promise<string> {
  const pyenv = join(homedir(), '.pyenv', 'versions');
  const versions = existsSync(pyenv) ? (await readdir(pyenv)).sort() : [];
  const found = ['python3.12', 'python3.13', 'python3', ...versions.map((one) => join(pyenv, one, 'bin', 'python'))];
  for (const python of found) {
    try {
      const check = 'import sys, venv; sys.exit(0 if sys.version_info >= (3, 12) else 1)';
      await promisify(execFile)(python, ['-c', check]);
      return python;
    } catch {
      // The next one.
    }
  }
  throw new Error('NetBox 4.7 needs Python 3.12 or newer, and there is none on the PATH or in ~/.pyenv/versions.');
}

/** Restores the dump; where there is none, makes the database and dumps it. A dump is whole or not there. */
async function prepareDatabase(url: string, dump: string, make: () => Promise<void>): Promise<void> {
  await runSetUp('psql', [url, '-c', 'create database netbox']);
  const database = url.replace(/postgres$/, 'netbox');
  if (existsSync(dump)) {
    await runSetUp('pg_restore', ['--no-owner', '--exit-on-error', '--jobs', '2', '-d', database, dump]);
    return;
  }
  await make();
  await runSetUp('pg_dump', ['-Fc', '-Z1', '-f', `${dump}.new`, database]);
  await rename(`${dump}.new`, dump);
}

function configuration(postgresUrl: string, redisPort: number): string {
  const { port, username } = new URL(postgresUrl);
  const redis = (database: number) =>
    `{'HOST': '127.0.0.1', 'PORT': ${redisPort}, 'USERNAME': '', 'PASSWORD': '', 'DATABASE': ${database}, 'SSL': False}`;
  return `
ALLOWED_HOSTS = ['*']
DATABASES = {'default': {'NAME': 'netbox', 'USER': '${username}', 'PASSWORD': '', 'HOST': '127.0.0.1', 'PORT': '${port}', 'CONN_MAX_AGE': 60}}
REDIS = {'tasks': ${redis(0)}, 'caching': ${redis(1)}}
SECRET_KEY = '${'k'.repeat(60)}'
API_TOKEN_PEPPERS = {1: '${'p'.repeat(60)}'}
LOGIN_REQUIRED = True
RELEASE_CHECK_URL = None
CENSUS_REPORTING_ENABLED = False
ISOLATED_DEPLOYMENT = True
LOGGING = {'version': 1, 'disable_existing_loggers': True}
`;
}
