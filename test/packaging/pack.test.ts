import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
/** As a person's shell has it: without what the npm that runs these tests tells its children. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(?:npm_(?:package|lifecycle|command|execpath)|npm_config_local_prefix|INIT_CWD$|NODE_ENV$)/i.test(name),
  ),
);
const AT = Date.UTC(2026, 10, 21, 11) / 1000;
const FLOWS = [
  'srcaddr dstaddr pkt-srcaddr pkt-dstaddr packets bytes start end action log-status interface-type resource-id flow-direction region',
  `10.20.1.1 10.0.0.220 10.20.1.1 52.216.58.42 9 1073741824 ${AT} ${AT + 60} ACCEPT OK nat_gateway nat-0a1b2c3d4e5f ingress us-east-1`,
];

let folder: string;
let packed: { readonly filename: string; readonly size: number; readonly files: readonly { readonly path: string }[] };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-pack-'));
  // A copy is packed: packing builds from nothing, and other tests run what is built here.
  const copy = join(folder, 'copy');
  mkdirSync(copy);
  for (const name of readdirSync(ROOT)) {
    if (!['.git', 'node_modules', 'dist', 'test', '.netcost'].includes(name))
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: copy, env });
  const report = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Record<string, typeof packed>;
  packed = Object.values(report)[0]!;

  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const tarball = join(folder, packed.filename);
  const flags = ['--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', tarball, ...flags], { cwd: empty, env });
  mkdirSync(join(empty, 'logs'));
  writeFileSync(join(empty, 'logs', 'flows.log'), `${FLOWS.join('\n')}\n`);
  writeFileSync(join(empty, 'owners.yaml'), 'owners: [{ team: payments, prefixes: [10.20.0.0/16] }]\n');
}, 180_000);
// A whole node_modules, on a busy disk.
afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000);

describe('the package', () => {
  it('holds the compiled program, its assets and its pages, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    const strange = paths.filter(
      (path) =>
        !/^dist\/netcost\/[\w-]+\.js$/.test(path) &&
        !/^dist\/netcost\/page\/[a-z-]+\.(?:css|html|js)$/.test(path) &&
        !/^deploy\/iam\/[a-z-]+\.json$/.test(path) &&
        !['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'manifest.yml'].includes(path),
    );
    expect(strange).toEqual([]);
    const workers = ['dist/netcost/segment-worker.js', 'dist/netcost/triage-worker.js'];
    for (const needed of ['dist/netcost/cli.js', ...workers, 'README.md', 'manifest.yml'])
      expect(paths).toContain(needed);
    const assets = readdirSync(join(ROOT, 'src/workspace/page'));
    expect(paths).toEqual(expect.arrayContaining(assets.map((name) => `dist/netcost/page/${name}`)));
    expect(packed.size).toBeLessThan(1_000_000);
  });

  it('answers in an empty folder', async () => {
    const flags = ['--flow-logs', 'logs', '--owners', 'owners.yaml', '--now', '2026-11-21T12:00:00Z', '--json'];
    const asked = await run('npx', ['netcost', 'ask', 'since=24h', 'by=team', ...flags], {
      cwd: join(folder, 'empty'),
      env,
    });
    expect(JSON.parse(asked.stdout)).toMatchObject({
      rows: [{ key: { team: 'payments' }, bytes: 1_073_741_824, usd: expect.stringMatching(/^0\.0450*$/) }],
      total: { bytes: 1_073_741_824 },
    });
    expect((await run('npx', ['netcost', '--version'], { cwd: join(folder, 'empty'), env })).stdout).toBe('0.1.0\n');
  });

  it('runs the demo with its page, and leaves nothing behind', { timeout: 90_000 }, async () => {
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    const program = join(folder, 'empty/node_modules/netcost/dist/netcost/cli.js');
    const demo = spawn(process.execPath, [program, 'demo'], { env: { ...env, TMPDIR: temporary } });
    const ended = new Promise<number | null>((resolve) => demo.on('close', resolve));
    try {
      let said = '';
      const url = await new Promise<string>((resolve, reject) => {
        demo.stdout.on('data', (chunk: Buffer) => {
          said += chunk;
          const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? [];
          if (address !== undefined) resolve(address);
        });
        void ended.then((status) => reject(new Error(`The demo ended with ${status}.`)));
      });
      const page = await (await fetch(url)).text();
      const assets = [...page.matchAll(/(?:src|href)="(\/[a-z-]+\.(?:js|css))"/g)].map(([, path]) => path);
      expect(assets.length).toBeGreaterThan(1);
      for (const path of assets) expect((await fetch(`${url}${path}`)).status, path).toBe(200);
    } finally {
      demo.kill('SIGINT');
    }
    expect(await ended).toBe(0);
    expect(existsSync(temporary) && readdirSync(temporary)).toEqual([]);
  });
});
