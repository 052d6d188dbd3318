import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decide, endIncident } from '../../src/state/incident-acts.js';
import { type Accepted, type ArrivedAlert, acceptAlert, BURST } from '../../src/state/incident-intake.js';
import { alertsOf, claimIncident, LEASE_MS, notesOf, releaseIncident } from '../../src/state/incident-work.js';
import { changeIncident, openIncidents, readIncident } from '../../src/state/incidents.js';
import { openState, type State } from '../../src/state/open-state.js';
import { type Cluster, hasPostgres, startPostgres } from './postgres-cluster.js';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const kinds = hasPostgres() ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const);
let folder: string;
let cluster: Cluster | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-incidents-'));
  if (kinds.length > 1) cluster = await startPostgres();
}, 60_000);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function alert(id: string, change: Partial<ArrivedAlert> = {}): ArrivedAlert {
  return {
    id,
    kind: 'cloudwatch-alarm',
    title: `alarm ${id}`,
    state: 'alarm',
    accountIds: ['111122223333'],
    regions: ['us-east-1'],
    natGatewayIds: [],
    usd: undefined,
    sentAtMs: NOW,
    ...change,
  };
}

describe.each(kinds)('incidents in %s', (kind) => {
  let state: State;
  let number = 0;
  let ids = 0;
  const take = (
    given: ArrivedAlert,
    nowMs = NOW,
    change: Partial<Parameters<typeof acceptAlert>[1]> = {},
  ): Promise<Accepted> =>
    acceptAlert(state.db, {
      alert: given,
      whole: given,
      isAboutNat: true,
      payload: '{}',
      nowMs,
      channel: 'C1',
      newId: () => {
        ids += 1;
        return `t${String(ids).padStart(6, '0')}`;
      },
      ...change,
    });

  beforeEach(async () => {
    number += 1;
    state = await openState(
      kind === 'sqlite' ? { kind, file: join(folder, `${number}.db`) } : { kind, url: cluster?.url ?? '' },
    );
    for (const table of ['incidents', 'incident_alerts', 'incident_posts', 'incident_notes'] as const)
      await state.db.deleteFrom(table).execute();
  });
  afterEach(() => state.close());

  test('an alert opens one, and the same delivery again changes nothing', async () => {
    const first = await take(alert('a'));
    expect(first.outcome).toBe('opened');
    expect(first.incident).toMatchObject({ state: 'open', alertCount: 1, diagnoseMs: NOW, title: 'alarm a' });
    const second = await take(alert('a'), NOW + 5 * MINUTE);
    expect(second.outcome).toBe('duplicate');
    expect(await readIncident(state.db, first.incident!.id)).toEqual(first.incident);
  });

  test('the same anomaly with a grown impact updates its thread', async () => {
    const anomaly = alert('anomaly-1', { kind: 'cost-anomaly', usd: '9.55' });
    const first = await take(anomaly);
    const grown = await take({ ...anomaly, usd: '21.10', sentAtMs: NOW + 8 * HOUR }, NOW + 8 * HOUR);
    expect(grown).toMatchObject({
      outcome: 'updated',
      incident: { id: first.incident!.id, usd: '21.10', alertCount: 2 },
    });
  });

  test('an older state that arrives late changes nothing', async () => {
    await take(alert('a', { sentAtMs: NOW }));
    const late = await take(alert('a', { state: 'ok', sentAtMs: NOW - MINUTE }));
    expect(late.outcome).toBe('duplicate');
  });

  test('an "ok" without an incident opens none', async () => {
    expect(await take(alert('a', { state: 'ok' }))).toEqual({ outcome: 'ignored', incident: undefined });
    expect(await openIncidents(state.db, 'all')).toEqual([]);
  });

  test('another alert of the same gateway joins, one of another gateway does not', async () => {
    const first = await take(alert('a', { natGatewayIds: ['nat-1'] }));
    const joined = await take(alert('b', { natGatewayIds: ['nat-2', 'nat-1'] }));
    expect(joined).toMatchObject({
      outcome: 'joined',
      incident: { id: first.incident!.id, gateways: ['nat-1', 'nat-2'], alertCount: 2 },
    });
    expect((await take(alert('c', { natGatewayIds: ['nat-3'] }))).outcome).toBe('opened');
  });

  test('a bill without a gateway joins the incident of its account and Region', async () => {
    await take(alert('a', { natGatewayIds: ['nat-1'] }));
    const bill = alert('anomaly', { kind: 'cost-anomaly' });
    expect((await take(bill)).outcome).toBe('joined');
    expect((await take(alert('far', { kind: 'cost-anomaly', regions: ['eu-west-1'] }))).outcome).toBe('opened');
  });

  test('what is about something else than NAT gateways joins nothing', async () => {
    await take(alert('a', { natGatewayIds: ['nat-1'] }));
    expect((await take(alert('budget'), NOW, { isAboutNat: false })).outcome).toBe('opened');
  });

  test('a thousand alerts within a minute: a few threads, and one for the rest; none is lost', async () => {
    for (let index = 0; index < 1_000; index += 1)
      await take(alert(`a${index}`, { natGatewayIds: [`nat-${index}`] }), NOW + index * 60);
    const open = await openIncidents(state.db, 'all');
    expect(open).toHaveLength(BURST.threads + 1);
    const counted = await Promise.all(open.map(async ({ id }) => (await alertsOf(state.db, id)).length));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(1_000);
    expect(open.find((one) => one.isBurst)?.gateways).toHaveLength(1_000 - BURST.threads);
  }, 60_000);

  test('alerts of one place at the same moment open one incident', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => take(alert(`a${index}`, { natGatewayIds: ['nat-1'] }))),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'opened')).toHaveLength(1);
    expect(await openIncidents(state.db, 'all')).toHaveLength(1);
  });

  test('an alarm that fires again after its incident ended opens that again; days later it is a new one', async () => {
    const first = await take(alert('a', { natGatewayIds: ['nat-1'] }));
    await endIncident(state.db, first.incident!, NOW + HOUR, 'It ended.');
    const back = await take(alert('a', { natGatewayIds: ['nat-1'], sentAtMs: NOW + 2 * HOUR }), NOW + 2 * HOUR);
    expect(back).toMatchObject({ outcome: 'updated', incident: { id: first.incident!.id, state: 'open' } });
    expect((await notesOf(state.db, first.incident!.id)).map((note) => note.says)).toEqual([
      'It ended.',
      'It is back: the alert fires again.',
    ]);
    await endIncident(state.db, first.incident!, NOW + 3 * HOUR, undefined);
    const days = NOW + 72 * HOUR;
    expect((await take(alert('a', { natGatewayIds: ['nat-1'], sentAtMs: days }), days)).outcome).toBe('opened');
  });

  test('what somebody called expected stays silent when it comes again', async () => {
    const { incident } = await take(alert('a', { natGatewayIds: ['nat-1'] }));
    await changeIncident(state.db, incident!.id, NOW, { diagnose_ms: null });
    await decide(state.db, incident!, { kind: 'expected' }, { userId: 'U1', nowMs: NOW });
    const later = NOW + 10 * HOUR;
    const again = await take(alert('a', { natGatewayIds: ['nat-1'], sentAtMs: later }), later);
    expect(again).toMatchObject({ outcome: 'updated', incident: { state: 'planned', diagnoseMs: null } });
  });

  test('two workers never hold the same one; a lease that ran out is taken over; a waking keeps it due', async () => {
    const { incident } = await take(alert('a'));
    const mine = await claimIncident(state.db, 'one', NOW);
    expect(mine?.id).toBe(incident!.id);
    expect(await claimIncident(state.db, 'two', NOW + 1)).toBeUndefined();
    const theirs = await claimIncident(state.db, 'two', NOW + LEASE_MS);
    expect(theirs?.id).toBe(incident!.id);
    // The first one wakes up late and gives back what is not its own any more.
    await releaseIncident(state.db, { id: incident!.id, worker: 'one', wake: mine!.wake, nextMs: null });
    expect(await claimIncident(state.db, 'three', NOW + LEASE_MS + 1)).toBeUndefined();
    await decide(state.db, incident!, { kind: 'fixed' }, { userId: 'U1', nowMs: NOW + LEASE_MS + 2 });
    await releaseIncident(state.db, { id: incident!.id, worker: 'two', wake: theirs!.wake, nextMs: null });
    expect((await claimIncident(state.db, 'three', NOW + LEASE_MS + 3))?.state).toBe('fixed');
  });

  test('readers see the incidents of their teams alone, and none that is for the security team', async () => {
    const a = (await take(alert('a', { natGatewayIds: ['nat-1'] }))).incident!.id;
    const b = (await take(alert('b', { natGatewayIds: ['nat-2'] }))).incident!.id;
    const c = (await take(alert('c', { natGatewayIds: ['nat-3'] }))).incident!.id;
    await changeIncident(state.db, a, NOW, { teams: '["payments"]' });
    await changeIncident(state.db, b, NOW, { teams: '["payments","search"]' });
    await changeIncident(state.db, c, NOW, { teams: '["payments"]', is_security: 1 });
    const seen = async (teams: 'all' | readonly string[], withSecurity = false) =>
      (await openIncidents(state.db, teams, { withSecurity })).map(({ id }) => id).sort();
    expect(await seen(['payments'])).toEqual([a]);
    expect(await seen(['payments', 'search'])).toEqual([a, b]);
    expect(await seen('all')).toEqual([a, b]);
    expect(await seen('all', true)).toEqual([a, b, c]);
    expect(await seen([])).toEqual([]);
  });
});
