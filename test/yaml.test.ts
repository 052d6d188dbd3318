import { describe, expect, it } from 'vitest';
import { readYaml, writeYaml } from '../src/yaml.js';

describe('readYaml', () => {
  it.each(['', '# nothing yet', '---\n'])('knows no value in %j', (text) => {
    expect(readYaml(text) ?? undefined).toBeUndefined();
  });

  it.each([
    ['a: 1\nb: [', 'unexpected end of the stream within a flow collection at line 2, column 5'],
    ['a: 1\na: 2', 'duplicated mapping key at line 2, column 1'],
    ['a: 1\n---\nb: 2', 'several documents in one file, with "---" between them'],
    ['a: !secret x', 'unknown scalar tag !<!secret> at line 1, column 4'],
  ])('says in one line what is wrong with %j', (text, message) => {
    expect(() => readYaml(text)).toThrow(new Error(message));
  });

  it('lets no key become a property of every object', () => {
    const read = readYaml('__proto__: { isAdmin: true }\nconstructor: 1') as object;
    expect(Object.keys(read)).toContain('constructor');
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    expect(readYaml('__proto__: 1', { mapAsMap: true })).toEqual(new Map([['__proto__', 1]]));
  });

  it('refuses more aliases than anybody writes', () => {
    expect(() => readYaml(`a: &a 1\nb: [${'*a,'.repeat(1001)}]`)).toThrow(/alias/);
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
