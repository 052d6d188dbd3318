import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, natLegs, openBucket, type SmallBucket, textOf, V5 } from '../fixtures/small-bucket.js';

let bucket: SmallBucket;
beforeAll(async () => {
  bucket = await openBucket();
  const of = (client: string, minutesBefore10: number, up: number) =>
    natLegs({
      client,
      remote: '198.18.0.1',
      up,
      more: { start: at('10:00') - minutesBefore10 * 60, 'interface-id': 'eni-0nat' },
    });
  const rows = [
    ...of('10.20.1.10', 0, 1000),
    ...of('10.20.1.11', 30, 200),
    ...of('10.20.1.10', 1440, 40),
    ...of('10.20.1.12', 1440 + 30, 8),
    ...of('10.20.1.10', 7 * 1440, 3),
  ];
  // What makes the interface a gateway without an inventory: its remotes stand on both sides.
  await bucket.put({ 'rows.log': textOf(V5, rows) });
  await bucket.ingest();
});
afterAll(() => bucket.remove());

const rowsOf = async (text: string): Promise<Record<string, [bigint, bigint | undefined]>> => {
  const { rows, total } = await bucket.ask(text);
  return {
    ...Object.fromEntries(
      rows.map((one): [string, [bigint, bigint | undefined]] => [
        Object.values(one.key).join(' '),
        [one.bytes, one.previous?.bytes],
      ]),
    ),
    total: [total.bytes, total.previous?.bytes],
  };
};

describe('an earlier window', () => {
  it.each([
    [
      'since=2026-11-21T09:00..2026-11-21T11:00 compare=lastweek by=hour',
      { '2026-11-21T09:00:00Z': [200n, 0n], '2026-11-21T10:00:00Z': [1000n, 3n], total: [1200n, 3n] },
    ],
    [
      'since=24h compare=previous by=hour',
      { '2026-11-21T09:00:00Z': [200n, 8n], '2026-11-21T10:00:00Z': [1000n, 40n], total: [1200n, 48n] },
    ],
    ['since=2026-11-21..2026-11-21 compare=previous by=day', { '2026-11-21': [1200n, 48n], total: [1200n, 48n] }],
    [
      'since=2026-11-20T22:00..2026-11-21T10:00 compare=previous by=day',
      { '2026-11-21': [200n, 0n], '2026-11-20': [0n, 40n], total: [200n, 40n] },
    ],
    [
      'since=2026-11-21T09:15..2026-11-21T10:15 compare=previous by=hour,client',
      {
        '2026-11-21T10:00:00Z 10.20.1.10': [1000n, 0n],
        '2026-11-21T09:00:00Z 10.20.1.11': [200n, 0n],
        total: [1200n, 0n],
      },
    ],
    [
      'since=2026-11-21T09:45..2026-11-21T10:15 compare=previous by=hour',
      { '2026-11-21T10:00:00Z': [1000n, 200n], total: [1000n, 200n] },
    ],
  ])('stands beside the hour or day that it is compared with: %s', async (text, expected) => {
    const found = await rowsOf(text);
    for (const [key, value] of Object.entries(expected)) expect(found[key] ?? [0n, 0n], key).toEqual(value);
    expect(Object.keys(found).filter((key) => !(key in expected))).toEqual([]);
  });
});
