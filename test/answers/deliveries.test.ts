import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bytesBy,
  keyOf,
  lineOf,
  natLegs,
  openBucket,
  row,
  type SmallBucket,
  textOf,
  V2,
  V5,
} from '../fixtures/small-bucket.js';

let bucket: SmallBucket;
beforeEach(async () => {
  bucket = await openBucket();
});
afterEach(() => bucket.remove());

const legs = natLegs({ client: '10.20.1.10', remote: '198.18.0.1', up: 600, down: 400 });
const CUSTOM = 'interface-id pkt-dstaddr pkt-srcaddr dstaddr srcaddr bytes packets start end action log-status dstport';
const format = CUSTOM.split(' ')
  .map((name) => `\${${name}}`)
  .join(' ');
const envelope = (messages: readonly string[], type = 'DATA_MESSAGE'): string =>
  JSON.stringify({
    messageType: type,
    owner: '111122223333',
    logGroup: '/vpc',
    logStream: 'eni-0nat-all',
    logEvents: messages.map((message, id) => ({ id: String(id), timestamp: 1795255200000, message })),
  });

describe('CloudWatch Logs', () => {
  const lines = legs.map((one) => lineOf(V2, one));
  const custom = legs.map((one) => lineOf(CUSTOM, one));
  it.each<[string, string | Buffer, string | undefined]>([
    [
      'an export with times before the lines',
      lines.map((line) => `2026-11-21T10:00:59.000Z ${line}\n`).join(''),
      undefined,
    ],
    ['an export in a configured format', custom.map((line) => `2026-11-21T10:00:59.000Z ${line}\n`).join(''), format],
    ['bare lines in the default format', `${lines.join('\n')}\n`, undefined],
    ['bare lines in a configured format', custom.join('\n'), format],
    ['one envelope', envelope(lines), undefined],
    [
      'several envelopes without a border',
      envelope(lines.slice(0, 2)) + envelope([], 'CONTROL_MESSAGE') + envelope(lines.slice(2)),
      undefined,
    ],
    ['envelopes a line each', `${envelope(custom.slice(0, 1))}\n${envelope(custom.slice(1))}\n`, format],
    [
      'gzip members of envelopes',
      Buffer.concat([gzipSync(envelope(lines.slice(0, 3))), gzipSync(envelope(lines.slice(3)))]),
      undefined,
    ],
  ])('%s', async (_name, content, logFormat) => {
    await bucket.put({
      'export-1/eni-0nat-all/000000.gz': content,
      'export-1/aws-logs-write-test': 'Permission Check Successful',
    });
    const { total, coverage } = await bucket.askOnce('', logFormat === undefined ? {} : { logFormat });
    expect({ bytes: total.bytes, malformed: coverage.malformedLines }).toEqual({ bytes: 1000n, malformed: 0 });
  });
});

describe('windows', () => {
  it('count skipped, empty and refused rows that begin in them', async () => {
    const status = (time: string, value: string) =>
      row({
        srcaddr: '-',
        dstaddr: '-',
        bytes: '-',
        packets: '-',
        action: '-',
        'log-status': value,
        start: Date.parse(`2026-11-21T${time}:00Z`) / 1000,
      });
    await bucket.put({
      [keyOf()]: textOf(V5, [
        ...legs,
        status('09:59', 'SKIPDATA'),
        status('10:00', 'SKIPDATA'),
        status('10:05', 'NODATA'),
        status('10:10', 'NODATA'),
        { ...legs[0]!, action: 'REJECT' },
      ]),
    });
    const found = [];
    for (const since of [
      '2026-11-21T10:00..2026-11-21T10:10',
      '2026-11-21T10:01..2026-11-21T10:11',
      '2026-11-21T09:00..2026-11-21T10:00',
    ]) {
      const { total, coverage } = await bucket.askOnce(`since=${since}`);
      found.push([
        total.bytes,
        coverage.skipDataRows,
        coverage.noDataRows,
        coverage.rejectedFlows,
        coverage.lowerBound,
      ]);
    }
    expect(found).toEqual([
      [1000n, 1, 1, 1, true],
      [0n, 0, 2, 0, false],
      [0n, 1, 0, 0, true],
    ]);
  });
});

describe('a version 2 log', () => {
  it('tells the clients, says that the remotes are not known, and which format would', async () => {
    await bucket.put({ [keyOf()]: textOf(V2, legs) });
    const answer = await bucket.askOnce('by=client,remote');
    expect(bytesBy(answer)).toEqual({ '10.20.1.10 null': 1000n });
    expect(answer.caveats.join(' ')).toMatch(/no pkt-srcaddr.*\$\{pkt-srcaddr\}/);
  });
});
