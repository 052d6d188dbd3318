import { afterAll, beforeAll, expect, it } from 'vitest';
import { readKnownHours, readMonth } from '../../src/answers/month-so-far.js';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import { DAY_MS } from '../../src/units.js';
import { natLegs, openBucket, type Row, type SmallBucket, textOf, V5 } from '../fixtures/small-bucket.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const OWNERS =
  'owners:\n  - { team: payments, prefixes: [10.20.1.0/24] }\n  - { team: search, prefixes: [10.20.2.0/24] }\n';
let bucket: SmallBucket;
let engine: Engine;

beforeAll(async () => {
  bucket = await openBucket({ owners: OWNERS });
  const rows: Row[] = [];
  // Five days of payments, an hour each 1 MB; search has bytes on one of them; the 19th has no logs at all.
  for (const day of ['16', '17', '18', '20', '21'])
    for (let hour = 0; hour < (day === '21' ? 12 : 24); hour += 1) {
      const start = Date.parse(`2026-11-${day}T${String(hour).padStart(2, '0')}:30:00Z`) / 1000;
      const more = { start, end: start + 59 };
      rows.push(...natLegs({ client: '10.20.1.10', remote: '198.18.0.1', up: 1_000_000, more }));
      if (day === '17') rows.push(...natLegs({ client: '10.20.2.10', remote: '198.18.0.2', up: 5_000, more }));
    }
  await bucket.put({ 'rows.log': textOf(V5, rows) });
  await bucket.ingest();
  engine = await openEngine({ store: bucket.store, owners: `${bucket.dir}/owners.yaml` }, { elapsedMs: () => 0 });
});
afterAll(async () => {
  await engine.close();
  await bucket.remove();
});

const monthOf = async (filter: string) => {
  const knownHours = await readKnownHours(engine.store, NOW);
  return readMonth({ ask: (input) => engine.ask(input), knownHours }, filter, NOW);
};

it('knows which hours the logs tell of', async () => {
  const known = await readKnownHours(engine.store, NOW);
  const shown = Object.fromEntries([...known].map(([dayMs, hours]) => [new Date(dayMs).getUTCDate(), hours]));
  expect(shown).toEqual({ 16: 24, 17: 24, 18: 24, 20: 24, 21: 12 });
});

it('sums a team and forecasts it; a day without logs is expected to be like the others', async () => {
  const month = await monthOf('team=payments');
  expect(month.soFar.bytes).toBe(108_000_000n);
  expect(month.soFar.usd).toBe('0.004526');
  expect(month.learntDays).toBe(4);
  // From the first of the month to the 15th nothing is known either: 15 days and the 19th.
  expect(month.gapHours).toBeCloseTo(16 * 24, 0);
  expect(Number(month.whole?.bytes)).toBeCloseTo(30 * 24_000_000, -6);
});

it('takes a known day without rows of a team as a day without bytes', async () => {
  const month = await monthOf('team=search');
  expect(month.days.map(({ dayMs, bytes }) => [new Date(dayMs).getUTCDate(), bytes])).toEqual([
    [16, 0n],
    [17, 120_000n],
    [18, 0n],
    [20, 0n],
    [21, 0n],
  ]);
  expect(month.whole?.bytes).toBe(120_000n);
});

it('tells nothing of a month before the logs', async () => {
  const known = await readKnownHours(engine.store, NOW - 60 * DAY_MS);
  expect([...known]).toEqual([]);
});
