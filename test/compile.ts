import { execFileSync } from 'node:child_process';

/** Once before all tests: those that start netcost as a process start dist. */
export function setup(): void {
  execFileSync(process.execPath, ['build.mjs', '--no-types'], { stdio: 'inherit' });
}
