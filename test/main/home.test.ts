import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import type { Caller } from '../../src/answers/reply.js';
import { SILENT } from '../../src/log.js';
import { bindHome } from '../../src/main/home.js';
import type { HomeFacts } from '../../src/slack/home-facts.js';
import { writeBudget } from '../../src/state/budgets.js';
import { writeJobResult } from '../../src/state/job-results.js';
import { openState, type State } from '../../src/state/open-state.js';
import { addSubscription } from '../../src/state/subscriptions.js';
import { natLegs, openBucket, type Row, type SmallBucket, textOf, V5 } from '../fixtures/small-bucket.js';

const NOW = Date.parse('2026-11-21T12:10:00Z');
const OWNERS =
  'owners:\n  - { team: Payments, prefixes: [10.20.1.0/24] }\n  - { team: search, prefixes: [10.20.2.0/24] }\n';
const ALL: Caller = { id: 'T1/U1', teams: 'all', roles: ['member'] };
const SEARCH: Caller = { id: 'T1/U2', teams: ['search'], roles: ['member'] };
let bucket: SmallBucket;
let engine: Engine;
let state: State;

beforeAll(async () => {
  bucket = await openBucket({ owners: OWNERS });
  const rows: Row[] = [];
  for (const day of ['16', '17', '18', '19', '20', '21'])
    for (let hour = 0; hour < (day === '21' ? 12 : 24); hour += 1) {
      const start = Date.parse(`2026-11-${day}T${String(hour).padStart(2, '0')}:50:00Z`) / 1000;
      const more = { start, end: start + 599 };
      rows.push(...natLegs({ client: '10.20.1.10', remote: '198.18.0.1', up: 2 ** 30, more }));
    }
  await bucket.put({ 'rows.log': textOf(V5, rows) });
  await bucket.ingest();
  engine = await openEngine({ store: bucket.store, owners: `${bucket.dir}/owners.yaml` }, { elapsedMs: () => 0 });
  state = await openState({ kind: 'sqlite', file: ':memory:' });
  const about = { ownerId: 'U1', homeId: 'T1', createdMs: NOW };
  await writeBudget(state.db, { ...about, id: 'b1', team: 'payments', usd: '10', channel: 'C1' });
  const order = { every: 'daily', weekday: 1, minute: 540, zone: 'UTC', homeId: 'T1' } as const;
  const when = { nowMs: NOW, nextMs: NOW + 1 };
  await addSubscription(state.db, { ...order, team: 'payments', channel: 'C1', owner: 'U1' }, { id: 'd1', ...when });
  await addSubscription(state.db, { ...order, team: 'search', channel: 'C2', owner: 'U2' }, { id: 'd2', ...when });
});
afterAll(async () => {
  await engine.close();
  await state.close();
  await bucket.remove();
});

async function factsOf(caller: Caller, userId: string, teams: readonly string[]): Promise<HomeFacts> {
  const home = bindHome({ engine, state, nowMs: () => NOW, log: SILENT, watches: false });
  await home.writeSettings(userId, { teams, zone: undefined });
  return home.facts({ caller, userId, settings: await home.readSettings(userId) });
}
const valueIn = <T>(part: { readonly value: T } | { readonly problem: string } | undefined): T => {
  if (part === undefined || !('value' in part)) throw new Error(JSON.stringify(part));
  return part.value;
};

it('shows the organisation and the chosen teams, with budget and forecast', async () => {
  const months = valueIn((await factsOf(ALL, 'U1', ['Payments'])).months);
  expect(months.map(({ team }) => team)).toEqual([undefined, 'Payments']);
  expect(months[1]).toMatchObject({
    soFar: { bytes: 132n * 2n ** 30n, usd: '5.94' },
    budget: { percent: 59, level: 50 },
  });
  expect(Number(months[1]?.whole?.usd)).toBeGreaterThan(5.94);
  expect(months[0]?.budget).toBeUndefined();
});

it('shows a person who sees some teams these, and no team that they may not see', async () => {
  const facts = await factsOf(SEARCH, 'U2', ['Payments']);
  expect(valueIn(facts.months).map(({ team, soFar }) => [team, soFar.bytes])).toEqual([['search', 0n]]);
  expect(valueIn(facts.subscriptions)).toEqual([
    { title: expect.stringContaining('search'), channel: 'C2', note: undefined },
  ]);
});

it('says how fresh the data is, and which job failed', async () => {
  const healthy = valueIn((await factsOf(ALL, 'U1', [])).health);
  expect(healthy.completeUntil).toMatch(/^2026-11-21T11:59/);
  expect(healthy.problems).toEqual([]);
  const run = {
    name: 'ingest-flow-logs',
    startedMs: NOW,
    tookMs: 1,
    outcome: 'failed',
    detail: 'access denied',
  } as const;
  await writeJobResult(state.db, run);
  expect(valueIn((await factsOf(ALL, 'U1', [])).health).problems).toEqual([
    'The job ingest-flow-logs failed last: access denied',
  ]);
});

it('says nothing of incidents where nobody watches', async () => {
  expect((await factsOf(ALL, 'U1', [])).incidents).toBeUndefined();
});
