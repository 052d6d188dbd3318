import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMAGE_BYTES } from '../../src/demo/incident-traffic.js';
import { buildLedger, connectionsBetween, slicesBetween, slicesOf } from '../../src/demo/ledger.js';
import { trueAnswer } from '../../src/demo/oracle.js';
import { DAY_MS, HOUR_MS } from '../../src/units.js';

const NOW = Date.parse('2026-11-18T12:03:00Z');
const ledger = buildLedger({ seed: 'test', nowMs: NOW });
const sumOf = (fromMs: number, toMs: number): number => Number(trueAnswer(ledger, { fromMs, toMs }).total.bytes);

describe('the ledger', () => {
  it('gives the same connections for the same seed, and others for another', () => {
    const list = (seed: string) => [...connectionsBetween(buildLedger({ seed, nowMs: NOW }), NOW - HOUR_MS, NOW)];
    expect(list('test')).toEqual([...connectionsBetween(ledger, NOW - HOUR_MS, NOW)]);
    expect(list('other')).not.toEqual(list('test'));
  });

  it('does not change the past as time goes on', () => {
    const tomorrow = buildLedger({ seed: 'test', nowMs: NOW + DAY_MS, incidentAtMs: ledger.incident.fromMs });
    const window = [NOW - 3 * DAY_MS, NOW - 3 * DAY_MS + 2 * HOUR_MS] as const;
    expect([...connectionsBetween(tomorrow, ...window)]).toEqual([...connectionsBetween(ledger, ...window)]);
  });

  it('has traffic of eight teams and of nobody, through three gateways that all matter', () => {
    const window = { fromMs: NOW - 7 * DAY_MS, toMs: NOW };
    const teams = trueAnswer(ledger, { ...window, by: ['team'] }).rows.map((row) => row.key.team);
    expect(teams.sort()).toEqual([
      'agents',
      'checkout',
      'data',
      'fraud',
      'mobile',
      'payments',
      'platform',
      'search',
      'unattributed',
    ]);
    const gateways = trueAnswer(ledger, { ...window, by: ['nat'] });
    expect(gateways.rows).toHaveLength(3);
    for (const row of gateways.rows) expect(Number(row.bytes) / Number(gateways.total.bytes)).toBeGreaterThan(0.1);
  });

  it('has traffic to S3 in two Regions, DynamoDB, a named remote and places outside AWS, and some across zones', () => {
    const answer = trueAnswer(ledger, { fromMs: NOW - DAY_MS, toMs: NOW, by: ['service', 'region'] });
    const keys = answer.rows.map(({ key }) => `${key.service} ${key.region}`);
    for (const key of ['S3 us-east-1', 'S3 eu-west-1', 'DYNAMODB us-east-1', 'Datadog us-east-1', 'null null']) {
      expect(keys).toContain(key);
    }
    const zones = trueAnswer(ledger, { fromMs: NOW - DAY_MS, toMs: NOW, by: ['crossaz'] });
    expect(zones.rows.map((row) => row.key.crossaz)).toEqual(['no', 'yes']);
  });

  it('is quiet at night and at the weekend before the incident', () => {
    const monday = Date.parse('2026-11-09T00:00:00Z');
    const hour = (day: number, at: number) =>
      sumOf(monday + day * DAY_MS + at * HOUR_MS, monday + day * DAY_MS + (at + 1) * HOUR_MS);
    for (const day of [0, 1, 2, 3, 4]) expect(hour(day, 3)).toBeLessThan(hour(day, 14) / 5);
    expect(sumOf(monday - DAY_MS, monday)).toBeLessThan(sumOf(monday, monday + DAY_MS) / 2);
  });

  it('has an incident of about 150 GB a day through one gateway, in steps of the image', () => {
    const quiet = new Date(ledger.incident.fromMs + 12 * HOUR_MS);
    quiet.setUTCMinutes(0, 0, 0);
    const pulls = new Map<number, number>();
    const agents = new Set<string>();
    for (const { connection, startMs, bytesDown } of slicesBetween(ledger, +quiet, +quiet + 3 * HOUR_MS, 300)) {
      if (connection.client.workload !== 'support_agent' || connection.remote.service !== 'S3') continue;
      agents.add(connection.client.gateway.id);
      const tick = Math.floor(startMs / 300_000);
      pulls.set(tick, (pulls.get(tick) ?? 0) + Number(bytesDown));
    }
    expect(agents.size).toBe(1);
    expect(pulls.size).toBe(36);
    for (const bytes of pulls.values()) {
      const images = bytes / IMAGE_BYTES;
      expect(Math.abs(images - Math.round(images)) / Math.round(images)).toBeLessThan(0.04);
    }
    const day = [...connectionsBetween(ledger, ledger.incident.fromMs, ledger.incident.fromMs + DAY_MS)];
    const bytes = day
      .filter((each) => each.client.workload === 'support_agent' && each.remote.awsService !== 'AMAZON')
      .reduce((sum, each) => sum + Number(each.bytesUp + each.bytesDown), 0);
    expect(bytes / 1e9).toBeGreaterThan(145);
    expect(bytes / 1e9).toBeLessThan(160);
  });
});

describe('a connection cut into rows', () => {
  const volume = fc.record({
    startS: fc.integer({ min: 1_700_000_000, max: 1_700_005_000 }),
    seconds: fc.integer({ min: 0, max: 4000 }),
    packetsUp: fc.bigInt({ min: 0n, max: 1n << 40n }),
    packetsDown: fc.bigInt({ min: 0n, max: 5000n }),
    perPacket: fc.bigInt({ min: 40n, max: 9001n }),
    windowSeconds: fc.constantFrom(60, 300, 600),
  });

  it('keeps every byte and packet, in rows that stay inside one window', () => {
    fc.assert(
      fc.property(volume, ({ startS, seconds, packetsUp, packetsDown, perPacket, windowSeconds }) => {
        const connection = {
          startMs: startS * 1000,
          endMs: (startS + seconds) * 1000,
          packetsUp,
          packetsDown,
          bytesUp: packetsUp * perPacket,
          bytesDown: packetsDown * perPacket + (packetsDown > 0n ? 7n : 0n),
        };
        const slices = slicesOf(connection, windowSeconds);
        for (const name of ['bytesUp', 'bytesDown', 'packetsUp', 'packetsDown'] as const) {
          expect(slices.reduce((sum, slice) => sum + slice[name], 0n)).toBe(connection[name]);
        }
        for (const slice of slices) {
          expect(slice.endMs).toBeGreaterThanOrEqual(slice.startMs);
          expect(Math.floor(slice.endMs / 1000 / windowSeconds)).toBe(Math.floor(slice.startMs / 1000 / windowSeconds));
          expect(slice.packetsUp > 0n || slice.bytesUp === 0n).toBe(true);
          expect(slice.packetsDown > 0n || slice.bytesDown === 0n).toBe(true);
        }
      }),
    );
  });
});
