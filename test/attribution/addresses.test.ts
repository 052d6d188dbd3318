import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import {
  canonicalAddress,
  formatAddress,
  formatRange,
  parseAddress,
  parsePrefix,
} from '../../src/attribution/addresses.js';

describe('parseAddress', () => {
  it.each([
    ['10.20.30.40', '10.20.30.40'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['FD00:0020::0001', 'fd00:20::1'],
    ['::', '::'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['64:ff9b::198.51.100.7', '198.51.100.7'],
    ['64:ff9b::c633:6407', '198.51.100.7'],
    ['64:ff9b:1::c633:6407', '64:ff9b:1::c633:6407'],
  ])('reads %s as %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    '10.1.2',
    '10.1.2.3.4',
    '10.1.2.256',
    '010.1.2.3',
    '10.1.2.03',
    '10.1.2.',
    '.1.2.3',
    '10..2.3',
    '1e1.2.3.4',
    ' 10.1.2.3',
    '10.1.2.3/32',
    '0x0a.1.2.3',
    '10.1.2.3:80',
    'fe80::1%eth0',
    '::ffff:010.1.2.3',
    ':::',
    '1::2::3',
    '12345::',
    'g::1',
    '[::1]',
    '1:2:3:4:5:6:7',
    '-',
    '__proto__',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('reads back every address that it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (value) => {
        expect(parseAddress(formatAddress({ family: 4, value }))).toEqual({ family: 4, value });
      }),
    );
    fc.assert(
      fc.property(fc.bigInt(1n << 64n, 2n ** 128n - 1n), (value) => {
        const text = formatAddress({ family: 6, value });
        expect(text).toMatch(/^[0-9a-f:]+$/);
        expect(formatAddress(parseAddress(text)!)).toBe(text);
      }),
    );
  });

  it('agrees with Node on what is IPv6, and with ipaddr.js on what it means', () => {
    const group = fc.constantFrom('', '0', '1', 'ffff', 'FFFF', '00001', 'g', '10.1.2.3', '0db8', '64', 'ff9b');
    fc.assert(
      fc.property(fc.array(group, { minLength: 2, maxLength: 10 }), (groups) => {
        const text = groups.join(':');
        const parsed = parseAddress(text);
        expect(parsed !== undefined, text).toBe(isIPv6(text));
        // ipaddr.js reads ::10.1.2.3 as ::ffff:10.1.2.3.
        if (parsed?.family === 6 && !text.includes('.'))
          expect(formatAddress(parsed)).toBe(ipaddr.IPv6.parse(text).toRFC5952String());
      }),
      { numRuns: 5000 },
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:/%xg-'), maxLength: 50 }), (text) => {
        parseAddress(text);
        parsePrefix(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parsePrefix', () => {
  it.each([
    ['10.20.0.0/20', '10.20.0.0/20'],
    ['10.20.5.241/28', '10.20.5.240/28'],
    ['10.20.5.1', '10.20.5.1'],
    ['10.20.5.1/32', '10.20.5.1'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.255/1', '128.0.0.0/1'],
    ['fd00:20::/56', 'fd00:20::/56'],
    ['fd00:20::ffff/56', 'fd00:20::/56'],
    ['::/0', '::/0'],
    ['::ffff:10.20.0.0/112', '10.20.0.0/16'],
    ['64:ff9b::/96', '64:ff9b::/96'],
  ])('reads %s as %s', (text, canonical) => {
    expect(formatRange(parsePrefix(text)!)).toBe(canonical);
  });

  it.each([
    '10.20.0.0/33',
    '10.20.0.0/-1',
    '10.20.0.0/08',
    '10.20.0.0/',
    '/8',
    'fd00::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/1e1',
    'x/8',
  ])('refuses %j', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });

  it('writes what is no prefix as first-last', () => {
    expect(formatRange({ family: 4, first: 1, last: 2 })).toBe('0.0.0.1-0.0.0.2');
    expect(formatRange({ family: 6, first: 1n, last: 2n })).toBe('::1-::2');
  });
});
