import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressId } from '../../src/flows/addresses.js';
import { FIELDS } from '../../src/flows/fields.js';
import { createLegColumns, LEG_FORMS } from '../../src/flows/legs.js';
import { createParser } from '../../src/flows/parse-lines.js';
import type { ParsedBatch, ParsedObject } from '../../src/flows/parsed-object.js';
import { lineOf, natLegs, type Row, row, textOf, V2, V5, V11 } from '../fixtures/small-bucket.js';

interface Leg {
  readonly near: string;
  readonly far: string;
  readonly up: boolean;
  readonly form: string;
  readonly bytes: bigint;
  readonly flows: number;
  readonly port: number;
}

interface Parsed extends ParsedObject {
  readonly legs: readonly Leg[];
  /** Rows of a connection's minute, each of one or both directions. */
  readonly stored: number;
  readonly batch: ParsedBatch;
}

const long = (words: Int32Array, i: number): bigint => (BigInt(words[i * 2 + 1]!) << 32n) | BigInt(words[i * 2]! >>> 0);

function parse(text: string | Uint8Array, piece = Number.POSITIVE_INFINITY): Parsed {
  const legs = createLegColumns(8);
  const parser = createParser(legs, new Set());
  parser.begin({ objectId: 1, flowLogId: 'fl-0a', accountId: '', region: '' });
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let from = 0; from < bytes.length; from += piece)
    parser.feed(bytes.slice(from, Math.min(bytes.length, from + piece)));
  const parsed = parser.end();
  return {
    ...parsed,
    batch: parser.batch(),
    stored: legs.length,
    legs: Array.from({ length: legs.length }, (_, i) => i).flatMap((i) => {
      const both = {
        near: addressText(long(legs.near, i)),
        far: addressText(long(legs.far, i)),
        form: LEG_FORMS[legs.form[i]!]!,
        port: legs.port[i]!,
      };
      return [
        ...(legs.flowsUp[i]! > 0 ? [{ ...both, up: true, flows: legs.flowsUp[i]!, bytes: long(legs.bytesUp, i) }] : []),
        ...(legs.flows[i]! > legs.flowsUp[i]!
          ? [
              {
                ...both,
                up: false,
                flows: legs.flows[i]! - legs.flowsUp[i]!,
                bytes: long(legs.bytes, i) - long(legs.bytesUp, i),
              },
            ]
          : []),
      ];
    }),
  };
}

/** IPv4 as text, anything else as it is kept. */
const addressText = (id: bigint): string =>
  id >= 0n && id < 2n ** 32n ? [24n, 16n, 8n, 0n].map((shift) => (id >> shift) & 255n).join('.') : String(id);

const presenceOf = ({ presence }: Parsed) =>
  presence.reduce(
    (sum, p) => ({
      ok: sum.ok + p.ok,
      noData: sum.noData + p.noData,
      skipData: sum.skipData + p.skipData,
      rejected: sum.rejected + p.rejected,
    }),
    { ok: 0, noData: 0, skipData: 0, rejected: 0 },
  );
const refused = ({ malformed }: Parsed): Record<string, number> =>
  Object.fromEntries([...malformed].map(([reason, { count }]) => [reason, count]));

const inside = natLegs({ client: '10.0.1.5', remote: '203.0.113.5', up: 5001, down: 77, own: '10.0.0.220' });

