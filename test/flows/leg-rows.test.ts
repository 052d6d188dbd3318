import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLegColumns } from '../../src/flows/legs.js';
import { createParser } from '../../src/flows/parse-lines.js';
import { lineOf, type Row, row, textOf, V5 } from '../fixtures/small-bucket.js';

const long = (words: Int32Array, i: number): bigint => (BigInt(words[i * 2 + 1]!) << 32n) | BigInt(words[i * 2]! >>> 0);

/** Rows of legs that one object gives, and their sums by what parts them. */
function read(text: string): { readonly rows: number; readonly sums: ReadonlyMap<string, bigint[]> } {
  const legs = createLegColumns(8);
  const parser = createParser(legs, new Set());
  parser.begin({ objectId: 1, flowLogId: 'fl-0a', accountId: '', region: '' });
  parser.feed(Buffer.from(text));
  expect(parser.end().malformed.size).toBe(0);
  const services = parser.batch().services;
  const sums = new Map<string, bigint[]>();
  for (let i = 0; i < legs.length; i++) {
    const key = [
      legs.minute[i],
      String(long(legs.near, i)),
      String(long(legs.far, i)),
      legs.port[i],
      legs.protocol[i],
      services.get(legs.service[i]!) ?? '-',
    ].join(' ');
    const sum = sums.get(key) ?? [0n, 0n, 0n, 0n, 0n, 0n];
    sum[0]! += long(legs.bytesUp, i);
    sum[1]! += long(legs.bytes, i) - long(legs.bytesUp, i);
    sum[2]! += long(legs.packetsUp, i);
    sum[3]! += long(legs.packets, i) - long(legs.packetsUp, i);
    sum[4]! += BigInt(legs.flowsUp[i]!);
    sum[5]! += BigInt(legs.flows[i]! - legs.flowsUp[i]!);
    sums.set(key, sum);
  }
  return { rows: legs.length, sums };
}

interface Told {
  readonly minute: number;
  readonly client: number;
  readonly remote: number;
  readonly port: number;
  readonly protocol: number;
  readonly service: string;
  readonly up: boolean;
  readonly bytes: bigint;
  readonly packets: bigint;
}
const FIRST_MINUTE = 29_920_920;

function rowOf({ minute, client, remote, port, protocol, service, up, bytes, packets }: Told): Row {
  const [inside, outside] = [`10.0.1.${client}`, `203.0.113.${remote}`];
  return row({
    srcaddr: up ? inside : '10.0.0.220',
    dstaddr: up ? '10.0.0.220' : inside,
    'pkt-srcaddr': up ? inside : outside,
    'pkt-dstaddr': up ? outside : inside,
    srcport: up ? 40_000 : port,
    dstport: up ? port : 40_000,
    protocol,
    'pkt-src-aws-service': up ? '-' : service,
    'pkt-dst-aws-service': up ? service : '-',
    'flow-direction': up ? 'ingress' : 'egress',
    start: (FIRST_MINUTE + minute) * 60 + 7,
    end: (FIRST_MINUTE + minute) * 60 + 50,
    bytes: String(bytes),
    packets: String(packets),
  });
}

function summed(told: readonly Told[]): ReadonlyMap<string, bigint[]> {
  const id = (first: bigint, last: number): string => String(first + BigInt(last));
  const sums = new Map<string, bigint[]>();
  for (const { minute, client, remote, port, protocol, service, up, bytes, packets } of told) {
    const key = [FIRST_MINUTE + minute, id(0x0a000100n, client), id(0xcb007100n, remote), port, protocol, service].join(
      ' ',
    );
    const sum = sums.get(key) ?? [0n, 0n, 0n, 0n, 0n, 0n];
    const at = up ? 0 : 1;
    sum[at]! += bytes;
    sum[at + 2]! += packets;
    sum[at + 4]! += 1n;
    sums.set(key, sum);
  }
  return sums;
}

const count = fc.oneof(
  fc.bigInt(0n, 5000n),
  fc.constantFrom(2n ** 32n - 1n, 2n ** 32n, 2n ** 45n, 2n ** 46n - 1n, 2n ** 46n, 2n ** 53n + 1n, 2n ** 60n),
);
const told = fc.record({
  minute: fc.integer({ min: 0, max: 1 }),
  client: fc.integer({ min: 1, max: 2 }),
  remote: fc.integer({ min: 1, max: 2 }),
  port: fc.constantFrom(443, 80),
  protocol: fc.constantFrom(6, 17),
  service: fc.constantFrom('-', 'S3'),
  up: fc.boolean(),
  bytes: count,
  packets: count,
});

describe('the row of a connection and a minute', () => {
  it('holds exactly what its legs add up to, and what differs in any key is apart', () => {
    fc.assert(
      fc.property(fc.array(told, { maxLength: 60 }), (all) => {
        const { rows, sums } = read(textOf(V5, all.map(rowOf)));
        expect(sums).toEqual(summed(all));
        const isSmall = all.every(({ bytes, packets }) => bytes < 2n ** 40n && packets < 2n ** 40n);
        if (isSmall) expect(rows).toBe(sums.size);
      }),
      { numRuns: 300 },
    );
  });

  it('is one for both directions and for all connections of the minute', () => {
    const one = { minute: 0, client: 1, remote: 1, port: 443, protocol: 6, service: 'S3', bytes: 10n, packets: 1n };
    const both = [true, false, true].map((up) => rowOf({ ...one, up }));
    const { rows, sums } = read(textOf(V5, both));
    expect(rows).toBe(1);
    expect([...sums.values()]).toEqual([[20n, 10n, 2n, 1n, 2n, 1n]]);
  });

  it('may be several where an object has more rows than there is room to remember, with the same sums', () => {
    const line = lineOf(V5, rowOf({ ...FIRST, up: true })).replace('10.0.1.1 10.0.0.220', 'CLIENT 10.0.0.220');
    const lines: string[] = [];
    for (let turn = 0; turn < 2; turn++)
      for (let n = 0; n < 200_000; n++)
        lines.push(line.replaceAll(/CLIENT|10\.0\.1\.1\b/g, `10.${2 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`));
    const { rows, sums } = read(`${V5}\n${lines.join('\n')}\n`);
    expect(sums.size).toBe(200_000);
    expect(rows).toBeGreaterThan(200_000);
    expect([...sums.values()].every((sum) => sum[0] === 20n && sum[4] === 2n)).toBe(true);
  });

  it('is another for another object, whose rows may be replaced', () => {
    const legs = createLegColumns(8);
    const parser = createParser(legs, new Set());
    for (const objectId of [1, 2]) {
      parser.begin({ objectId, flowLogId: 'fl-0a', accountId: '', region: '' });
      parser.feed(Buffer.from(textOf(V5, [rowOf({ ...FIRST, up: true })])));
      parser.end();
    }
    expect([...legs.object.subarray(0, legs.length)]).toEqual([1, 2]);
  });
});

const FIRST = { minute: 0, client: 1, remote: 1, port: 443, protocol: 6, service: '-', bytes: 10n, packets: 1n };
