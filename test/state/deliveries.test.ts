import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  beginSending,
  claimDelivery,
  endDelivery,
  pruneDeliveries,
  readDelivery,
  releaseDelivery,
} from '../../src/state/deliveries.js';
import { openState, type State } from '../../src/state/open-state.js';
import { addSubscription, listSubscriptions, settleSubscription } from '../../src/state/subscriptions.js';
import { type Cluster, hasPostgres, startPostgres } from './postgres-cluster.js';

const kinds = hasPostgres() ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const);
let folder: string;
let cluster: Cluster | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-deliveries-'));
  if (kinds.length > 1) cluster = await startPostgres();
}, 60_000);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(kinds)('deliveries in %s', (kind) => {
  let state: State;
  beforeAll(async () => {
    state = await openState(
      kind === 'sqlite' ? { kind, file: join(folder, 'state.db') } : { kind, url: cluster?.url ?? '' },
    );
  }, 60_000);
  afterAll(() => state.close());
  const holder = (key: string, by: string, nowMs: number) => ({ key, by, nowMs });
  const place = { channel: 'C1', threadTs: undefined };

  test('many who claim the same at once: one has it', async () => {
    const claims = await Promise.all(
      Array.from({ length: 25 }, (_, n) => claimDelivery(state.db, holder('a', `p${n}`, 1_000), 500)),
    );
    expect(claims.filter(({ kind: each }) => each === 'mine')).toHaveLength(1);
    expect(claims.filter(({ kind: each }) => each === 'held')).toHaveLength(24);
  });

  test('many who take over what a dead one left: one has it, and knows whether it may have been sent', async () => {
    await claimDelivery(state.db, holder('b', 'dead', 1_000), 500);
    const early = await claimDelivery(state.db, holder('b', 'early', 1_499), 500);
    expect(early.kind).toBe('held');
    await beginSending(state.db, holder('b', 'dead', 1_400), place, 500);
    const claims = await Promise.all(
      Array.from({ length: 25 }, (_, n) => claimDelivery(state.db, holder('b', `p${n}`, 1_900), 500)),
    );
    const taken = claims.filter(({ kind: each }) => each !== 'held');
    expect(taken).toMatchObject([
      { kind: 'doubtful', delivery: { channel: 'C1', sendingSinceMs: 1_400, attempts: 1 } },
    ]);
  });

  test('who lost the claim can neither send nor end it, but may say that it is there', async () => {
    await claimDelivery(state.db, holder('c', 'slow', 1_000), 500);
    await claimDelivery(state.db, holder('c', 'quick', 2_000), 500);
    expect(await beginSending(state.db, holder('c', 'slow', 2_100), place, 500)).toBe(false);
    await endDelivery(state.db, holder('c', 'slow', 2_100), { state: 'failed', reason: 'x' });
    expect(await readDelivery(state.db, 'c')).toMatchObject({ state: 'claimed' });
    await endDelivery(state.db, holder('c', 'slow', 2_100), { state: 'sent', channel: 'C1', ts: '1.2' });
    expect(await claimDelivery(state.db, holder('c', 'late', 9_000), 500)).toMatchObject({
      kind: 'done',
      delivery: { state: 'sent', ts: '1.2' },
    });
  });

  test('what rests is nobody’s until then; what Slack certainly lacks is no longer doubtful', async () => {
    await claimDelivery(state.db, holder('d', 'one', 1_000), 500);
    await beginSending(state.db, holder('d', 'one', 1_000), place, 500);
    await releaseDelivery(state.db, holder('d', 'one', 1_100), { untilMs: 5_000, wasSent: false });
    expect((await claimDelivery(state.db, holder('d', 'two', 4_999), 500)).kind).toBe('held');
    expect((await claimDelivery(state.db, holder('d', 'two', 5_000), 500)).kind).toBe('mine');
  });

  test('what ended long ago is forgotten, what is open is not', async () => {
    await claimDelivery(state.db, holder('e', 'one', 1_000), 500);
    await endDelivery(state.db, holder('e', 'one', 1_000), { state: 'unsure', reason: 'missing_scope' });
    await claimDelivery(state.db, holder('f', 'one', 1_000), 500);
    await pruneDeliveries(state.db, 1_001);
    expect([await readDelivery(state.db, 'e'), (await readDelivery(state.db, 'f'))?.state]).toEqual([
      undefined,
      'claimed',
    ]);
  });

  test('a subscription is settled by one of two, and there once', async () => {
    const order = {
      ...{ team: undefined, every: 'daily' as const, weekday: 1, minute: 540, zone: 'UTC' },
      ...{ channel: 'C1', owner: 'U1', homeId: undefined },
    };
    const added = await Promise.all(
      ['s1', 's2', 's3'].map((id) => addSubscription(state.db, order, { id, nowMs: 1, nextMs: 100 })),
    );
    expect(added.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await listSubscriptions(state.db)).toHaveLength(1);
    const { id } = added[0]!.subscription;
    const settled = await Promise.all(
      [1, 2, 3].map(() => settleSubscription(state.db, { id, nextMs: 100 }, { settledMs: 100, nextMs: 200 })),
    );
    expect(settled.sort()).toEqual([false, false, true]);
  });
});
