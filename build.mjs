// Compiles src, commands, jobs and bench into dist. One file, so that `npm run demo` needs nothing but npm.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';

// `--clean` before packing, so that no file of a part that is gone is shipped; else what runs from dist goes on running.
if (process.argv.includes('--clean')) rmSync('dist', { recursive: true, force: true });
// `--no-types` for tests: `npm test` has checked the types before, and a test says more than a type of another part.
const types = process.argv.includes('--no-types') ? ['--noCheck'] : [];
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...types], {
  stdio: 'inherit',
});
// What is no TypeScript but belongs to the program: the workspace page's assets.
for (const folder of ['src/workspace/page', 'src/dashboard/page']) {
  if (existsSync(folder))
    cpSync(folder, `dist/${folder}`, { recursive: true, filter: (file) => !file.endsWith('.ts') });
}
chmodSync('dist/src/cli.js', 0o755);
