import { describe, expect, it } from 'vitest';
import { type HourlyBytes, type ReconcileInput, reconcile } from '../../src/answers/reconcile.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GB = 2n ** 30n;
const fromMs = Date.parse('2026-11-10T00:00:00Z');
const hours = (count: number, bytes: bigint, first = fromMs): HourlyBytes =>
  new Map(Array.from({ length: count }, (_, i) => [first + i * HOUR, bytes]));
const input = (more: Partial<ReconcileInput>): ReconcileInput => ({
  fromMs,
  toMs: fromMs + 3 * DAY,
  nowMs: fromMs + 5 * DAY,
  logs: new Map([['nat-1', hours(72, GB)]]),
  metrics: undefined,
  bill: undefined,
  ...more,
});

describe('logs and CloudWatch', () => {
  it('agree within a percent, hour by hour where both have something', () => {
    const { gateways, findings } = reconcile(input({ metrics: new Map([['nat-1', hours(48, (GB * 1005n) / 1000n)]]) }));
    expect(gateways).toMatchObject([{ natGatewayId: 'nat-1', hours: 48, hoursWithoutLogs: 0 }]);
    expect(gateways![0]!.difference).toBeCloseTo(-0.005, 3);
    expect(findings).toEqual(['The logs and CloudWatch agree: -0.50 % over the hours that both know.']);
  });

  it('say where logs are missing apart from where they show less', () => {
    const { gateways, findings } = reconcile(
      input({
        logs: new Map([['nat-1', hours(24, GB)]]),
        metrics: new Map([
          ['nat-1', hours(72, 2n * GB)],
          ['nat-2', hours(10, GB)],
        ]),
      }),
    );
    expect(gateways).toMatchObject([
      { hours: 24, difference: -0.5, hoursWithoutLogs: 48, bytesWithoutLogs: 96n * GB },
      { natGatewayId: 'nat-2', hours: 0, difference: null, hoursWithoutLogs: 10 },
    ]);
    expect(findings[0]).toMatch(/^The logs show 50\.0 % less than CloudWatch/);
    expect(findings.slice(1)).toEqual([
      'No flow log for nat-2: CloudWatch saw bytes there.',
      'Hours without logs while CloudWatch saw bytes: nat-1 48.',
    ]);
  });

  it('leave out hours that the window cuts', () => {
    const cut = input({
      fromMs: fromMs + HOUR / 2,
      toMs: fromMs + 3.5 * HOUR,
      metrics: new Map([['nat-1', hours(72, GB)]]),
    });
    expect(reconcile(cut).gateways![0]!.hours).toBe(2);
  });
});

describe('logs and the bill', () => {
  const bill = (gigabytes: number, days = 3) =>
    Array.from({ length: days }, (_, i) => ({ dayMs: fromMs + i * DAY, gigabytes, usd: gigabytes * 0.045 }));

  it('agree by GB of 2^30 bytes', () => {
    const found = reconcile(input({ bill: bill(24) })).bill!;
    expect(found).toMatchObject({ gigabytes: 72, bytesLogs: 72n * GB, bytesPerGb: 2 ** 30, difference: 0 });
    expect(found.usd).toBeCloseTo(3.24, 10);
  });

  it('find out where a GB is billed as 10^9 bytes', () => {
    const { bill: found, findings } = reconcile(input({ bill: bill((24 * 2 ** 30) / 1e9) }));
    expect(found!.bytesPerGb).toBe(1e9);
    expect(findings).toEqual(['The logs and the bill agree: 0.00 %.', 'A billed GB fits 10^9 bytes here, not 2^30.']);
  });

  it('compare whole days that are final, and add up lines of a day', () => {
    const { days } = reconcile(input({ nowMs: fromMs + 3.5 * DAY, bill: [...bill(10), ...bill(14)] })).bill!;
    expect(days.map(({ day, gigabytes }) => [day, gigabytes])).toEqual([
      ['2026-11-10', 24],
      ['2026-11-11', 24],
    ]);
  });

  it('leave out days that the logs know in part', () => {
    const { bill: found, findings } = reconcile(input({ logs: new Map([['nat-1', hours(20, GB)]]), bill: bill(24) }));
    expect(found).toMatchObject({ days: [], difference: null });
    expect(findings).toEqual(['There is no whole day that both the logs and the bill know; the bill lags a day.']);
  });
});
