import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../../src/cli.js';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'src/README.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

async function helpOf(...args: string[]): Promise<string> {
  let out = '';
  await runCommandLine([...args, '--help'], {
    write: async (text) => {
      out += text;
    },
    writeError: (text) => {
      out += text;
    },
    hasColour: false,
    progressStream: undefined,
    isDebugging: false,
    nowMs: () => 0,
    elapsedMs: () => 0,
    signal: new AbortController().signal,
  });
  return out;
}

describe.each(PAGES)('%s', (path) => {
  it('links to what is there', () => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = '']) => target);
    expect(links.filter((target) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([]);
  });
});

describe('README.md', () => {
  it('uses commands and flags that the program has', async () => {
    const lines = [
      ...read('README.md').matchAll(/\bnetcost ((?:ask|who|ingest|diagnose|demo|init|check|start)\b[^`\n]*)/g),
    ];
    expect(lines.length).toBeGreaterThan(6);
    for (const [, words = ''] of lines) {
      const [verb = ''] = words.split(' ');
      const help = await helpOf(verb);
      expect(help).toContain(`Usage: netcost ${verb}`);
      for (const [flag] of words.matchAll(/--[a-z-]+/g)) expect(help, words).toContain(flag);
    }
  });

  it('runs scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read('README.md').matchAll(/\bnpm (?:run ([a-z]+)|(test))\b/g)].map(
      ([, run, test]) => run ?? test,
    );
    expect(named.filter((name = '') => scripts[name] === undefined)).toEqual([]);
    expect(named).toContain('demo');
  });
});