describe('rows of the field', () => {
  it.each<[string, string, Row | readonly Row[], readonly Partial<Leg>[]]>([
    [
      'the inside leg up',
      V5,
      inside[0]!,
      [{ near: '10.0.1.5', far: '203.0.113.5', up: true, form: 'rewritten', bytes: 5001n, port: 443 }],
    ],
    ['the outside leg up', V5, inside[1]!, []],
    ['the outside leg down', V5, inside[2]!, []],
    [
      'the inside leg down',
      V5,
      inside[3]!,
      [{ near: '10.0.1.5', far: '203.0.113.5', up: false, form: 'rewritten', bytes: 77n, port: 443 }],
    ],
    [
      'a version 2 row between private addresses, in both readings',
      V2,
      inside[0]!,
      [
        { near: '10.0.1.5', far: '10.0.0.220', up: true, form: 'raw' },
        { near: '10.0.0.220', far: '10.0.1.5', up: false, form: 'raw' },
      ],
    ],
    [
      'NAT64 up',
      V5,
      row({
        srcaddr: '2600:1f18::1',
        dstaddr: '64:ff9b::cb00:7105',
        'pkt-srcaddr': '2600:1f18::1',
        'pkt-dstaddr': '64:ff9b::cb00:7105',
        bytes: 9,
        type: 'IPv6',
      }),
      [{ near: String(addressId('2600:1f18:0::1')), far: '203.0.113.5', up: true, form: 'nat64' }],
    ],
    [
      'a workload whose next hop is a NAT gateway',
      V11,
      row({
        'instance-id': 'i-0a',
        srcaddr: '10.0.1.5',
        dstaddr: '203.0.113.5',
        'pkt-srcaddr': '10.0.1.5',
        'pkt-dstaddr': '203.0.113.5',
        bytes: 8,
        'flow-direction': 'egress',
        'interface-type': 'interface',
        'next-hop-interface-type': 'nat_gateway',
        'next-hop-interface-id': 'eni-0nat',
      }),
      [{ near: '10.0.1.5', far: '203.0.113.5', up: true, form: 'next-hop', bytes: 8n }],
    ],
    ['an instance with a pod behind it', V5, { ...inside[0]!, 'instance-id': 'i-0a' }, []],
    ['a refused row', V5, { ...inside[0]!, action: 'REJECT' }, []],
    ['a row with a status and no data', V5, { ...inside[0]!, 'log-status': 'NODATA' }, []],
  ])('%s', (_name, fields, rows, expected) => {
    const { legs } = parse(textOf(fields, [rows].flat()));
    expect(legs).toHaveLength(expected.length);
    expect(legs).toMatchObject(expected);
  });

  it('are counted by kind, with bytes of refused and skipped rows left out', () => {
    const nothing = '2 123456789010 eni-0nat - - - - - - - 1795255200 1795255259 - NODATA';
    const parsed = parse(
      `${textOf(V2, [])}${nothing}\n${nothing.replace('NODATA', 'SKIPDATA')}\n${lineOf(V2, { ...inside[0]!, action: 'REJECT' })}\n${lineOf(V2, inside[1]!)}\n`,
    );
    expect(presenceOf(parsed)).toEqual({ ok: 1, noData: 1, skipData: 1, rejected: 1 });
    expect(parsed.rows).toBe(4);
    expect(parsed.legs).toEqual([]);
  });

  it('tell tags decoded, the hyphen too, and the ECS service', () => {
    const fields = `${V11} ecs-service-name`;
    const tagged = row({
      srcaddr: '10.0.1.5',
      dstaddr: '10.0.2.6',
      'instance-tag': 'my%2Dapp%20%C3%A9',
      'ecs-service-name': 'checkout',
      'instance-id': 'i-0a',
      bytes: 1,
      'flow-direction': 'egress',
    });
    const [context] = [...parse(textOf(fields, [tagged])).batch.contexts.values()];
    expect(context).toMatchObject({ tags: ['my-app é'], ecsService: 'checkout', instanceId: 'i-0a' });
  });

  it('tell the account and the VPC of both ends from a transit gateway', () => {
    const fields =
      'version resource-type account-id tgw-id tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id tgw-src-az-id tgw-dst-az-id srcaddr dstaddr bytes start end log-status';
    const { batch, legs } = parse(
      textOf(fields, [
        row({
          'tgw-id': 'tgw-0a',
          'tgw-src-vpc-account-id': '000000000012',
          'tgw-src-vpc-id': 'vpc-0s',
          'tgw-src-az-id': 'use1-az3',
          srcaddr: '10.9.0.1',
          dstaddr: '203.0.113.5',
          bytes: 4,
        }),
      ]),
    );
    expect(legs).toEqual([]);
    expect(batch.facts).toMatchObject([
      { address: '10.9.0.1', accountId: '000000000012', vpcId: 'vpc-0s', azId: 'use1-az3' },
    ]);
  });

  it.each([
    ['columns', 'bogus line'],
    ['columns', `${lineOf(V5, inside[0]!)} more`],
    ['time', lineOf(V5, { ...inside[0]!, start: 'never' })],
    ['time', lineOf(V5, { ...inside[0]!, start: 12 })],
    ['status', lineOf(V5, { ...inside[0]!, 'log-status': 'WHAT' })],
    ['number', lineOf(V5, { ...inside[0]!, bytes: -5 })],
    ['number', lineOf(V5, { ...inside[0]!, bytes: '1e9' })],
    ['address', lineOf(V5, { ...inside[0]!, 'pkt-dstaddr': '203.0.113.256' })],
  ])('that do not fit are refused as %s and change nothing else: %s', (reason, line) => {
    const parsed = parse(`${textOf(V5, inside)}${line}\n${lineOf(V5, inside[0]!)}\n`);
    expect(refused(parsed)).toEqual({ [reason]: 1 });
    expect(parsed.legs).toMatchObject([
      { up: true, flows: 2, bytes: 10_002n },
      { up: false, flows: 1, bytes: 77n },
    ]);
  });

  it('without a header are refused', () => {
    expect(refused(parse(`${lineOf(V5, inside[0]!)}\n`))).toEqual({ 'no-header': 1 });
  });

  it('follow a header that changes in the middle', () => {
    const other = V5.split(' ').reverse().join(' ');
    const parsed = parse(
      `${textOf(V5, inside)}${textOf(other, inside)}${textOf(`${V5} new-thing`, inside)}${textOf(V5, inside)}`,
    );
    expect(parsed.legs).toMatchObject([
      { up: true, flows: 4, bytes: 4n * 5001n },
      { up: false, flows: 4, bytes: 4n * 77n },
    ]);
    expect(parsed.malformed.size).toBe(0);
  });
});

