import { describe, expect, it } from 'vitest';
import type { Point } from '../../src/anomalies/series.js';
import type { GatewayReading, NatMetricsRead } from '../../src/answers/nat-metrics.js';
import { makeNatMetricsDigest, natDigestFromMs } from '../../src/answers/nat-metrics-digest.js';
import { BYTES_PER_BILLED_GB, DAY_MS, HOUR_MS } from '../../src/units.js';

const NOW = Date.parse('2026-11-21T09:00:00Z');
const TODAY = Date.parse('2026-11-21T00:00:00Z');
const YESTERDAY = { fromMs: TODAY - DAY_MS, toMs: TODAY };
const WEEK = { fromMs: TODAY - 7 * DAY_MS, toMs: TODAY };
const FROM = natDigestFromMs(YESTERDAY, NOW);

function hours(of: (atMs: number) => number | undefined, fromMs = FROM, toMs = NOW - HOUR_MS): Point[] {
  const points: Point[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += HOUR_MS) {
    const value = of(atMs);
    if (value !== undefined) points.push({ atMs, value });
  }
  return points;
}

function gateway(more: Partial<GatewayReading> = {}): GatewayReading {
  return {
    accountId: '111122223333',
    region: 'us-east-1',
    natGatewayId: 'nat-0a',
    up: hours(() => 1e9),
    down: hours(() => 9e9),
    active: hours(() => 40),
    attempts: hours(() => 100),
    established: hours(() => 99),
    portErrors: hours(() => 0),
    ...more,
  };
}

function read(gateways: readonly GatewayReading[], more: Partial<NatMetricsRead> = {}): NatMetricsRead {
  return {
    gateways,
    completeUntilMs: NOW - HOUR_MS,
    failures: [],
    incomplete: [],
    usd: '0.00007',
    requests: 2,
    ...more,
  };
}

const digestOf = (gateways: readonly GatewayReading[], more: Partial<NatMetricsRead> = {}) =>
  makeNatMetricsDigest(read(gateways, more), YESTERDAY, NOW);

/**
 * The table of the seed: 668 GB in and 2.1 GB out within a week, of which AWS billed about 659 GB. Its days are not
 * known, its sums are; GB there are the bill's, of 2^30 bytes.
 */
describe('the week of the seed', () => {
  const gb = (share: number, total: number) => (share * total * BYTES_PER_BILLED_GB) / 24;
  const shares = [0.08, 0.11, 0.21, 0.19, 0.17, 0.13, 0.11];
  const of = (total: number) =>
    hours((atMs) => gb(shares[Math.floor((atMs - WEEK.fromMs) / DAY_MS)] ?? 0, total), WEEK.fromMs, WEEK.toMs);
  const digest = makeNatMetricsDigest(read([gateway({ up: of(2.1), down: of(668) })]), WEEK, NOW);

  it('is what AWS billed, within five in a hundred', () => {
    const billedGb = Number(digest.total.bytes) / BYTES_PER_BILLED_GB;
    expect(Math.abs(billedGb / 659 - 1)).toBeLessThan(0.05);
    expect(billedGb).toBeCloseTo(670.1, 3);
  });

  it('costs what that many GB cost, not twice', () => {
    expect(Number(digest.total.usd)).toBeCloseTo(670.1 * 0.045, 4);
    expect(Number(digest.total.usd)).toBeLessThan(659 * 0.045 * 1.05);
  });
});

it('tells each gateway and all together: up, down, dollars, connections', () => {
  const digest = digestOf([
    gateway(),
    gateway({ natGatewayId: 'nat-0b', region: 'eu-west-1', down: hours(() => 99e9) }),
  ]);
  expect(digest.gateways.map(({ natGatewayId, up, down, bytes }) => [natGatewayId, up, down, bytes])).toEqual([
    ['nat-0b', 24_000_000_000n, 2_376_000_000_000n, 2_400_000_000_000n],
    ['nat-0a', 24_000_000_000n, 216_000_000_000n, 240_000_000_000n],
  ]);
  expect(digest.gateways[1]?.connections).toEqual({ most: 40, attempts: 2400, established: 2376, portErrors: 0 });
  expect(digest.total).toMatchObject({
    bytes: 2_640_000_000_000n,
    lastWeek: 2_640_000_000_000n,
    usual: 2_640_000_000_000n,
    hoursKnown: 24,
  });
  expect(Number(digest.total.usd)).toBeCloseTo((240e9 * 0.045 + 2400e9 * 0.048) / 2 ** 30, 6);
  expect(digest.month.soFar.bytes).toBe(BigInt(20 * 24 + 8) * 110_000_000_000n);
  expect(digest.month.whole?.bytes).toBe(30n * 24n * 110_000_000_000n);
  expect(digest.days).toHaveLength(14);
  expect(digest.gaps).toEqual([]);
});

