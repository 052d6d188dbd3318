import { describe, expect, it } from 'vitest';
import { readYaml, writeYaml } from '../src/yaml.js';

describe('readYaml', () => {
  it.each(['', '# nothing yet', '---\n'])('knows no value in %j', (text) => {
    expect(readYaml(text) ?? undefined).toBeUndefined();
  });

  it.each([
    ['a: 1\nb: [', 'unexpected end of the stream within a flow collection at line 3, column 1'],
    ['a: 1\na: 2', 'duplicated mapping key at line 2, column 1'],
    ['a: 1\n---\nb: 2', 'expected a single document in the stream, but found more'],
    ['a: !secret x', 'unknown tag !<!secret> at line 1, column 13'],
    ['a: !<x\ny\nz> q', 'tag name cannot contain such characters: x y z at line 1, column 12'],
    [`a: *${'t'.repeat(300)}`, `unidentified alias "${'t'.repeat(80)} at line 1, column 305`],
    [`a: ${'['.repeat(20_000)}`, 'nesting exceeded maxDepth (100) at line 1, column 103'],
  ])('says in one line what is wrong with %j', (text, message) => {
    expect(() => readYaml(text)).toThrow(new Error(message));
  });

  it('takes a closing bracket in the column of its key, as people write it', () => {
    const text = 'owners: [\n  { team: a, prefixes: [\n    10.0.0.0/8,\n  ] },\n]\nlabels: {\n  x: 1\n}\n';
    expect(readYaml(text)).toEqual({ owners: [{ team: 'a', prefixes: ['10.0.0.0/8'] }], labels: { x: 1 } });
  });

  it('lets no key become a property of every object', () => {
    const read = readYaml('__proto__: { isAdmin: true }\nconstructor: 1') as object;
    expect(Object.keys(read)).toContain('constructor');
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(readYaml('__proto__: 1', { mapAsMap: true })).toEqual(new Map([['__proto__', 1]]));
  });

  it('makes of aliases of aliases no more than was written', () => {
    const levels = Array.from({ length: 20 }, (_, i) => `b${i + 1}: &b${i + 1} [${`*b${i},`.repeat(10)}]`);
    const read = readYaml(`b0: &b0 [x]\n${levels.join('\n')}`, { mapAsMap: true });
    expect((read as Map<string, unknown[]>).get('b20')).toHaveLength(10);
    const cycle = readYaml('a: &a [*a]', { mapAsMap: true }) as Map<string, unknown[]>;
    expect(cycle.get('a')?.[0]).toBe(cycle.get('a'));
  });
});

describe('writeYaml', () => {
  it('writes what is read back as it was, whatever a word looks like', () => {
    const prefixes = ['10.0.0.0/8'];
    const value = {
      accounts: ['000000000007', '123456789012'],
      words: ['yes', 'null', '~', '1e3', '0x1F', '2026-01-01', '12:30:45', 'a: b', '# c', '- d', '*e', '', ' f '],
      lines: 'one\ntwo\n',
      first: { prefixes },
      second: { prefixes },
    };
    expect(readYaml(writeYaml(value))).toEqual(value);
    expect(writeYaml(value)).not.toContain('&');
  });
});