describe('any bytes', () => {
  const good = textOf(V5, inside);
  const sumOf = ({ legs }: Parsed): bigint => legs.reduce((sum, leg) => sum + leg.bytes, 0n);
  const bounded = { numRuns: 1500, interruptAfterTimeLimit: 4_000, markInterruptAsFailure: false } as const;

  it('are read without a throw, and in pieces as in one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 1, max: 50 }), (noise, piece) => {
        const bytes = Buffer.concat([Buffer.from(good), noise, Buffer.from(`\n${good}`)]);
        const whole = parse(bytes);
        const cut = parse(bytes, piece);
        expect([cut.rows, sumOf(cut), refused(cut)]).toEqual([whole.rows, sumOf(whole), refused(whole)]);
        expect(sumOf(whole)).toBeGreaterThanOrEqual(2n * 5078n);
      }),
      bounded,
    );
  });

  it('a line that is refused changes no total', () => {
    const words = fc.oneof(
      fc.constantFrom(
        '-',
        '__proto__',
        'constructor',
        'toString',
        'NaN',
        '-1',
        '0x10',
        '1e3',
        '9'.repeat(40),
        'None',
        'NULL',
        '٣',
        'OK',
        '64:ff9b::',
        '::',
        '1.2.3',
        '999.1.1.1',
      ),
      fc.string({ maxLength: 12 }),
    );
    const values = lineOf(V5, inside[0]!).split(' ');
    fc.assert(
      fc.property(fc.nat(values.length - 1), words, fc.boolean(), (index, word, removes) => {
        const line = removes
          ? values.filter((_, i) => i !== index)
          : values.map((value, i) => (i === index ? word : value));
        const parsed = parse(`${good}${line.join(' ')}\n${good}`);
        const counted = sumOf(parsed) - 2n * 5078n;
        const lines = [...parsed.malformed.values()].reduce((sum, { count }) => sum + count, 0);
        if (lines > 0 && !/[\n]/.test(word)) expect(counted).toBe(0n);
        expect(Object.prototype).not.toHaveProperty('count');
      }),
      bounded,
    );
  });

  it('headers of any words are no trick', () => {
    const names = fc.constantFrom(
      ...FIELDS.map(({ name }) => name),
      '__proto__',
      'constructor',
      'hasOwnProperty',
      'bytes',
      '$bytes',
      'pkt_srcaddr',
      '',
    );
    fc.assert(
      fc.property(
        fc.array(names, { maxLength: 60 }),
        fc.array(fc.string({ maxLength: 15 }), { maxLength: 60 }),
        (header, values) => {
          const parsed = parse(`${header.join(' ')}\n${values.join(' ')}\n${good}`);
          expect(sumOf(parsed)).toBeGreaterThanOrEqual(5078n);
          expect(({} as Record<string, unknown>).bytes).toBeUndefined();
        },
      ),
      bounded,
    );
  });
});
