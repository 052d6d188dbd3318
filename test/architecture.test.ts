import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** src/README.md, "Import rule": a part may use the rows above its own, and itself. */
const ROWS: readonly (readonly string[])[] = [
  ['units', 'errors', 'log', 'yaml'],
  ['flows', 'state'],
  ['attribution', 'pricing'],
  ['rollups'],
  ['query'],
  ['anomalies'],
  ['answers', 'usage'],
  ['triage'],
  ['slack', 'dashboard', 'aws'],
  ['commands', 'jobs'],
  ['schedule', 'config', 'metrics', 'workspace', 'demo', 'terminal', 'cli', 'main'],
];
/** These two wire everything; they alone import commands, jobs and the other parts of the last row. */
const WIRING = ['cli', 'main'];
const DATABASE_DRIVERS = ['@duckdb/node-api', 'kysely', 'libsql', 'better-sqlite3', 'pg', 'node:sqlite'];

interface Source {
  /** From the project's root, with `/`. */
  readonly path: string;
  /** The row's name: `flows` for src/flows/…, `units` for src/units.ts, `commands` for commands/…. */
  readonly part: string;
  readonly code: string;
  /** What it imports, types included; files of the project as paths from the root. */
  readonly imports: readonly string[];
}

const sources: readonly Source[] = ['src', 'commands', 'jobs'].flatMap(filesBelow).map((path) => {
  const code = withoutComments(readFileSync(join(ROOT, path), 'utf8'));
  return { path, part: partOf(path), code, imports: importsOf(path, code) };
});
const modules = sources.filter(({ path }) => path.endsWith('.ts'));

describe('the import rule', () => {
  it('knows every part', () => {
    const known = new Set(ROWS.flat());
    expect(modules.filter(({ part }) => !known.has(part)).map(({ path }) => path)).toEqual([]);
  });

  it('is told by src/README.md as it is held here', () => {
    const page = readFileSync(join(ROOT, 'src/README.md'), 'utf8');
    const told = [...page.matchAll(/^\| \d+ \| ((?:`[a-z]+` ?)+)/gm)].map(([, parts = '']) => parts.match(/[a-z]+/g));
    expect(told).toEqual(ROWS);
  });

  it('lets a part use the rows above it and itself', () => {
    const broken = modules.flatMap((source) =>
      source.imports
        .filter((target) => isOurs(target) && !mayUse(source.part, partOf(target)))
        .map((target) => `${source.path} uses ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('resolves every relative import to a file', () => {
    const paths = new Set(modules.map(({ path }) => path));
    const missing = modules.flatMap((source) =>
      source.imports
        .filter((target) => isOurs(target) && !paths.has(target))
        .map((target) => `${source.path}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('keeps Slack, AWS and databases in their places', () => {
    const only = (isMeant: (target: string) => boolean, parts: readonly string[]) =>
      modules.flatMap(({ path, part, imports }) =>
        parts.includes(part) ? [] : imports.filter(isMeant).map((target) => `${path} uses ${target}`),
      );
    expect(only((target) => target.startsWith('@slack/'), ['slack', 'workspace', 'main'])).toEqual([]);
    expect(only((target) => target.startsWith('@aws-sdk/'), ['aws'])).toEqual([]);
    expect(only((target) => DATABASE_DRIVERS.includes(target), ['rollups', 'state'])).toEqual([]);
  });

  it('is broken by what should break it', () => {
    expect(mayUse('flows', 'attribution')).toBe(false);
    expect(mayUse('flows', 'state')).toBe(false);
    expect(mayUse('slack', 'aws')).toBe(false);
    expect(mayUse('commands', 'aws')).toBe(false);
    expect(mayUse('demo', 'commands')).toBe(false);
    expect(mayUse('workspace', 'demo')).toBe(false);
    expect([mayUse('query', 'flows'), mayUse('cli', 'terminal'), mayUse('main', 'commands')]).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      importsOf('src/a/b.ts', `import type { X } from '../c/d.js';\nexport * from "./e.js";\nawait import('../f.js')`),
    ).toEqual(['src/c/d.ts', 'src/a/e.ts', 'src/f.ts']);
    expect(importsOf('src/a/b.ts', "import 'node:fs';\nimport {\n  A,\n} from '@slack/bolt';")).toEqual([
      'node:fs',
      '@slack/bolt',
    ]);
  });
});

describe('the habits', () => {
  const using = (pattern: RegExp, parts: readonly string[]) =>
    modules.filter(({ part, code }) => !parts.includes(part) && pattern.test(code)).map(({ path }) => path);

  it('reads the environment in config alone', () => {
    expect(
      using(/\bprocess\s*\.\s*env\b|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b|from 'node:process'/, ['config']),
    ).toEqual([]);
  });

  it('reads the clock in main and cli alone', () => {
    expect(using(/\bDate\s*\.\s*now\b|\bnew Date\(\s*\)|[^.\w]Date\(\s*\)/, WIRING)).toEqual([]);
  });

  it('has one class, the error', () => {
    expect(using(/^\s*(?:export\s+)?(?:abstract\s+)?class\s/m, ['errors'])).toEqual([]);
  });

  it('has no barrels, and names that say what a file holds', () => {
    expect(sources.filter(({ path }) => /(?:^|\/)index\.[cm]?[jt]s$/.test(path)).map(({ path }) => path)).toEqual([]);
    const words = /^(?:utils?|helpers?|managers?|services?|commons?|bases?)$/;
    expect(
      sources.filter(({ path }) => path.split(/[/.-]/).some((word) => words.test(word))).map(({ path }) => path),
    ).toEqual([]);
    expect(
      modules
        .map(({ path }) => path)
        .filter((path) => !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)+[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(path)),
    ).toEqual([]);
  });

  it('leaves no way around the compiler', () => {
    expect(using(/\bas any\b|@ts-(?:ignore|nocheck|expect-error)/, [])).toEqual([]);
  });
});

function mayUse(part: string, target: string): boolean {
  if (part === target) return true;
  if (part === 'commands' || part === 'jobs') return target !== 'aws' && rowOf(target) < rowOf(part);
  if (['commands', 'jobs'].includes(target) || rowOf(target) === ROWS.length - 1) return WIRING.includes(part);
  return rowOf(target) < rowOf(part);
}

function rowOf(part: string): number {
  return ROWS.findIndex((row) => row.includes(part));
}

function isOurs(target: string): boolean {
  return /^(?:src|commands|jobs)\//.test(target);
}

function partOf(path: string): string {
  const [top = '', next = ''] = path.split('/');
  return top === 'src' ? next.replace(/\.ts$/, '') : top;
}

function importsOf(path: string, code: string): string[] {
  const found = code.matchAll(/\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g);
  return [...found].map(([, , target = '']) =>
    target.startsWith('.') ? posix.join(posix.dirname(path), target).replace(/\.js$/, '.ts') : target,
  );
}

function withoutComments(code: string): string {
  return code.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function filesBelow(folder: string): string[] {
  // git keeps no empty folder, so a part that has no code yet may not be there.
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'));
}