it('is quiet where yesterday was like its weekday', () => {
  expect(digestOf([gateway()]).isQuiet).toBe(true);
  const doubled = gateway({ down: hours((atMs) => (atMs >= YESTERDAY.fromMs ? 18e9 : 9e9)) });
  expect(digestOf([doubled]).isQuiet).toBe(false);
  expect(digestOf([gateway({ portErrors: hours((atMs) => (atMs === YESTERDAY.fromMs ? 3 : 0)) })]).isQuiet).toBe(false);
});

it('does not hide a move between two gateways behind their sum', () => {
  const moved = (before: number, after: number) => hours((atMs) => (atMs >= YESTERDAY.fromMs ? after : before));
  const digest = digestOf([
    gateway({ down: moved(9e9, 1e9) }),
    gateway({ natGatewayId: 'nat-0b', down: moved(1e9, 9e9) }),
  ]);
  expect(digest.total.bytes).toBe(digest.total.lastWeek);
  expect(digest.isQuiet).toBe(false);
});

it('is not quiet on a first day, and has nothing to compare it with', () => {
  const since = (of: number) => hours(() => of, YESTERDAY.fromMs);
  const digest = digestOf([gateway({ up: since(1e9), down: since(9e9) })]);
  expect(digest.total).toMatchObject({ lastWeek: undefined, usual: undefined });
  expect(digest.month.whole).toBeUndefined();
  expect(digest.isQuiet).toBe(false);
});

it('says which hours are missing, and does not compare with a week that is not whole', () => {
  const holes = hours((atMs) => {
    const isHole =
      (atMs >= YESTERDAY.fromMs && atMs < YESTERDAY.fromMs + 2 * HOUR_MS) ||
      Math.abs(atMs - (YESTERDAY.fromMs - 7 * DAY_MS)) < 6 * HOUR_MS;
    return isHole ? undefined : 9e9;
  });
  const { gaps, total } = digestOf([gateway({ down: holes })]);
  expect(gaps).toEqual(['nat-0a has 22 of 24 hours; its bytes are a lower bound.']);
  expect(total).toMatchObject({ hoursKnown: 22, lastWeek: undefined, usual: 240_000_000_000n });
});

it('names places that failed, metrics that came in part and Regions without a price', () => {
  const { gaps, total, isQuiet } = digestOf([gateway({ region: 'cn-north-1' })], {
    failures: [
      { accountId: '222233334444', region: 'eu-west-1', says: 'AWS does not allow cloudwatch:GetMetricData.' },
    ],
    incomplete: ['BytesOutToSource of nat-0a (1 h): PartialData'],
  });
  expect(gaps).toEqual([
    'Account 222233334444 in eu-west-1 could not be read: AWS does not allow cloudwatch:GetMetricData.',
    '1 metric came in part, as BytesOutToSource of nat-0a (1 h): PartialData.',
    'There is no price for cn-north-1, so no dollars.',
  ]);
  expect(total).not.toHaveProperty('usd');
  expect(isQuiet).toBe(false);
});

it('says that there is no gateway where there is none', () => {
  expect(digestOf([])).toMatchObject({
    gaps: ['CloudWatch knows no NAT gateway in the accounts of the config.'],
    isQuiet: false,
    total: { bytes: 0n },
  });
});

it('tells a gateway that is new from one with a gap, and drops one that is gone', () => {
  const at = YESTERDAY.fromMs + 10 * HOUR_MS;
  const fresh = gateway({ natGatewayId: 'nat-new', up: hours(() => 1e9, at), down: hours(() => 1e9, at) });
  const gone = (toMs: number) =>
    gateway({ natGatewayId: 'nat-old', up: hours(() => 1e9, FROM, toMs), down: hours(() => 1e9, FROM, toMs) });
  const digest = digestOf([gateway(), fresh, gone(YESTERDAY.fromMs - 3 * HOUR_MS)]);
  expect(digest.gateways.map(({ natGatewayId, isNew }) => [natGatewayId, isNew])).toEqual([
    ['nat-0a', false],
    ['nat-new', true],
  ]);
  expect(digest.gaps).toEqual(['nat-old has no data since 2026-11-19T21:00:00Z: it was deleted, or is not measured.']);
  expect(digestOf([gateway(), gone(YESTERDAY.fromMs - 3 * DAY_MS)]).gaps).toEqual([]);
});

it('takes a gateway without data on one of its days as unknown in the month, not as zero', () => {
  const hole = (atMs: number) => atMs >= TODAY - 5 * DAY_MS && atMs < TODAY - 4 * DAY_MS;
  const holed = hours((atMs) => (hole(atMs) ? undefined : 9e9));
  const both = digestOf([
    gateway(),
    gateway({ natGatewayId: 'nat-0b', up: hours((atMs) => (hole(atMs) ? undefined : 1e9)), down: holed }),
  ]);
  expect(both.month.gapHours).toBe(12);
  expect(both.month.whole?.bytes).toBe(30n * 24n * 20_000_000_000n);
});
