import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressRange, parsePrefix } from '../../src/attribution/addresses.js';
import { buildPrefixTable, foldPrefixes, type PrefixEntry, sizeOf } from '../../src/attribution/prefixes.js';

const table = (rows: Record<string, string>) =>
  buildPrefixTable(Object.entries(rows).map(([text, value]) => ({ range: parsePrefix(text)!, value })));

describe('buildPrefixTable', () => {
  it('lets the longest prefix win, in whatever order they are listed', () => {
    const nested = table({ '10.20.5.0/24': 'c', '10.20.0.0/16': 'a', '10.20.0.0/20': 'b', '10.20.5.240/28': 'd' });
    expect(
      ['10.20.255.1', '10.20.15.255', '10.20.5.239', '10.20.5.240', '10.20.6.0', '10.21.0.0'].map(nested.lookup),
    ).toEqual(['a', 'b', 'c', 'd', 'b', undefined]);
    expect(nested.rangesV4().map((r) => r.value)).toEqual(['b', 'c', 'd', 'b', 'a']);
  });

  it('covers the whole of both families', () => {
    const all = table({ '0.0.0.0/0': 'four', '::/0': 'six', '255.255.255.255': 'last' });
    expect(['0.0.0.0', '255.255.255.254', '255.255.255.255', '::', 'ffff::1'].map(all.lookup)).toEqual([
      'four',
      'four',
      'last',
      'six',
      'six',
    ]);
    expect(all.rangesV6()).toEqual([{ from: 0n, to: 2n ** 128n - 1n, value: 'six' }]);
  });

  it('joins neighbours of one value, and keeps holes', () => {
    const halves = table({ '10.0.0.0/25': 'x', '10.0.0.128/25': 'x', '10.0.2.0/24': 'x' });
    expect(halves.rangesV4()).toHaveLength(2);
    expect(halves.lookup('10.0.1.0')).toBeUndefined();
    expect(halves.lookup('no address')).toBeUndefined();
  });

  it('keeps the entry that was listed first where none is better', () => {
    const twice = buildPrefixTable([
      { range: parsePrefix('10.0.0.0/8')!, value: 'first' },
      { range: parsePrefix('10.0.0.0/8')!, value: 'second' },
    ]);
    expect(twice.lookup('10.1.1.1')).toBe('first');
  });

  it('finds what a linear scan finds, for overlapping ranges too', () => {
    const range = fc
      .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }))
      .map(([a, b]): AddressRange => ({ family: 4, first: Math.min(a, b), last: Math.max(a, b) }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 12 }), (ranges) => {
        const entries: PrefixEntry<number>[] = ranges.map((r, value) => ({ range: r, value }));
        const built = buildPrefixTable(entries);
        const folded = foldPrefixes(entries, (covering) => covering.map((entry) => entry.value).join());
        for (let address = 0; address <= 61; address += 1) {
          const covering = entries.filter(({ range: r }) => r.first <= address && address <= r.last);
          const best = [...covering].sort((a, b) => Number(sizeOf(a.range)) - Number(sizeOf(b.range)))[0];
          expect(built.lookupV4(address)).toBe(best?.value);
          expect(folded.lookupV4(address)).toBe(covering.length ? covering.map((e) => e.value).join() : undefined);
        }
        const flat = built.rangesV4();
        flat.forEach((r, i) => {
          expect(r.from <= r.to && (i === 0 || flat[i - 1]!.to < r.from)).toBe(true);
        });
      }),
    );
  });
});
