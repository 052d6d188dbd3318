// Compiles src, commands, jobs and bench into dist, and bundles the program itself into dist/netcost.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

// `--clean` before packing, so that no file of a part that is gone is shipped; else what runs from dist goes on running.
if (process.argv.includes('--clean')) rmSync('dist', { recursive: true, force: true });
// `--no-types` for tests: `npm test` has checked the types before, and a test says more than a type of another part.
const isForTests = process.argv.includes('--no-types');
const types = isForTests ? ['--noCheck'] : [];
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...types], {
  stdio: 'inherit',
});

// Loading modules was most of a cold `netcost ask`: five hundred small files, ours and others' (docs/speed.md). What has
// a native part, or is loaded by what the bot alone does, stays where npm put it.
const bundled = build({
  entryPoints: {
    cli: 'src/cli.ts',
    'segment-worker': 'src/rollups/segment-worker.ts',
    'triage-worker': 'src/main/triage-worker.ts',
  },
  outdir: 'dist/netcost',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['@duckdb/node-bindings', 'libsql', 'pg', 'kysely', '@slack/*', '@aws-sdk/*', 'ws', 'undici', 'maxmind'],
  legalComments: 'eof',
  minifyWhitespace: true,
  logLevel: 'warning',
  write: false,
}).then(({ outputFiles }) => {
  mkdirSync('dist/netcost', { recursive: true });
  for (const { path, text } of outputFiles) writeFileSync(path, withRequire(text));
});
// A part that somebody is in the middle of writing is no reason not to test the others: they run what was bundled last.
if (isForTests && existsSync('dist/netcost/cli.js')) await bundled.catch(() => {});
else await bundled;
// What is no TypeScript but belongs to the program: the pages' assets.
for (const part of ['workspace', 'dashboard']) {
  if (!existsSync(`src/${part}/page`)) continue;
  const filter = (file) => !file.endsWith('.ts');
  cpSync(`src/${part}/page`, `dist/src/${part}/page`, { recursive: true, filter });
  cpSync(`src/${part}/page`, 'dist/netcost/page', { recursive: true, filter });
}
chmodSync('dist/netcost/cli.js', 0o755);

/** Bundled CommonJS asks for `require`, which a module does not have. Making one takes time, so only where it is asked for. */
function withRequire(text) {
  if (!text.includes('typeof require')) return text;
  const made =
    "import{createRequire as netcostRequire}from'node:module';const require=netcostRequire(import.meta.url);\n";
  const [, shebang = ''] = /^(#!.*\n)?/.exec(text);
  return `${shebang}${made}${text.slice(shebang.length)}`;
}
