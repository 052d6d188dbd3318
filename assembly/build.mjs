// Compiles read-line.ts and writes the result as text into the source that loads it: `npm run assembly`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'netcost-assembly-'));
const out = join(dir, 'read-line.wasm');
execFileSync(process.execPath, [
  at('../node_modules/assemblyscript/bin/asc.js'),
  at('read-line.ts'),
  ...['-o', out, '--runtime', 'stub', '--optimizeLevel', '3', '--noAssert', '--enable', 'simd'],
  ...['--initialMemory', '25', '--maximumMemory', '25', '--use', 'abort='],
]);
const text = readFileSync(out).toString('base64');
rmSync(dir, { recursive: true });
if (process.argv.includes('--print')) process.stdout.write(text);
else {
  const lines = text.match(/.{1,100}/g).map((line) => `  '${line}'`);
  writeFileSync(
    at('../src/flows/read-line-wasm.ts'),
    `/** assembly/read-line.ts, compiled; \`npm run assembly\` writes this file. */\nexport const READ_LINE_WASM =\n${lines.join(' +\n')};\n`,
  );
}
