// Compiles src, commands, jobs and bench into dist. One file, so that `npm run demo` needs nothing but npm.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
// What is no TypeScript but belongs to the program: the workspace page's assets.
for (const folder of ['src/workspace/page', 'src/dashboard/page']) {
  if (existsSync(folder)) cpSync(folder, `dist/${folder}`, { recursive: true, filter: (file) => !file.endsWith('.ts') });
}
chmodSync('dist/src/cli.js', 0o755);
