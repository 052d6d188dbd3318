import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Digest, makeDigest } from '../../src/answers/digest.js';
import { readKnownHours } from '../../src/answers/month-so-far.js';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import { DAY_MS } from '../../src/units.js';
import { natLegs, openBucket, type Row, type SmallBucket, textOf, V5 } from '../fixtures/small-bucket.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const OWNERS = `owners:
  - { team: payments, prefixes: [10.20.1.0/24] }
  - { team: search, prefixes: [10.20.2.0/24] }
remotes:
  - { name: Datadog, category: log-intake, prefixes: [203.0.113.0/25] }
`;
const MB = 1_000_000;
let bucket: SmallBucket;
let engine: Engine;
const asked: string[] = [];

beforeAll(async () => {
  bucket = await openBucket({ owners: OWNERS });
  const rows: Row[] = [];
  const legs = (startMs: number, client: string, remote: string, up: number) => {
    const start = startMs / 1000;
    rows.push(...natLegs({ client, remote, up, more: { start, end: start + 59 } }));
  };
  for (let dayMs = Date.parse('2026-10-20'); dayMs < Date.parse('2026-11-21'); dayMs += DAY_MS)
    for (let hour = 0; hour < 24; hour += 1) {
      const day = new Date(dayMs).toISOString().slice(0, 10);
      // On the 18th seven hours have no logs at all.
      if (day === '2026-11-18' && hour >= 10 && hour < 17) continue;
      const at = dayMs + hour * 3_600_000 + 1_800_000;
      legs(at, '10.20.1.10', '203.0.113.5', 40 * MB);
      legs(at, '10.20.2.10', '203.0.113.6', 30 * MB);
      if (day === '2026-11-20') legs(at, '10.20.1.77', '198.18.0.99', 60 * MB);
    }
  await bucket.put({ 'rows.log': textOf(V5, rows) });
  await bucket.ingest();
  engine = await openEngine({ store: bucket.store, owners: `${bucket.dir}/owners.yaml` }, { elapsedMs: () => 0 });
}, 120_000);
afterAll(async () => {
  await engine?.close();
  await bucket?.remove();
});

const digestOf = (
  team: string | undefined,
  day: string,
  every: 'daily' | 'weekly' = 'daily',
  nowMs = NOW,
): Promise<Digest> =>
  makeDigest(
    {
      ask: (input) => {
        asked.push(input.text);
        return engine.ask(input);
      },
      knownHours: (atMs) => readKnownHours(engine.store, atMs),
    },
    { team, every, day, nowMs },
  );
const ask = (text: string) => engine.ask({ text, nowMs: NOW });

describe('a digest', () => {
  it('says what the same questions say, to the last digit', async () => {
    const digest = await digestOf(undefined, '2026-11-20');
    const day = await ask('since=2026-11-20..2026-11-20 by=service,provider compare=lastweek');
    const month = await ask('since=2026-11-01..2026-11-20');
    expect(digest.total).toEqual({ bytes: day.total.bytes, usd: day.total.usd });
    expect(digest.before).toEqual(day.total.previous);
    expect(digest.month.soFar).toEqual({ bytes: month.total.bytes, usd: month.total.usd });
    expect(digest.destinations.reduce((sum, { bytes }) => sum + bytes, 0n)).toBe(digest.total.bytes);
    for (const { name, bytes, usd } of digest.destinations) {
      const row = day.rows.find(({ key }) => (key.service ?? key.provider) === name);
      expect([name, bytes, usd]).toEqual([name, row?.bytes, row?.usd]);
    }
    for (const question of Object.values(digest.questions))
      expect((await ask(question)).rows.length).toBeGreaterThan(0);
  });

  it('names what moved, the pair that moved it, and who is new', async () => {
    const digest = await digestOf(undefined, '2026-11-20');
    expect(digest.movers).toHaveLength(1);
    expect(digest.movers[0]).toMatchObject({ team: 'payments', beforeBytes: 0n, bytes: BigInt(24 * 60 * MB) });
    expect(digest.newcomers).toMatchObject([{ name: '198.18.0.99', bytes: BigInt(24 * 60 * MB) }]);
    expect(digest.isQuiet).toBe(false);
  });

  it('names the pair of a destination that has a name', async () => {
    const digest = await digestOf('payments', '2026-11-18');
    // A day with a gap is compared all the same: less went, and the coverage says why.
    expect(digest.movers[0]).toMatchObject({ name: 'Datadog', pair: { client: '10.20.1.10', remote: '203.0.113.5' } });
    expect(digest.coverage).toMatchObject({ hoursAsked: 24, hoursWithData: 17, lowerBound: true });
    expect(digest.isQuiet).toBe(false);
  });

  it('of a day like others is quiet', async () => {
    const digest = await digestOf('search', '2026-11-20');
    expect(digest).toMatchObject({ isQuiet: true, movers: [], newcomers: [] });
    expect(digest.total.bytes).toBe(BigInt(24 * 30 * MB));
    expect(digest.usual?.days).toBe(27);
    expect(digest.usual?.bytes).toBe(digest.total.bytes);
  });

  it('of the first day compares with nothing and calls nothing new', async () => {
    const digest = await digestOf('payments', '2026-10-20');
    expect(digest).toMatchObject({ before: undefined, usual: undefined, movers: [], newcomers: [], isQuiet: false });
    expect(digest.month.whole).toBeUndefined();
  });

  it('does not compare with a day that has gaps', async () => {
    expect((await digestOf('payments', '2026-11-18', 'weekly')).before?.bytes).toBe(BigInt(7 * 24 * 40 * MB));
    const known = await readKnownHours(engine.store, Date.parse('2026-11-25T23:59:59Z'));
    expect(known.get(Date.parse('2026-11-18'))).toBe(17);
    expect((await digestOf('payments', '2026-11-25', 'daily', NOW + 5 * DAY_MS)).before).toBeUndefined();
  });

  it('of a month’s last day closes the month', async () => {
    const digest = await digestOf('payments', '2026-10-31');
    const month = await ask('team=payments since=2026-10-01..2026-10-31');
    expect(digest.month).toMatchObject({ isOver: true, whole: undefined, before: undefined, name: '2026-10' });
    expect(digest.month.soFar.bytes).toBe(month.total.bytes);
    expect((await digestOf('payments', '2026-11-20')).month.whole?.usd).toMatch(/^\d/);
  });

  it('of a week sums seven days and compares with the seven before', async () => {
    const digest = await digestOf('search', '2026-11-15', 'weekly');
    expect(digest.total.bytes).toBe(BigInt(7 * 24 * 30 * MB));
    expect(digest.before?.bytes).toBe(digest.total.bytes);
    expect(digest.usual?.bytes).toBe(digest.total.bytes);
    // Four weeks before the week, of which the logs tell from 20 October on; the 18th lies in the week itself.
    expect((await digestOf('search', '2026-11-20', 'weekly')).usual?.days).toBe(25);
  });

  it('quotes a team that is no plain word, and asks about that team alone', async () => {
    asked.length = 0;
    const digest = await digestOf('a "team", !with since=1h', '2026-11-20');
    expect(digest.total.bytes).toBe(0n);
    expect(asked.every((text) => text.startsWith('team="a \\"team\\", !with since=1h" '))).toBe(true);
  });
});
