import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectAnomalies, type Watched } from '../../jobs/detect-anomalies.js';
import { beganOf } from '../../src/state/alert-intake.js';
import { openState, type State } from '../../src/state/open-state.js';
import type { Alert } from '../../src/triage/alerts/alert.js';
import { DAY_MS, HOUR_MS } from '../../src/units.js';

const NOW_MS = Date.parse('2026-11-20T12:00:00Z');
const ONSET_MS = Date.parse('2026-11-20T06:00:00Z');
const GB = 1024 ** 3;

let state: State;
beforeEach(async () => {
  state = await openState({ kind: 'sqlite', file: ':memory:' });
});
afterEach(() => state.close());

/** Four weeks of a daily rhythm, and `more` bytes an hour from the onset to its end. */
function series(turns: Partial<Watched> & { more?: number; toMs?: number; endMs?: number } = {}): Watched {
  const { more = 0, toMs = NOW_MS, endMs = Number.POSITIVE_INFINITY, ...rest } = turns;
  const hours = Array.from({ length: 28 * 24 }, (_, index) => {
    const atMs = toMs - (28 * 24 - index) * HOUR_MS;
    const usual = GB * (1 + 0.5 * Math.sin((atMs / DAY_MS) * 2 * Math.PI)) * (1 + 0.04 * Math.sin(index * 7.3));
    return { atMs, value: usual + (atMs >= ONSET_MS && atMs < endMs ? more : 0) };
  });
  return {
    ...{ kind: 'gateway', subject: 'nat-0a1b2c3d4e5f60718', accountId: '111122223333', region: 'us-east-1' },
    ...{ natGatewayIds: ['nat-0a1b2c3d4e5f60718'], hours, usdPerByte: 0.045 / GB },
    ...rest,
  };
}

async function run(watched: readonly Watched[], nowMs = NOW_MS): Promise<{ alerts: Alert[]; says: string }> {
  const alerts: Alert[] = [];
  const job = detectAnomalies({
    when: '23 * * * *',
    floorUsdPerDay: { gateway: 1, team: 2 },
    watched: async () => ({ series: watched, notes: ['account 222233334444 did not answer'] }),
    beganOf: (subject, fromMs, atMs) => beganOf(state.db, subject, fromMs, atMs),
    onAlert: async (alert) => void alerts.push(alert),
    nowMs: () => nowMs,
  });
  return { says: await job.run(new AbortController().signal), alerts };
}

describe('own detection', () => {
  it('finds a rise worth the floor, and says since when and how much', async () => {
    const { alerts, says } = await run([series({ more: 5 * GB })]);
    expect(alerts).toMatchObject([
      {
        kind: 'detected',
        natGatewayIds: ['nat-0a1b2c3d4e5f60718'],
        accountIds: ['111122223333'],
        regions: ['us-east-1'],
        startsAtMs: ONSET_MS,
      },
    ]);
    expect(Number(alerts[0]?.usd)).toBeGreaterThan(1);
    expect(says).toBe('1 series, 1 above the usual; account 222233334444 did not answer');
  });

  it('tells nobody of quiet days, of a rise below the floor, of one that is over, or without a price', async () => {
    const cases = [
      series(),
      series({ more: 0.4 * GB }),
      series({ more: 5 * GB, endMs: ONSET_MS + 2 * HOUR_MS }),
      series({ more: 5 * GB, usdPerByte: undefined }),
      series({ more: 5 * GB, hours: series({ more: 5 * GB }).hours.slice(-100) }),
    ];
    for (const one of cases) expect((await run([one])).alerts).toEqual([]);
  });

  it('gives the same anomaly the same id as its window moves on, after days too', async () => {
    const ids = new Set<string>();
    for (let hours = 0; hours <= 72; hours += 1) {
      const nowMs = NOW_MS + hours * HOUR_MS;
      for (const { id } of (await run([series({ more: 5 * GB, toMs: nowMs })], nowMs)).alerts) ids.add(id);
    }
    expect([...ids]).toEqual(['detected-nat-0a1b2c3d4e5f60718-2026-11-20T06:00:00Z']);
  });

  it('gives a new one a new id', async () => {
    const first = await run([series({ more: 5 * GB })]);
    const later = NOW_MS + 10 * DAY_MS;
    const hours = series({ toMs: later }).hours.map(({ atMs, value }) => ({
      atMs,
      value: value + (atMs >= later - 6 * HOUR_MS ? 4 * GB : 0),
    }));
    const second = await run([series({ hours })], later);
    expect(second.alerts[0]?.id).not.toBe(first.alerts[0]?.id);
  });

  it('tells of a team only where its gateway is not told of', async () => {
    const team = (more: number) => series({ kind: 'team', subject: 'payments', more, accountId: undefined });
    expect((await run([series({ more: 5 * GB }), team(10 * GB)])).alerts).toHaveLength(1);
    expect((await run([series(), team(10 * GB)])).alerts).toMatchObject([
      { title: 'Team payments sends more than usual' },
    ]);
    // A team's own floor is two dollars.
    expect((await run([series(), team(5 * GB)])).alerts).toEqual([]);
  });
});
