import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Counterpart } from './counterpart.js';

/**
 * `npm run test:aws`, `test:netbox`, `test:trino`: sets up a real counterpart in a cache folder outside the checkout,
 * starts it, runs the tests that are named after it (test/**\/*.NAME.ts), stops it. With `--script FILE` it runs that file
 * in their place.
 * Exit 75 (EX_TEMPFAIL of sysexits.h): it could not be set up, and why; 1: a test failed. Nothing else is skipped.
 */
const COULD_NOT_BE_SET_UP = 75;
const [name = '', ...rest] = process.argv.slice(2);
const { counterpart } = (await import(`./${name}.ts`)) as { counterpart: Counterpart };
const cache = join(process.env.NETCOST_TEST_CACHE ?? join(homedir(), '.cache', 'netcost'), name);
await mkdir(cache, { recursive: true });

let started: Awaited<ReturnType<Counterpart>>;
try {
  started = await counterpart(cache);
} catch (error) {
  console.error(`test:${name} could not be set up: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(COULD_NOT_BE_SET_UP);
}
const stop = () => started.stop();
process.on('SIGINT', () => void stop().then(() => process.exit(130)));
process.on('SIGTERM', () => void stop().then(() => process.exit(143)));
const status = await new Promise<number>((resolve) => {
  const command =
    rest[0] === '--script'
      ? ['tsx', ...rest.slice(1)]
      : ['vitest', 'run', '--config', 'vitest.counterparts.config.ts', ...rest];
  const tests = spawn('npx', command, {
    stdio: 'inherit',
    env: { ...process.env, ...started.env, NETCOST_COUNTERPART: name },
  });
  tests.on('close', (code) => resolve(code ?? 1));
});
await stop();
process.exit(status === 0 ? 0 : 1);
