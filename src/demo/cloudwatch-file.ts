import { setImmediate } from 'node:timers/promises';
import { DAY_MS, HOUR_MS, isoTime } from '../units.js';
import type { Gateway } from './company.js';
import { type Ledger, slicesOf } from './ledger.js';
import { connectionsOfHour } from './traffic.js';

/** A series as `cloudwatch/metrics.json` of a bundle holds it (contract, part 3). */
export interface MetricSeries {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Period: number;
  readonly Stat: string;
  readonly Timestamps: readonly string[];
  readonly Values: readonly number[];
}

/** Five minutes of one gateway. */
interface Tick {
  bytesUp: number;
  bytesDown: number;
  packetsUp: number;
  packetsDown: number;
  attempts: number;
  active: number;
}

const TICK_MS = 300_000;

/** What each metric reads of a tick. In and out are equal: the gateway forwards what it takes in (facts/triage.md 2). */
const METRICS: readonly (readonly [string, 'Sum' | 'Maximum', (tick: Tick) => number])[] = [
  ['BytesInFromDestination', 'Sum', (tick) => tick.bytesDown],
  ['BytesOutToSource', 'Sum', (tick) => tick.bytesDown],
  ['BytesInFromSource', 'Sum', (tick) => tick.bytesUp],
  ['BytesOutToDestination', 'Sum', (tick) => tick.bytesUp],
  ['PacketsInFromDestination', 'Sum', (tick) => tick.packetsDown],
  ['PacketsOutToSource', 'Sum', (tick) => tick.packetsDown],
  ['PacketsInFromSource', 'Sum', (tick) => tick.packetsUp],
  ['PacketsOutToDestination', 'Sum', (tick) => tick.packetsUp],
  ['ActiveConnectionCount', 'Maximum', (tick) => tick.active],
  ['ConnectionAttemptCount', 'Sum', (tick) => tick.attempts],
  ['ConnectionEstablishedCount', 'Sum', (tick) => tick.attempts],
  ['ErrorPortAllocation', 'Sum', () => 0],
  ['IdleTimeoutCount', 'Sum', () => 0],
  ['PacketsDropCount', 'Sum', () => 0],
];

/**
 * The gateways' metrics, sums of the ledger: whole hours from `metricsFromMs`, five minutes of the last three days.
 * Yields to the event loop every hour of traffic.
 */
export async function gatewayMetrics(ledger: Ledger): Promise<MetricSeries[]> {
  const untilMs = Math.floor(ledger.nowMs / TICK_MS) * TICK_MS;
  const hoursUntilMs = Math.floor(ledger.nowMs / HOUR_MS) * HOUR_MS;
  const fineFromMs = Math.floor(untilMs / HOUR_MS) * HOUR_MS - 3 * DAY_MS;
  const ticks = await ticksByGateway(ledger, untilMs);
  const all: MetricSeries[] = [];
  for (const gateway of ledger.company.gateways) {
    const own = ticks.get(gateway.id)!;
    const at = (ms: number): number => (ms - ledger.metricsFromMs) / TICK_MS;
    for (const [name, stat, read] of METRICS) {
      const hourly = (fromMs: number): number => {
        const values = own.slice(at(fromMs), at(fromMs + HOUR_MS)).map(read);
        return stat === 'Sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
      };
      all.push(
        series(gateway, name, stat, HOUR_MS, ledger.metricsFromMs, hoursUntilMs, hourly),
        series(gateway, name, stat, TICK_MS, fineFromMs, untilMs, (fromMs) => read(own[at(fromMs)]!)),
      );
      await setImmediate();
    }
  }
  return all;
}

async function ticksByGateway(ledger: Ledger, untilMs: number): Promise<ReadonlyMap<string, readonly Tick[]>> {
  const count = (untilMs - ledger.metricsFromMs) / TICK_MS;
  const table = new Map(
    ledger.company.gateways.map((gateway) => [
      gateway.id,
      Array.from(
        { length: count },
        (): Tick => ({ bytesUp: 0, bytesDown: 0, packetsUp: 0, packetsDown: 0, attempts: 0, active: 0 }),
      ),
    ]),
  );
  for (let hourMs = ledger.metricsFromMs; hourMs < untilMs; hourMs += HOUR_MS) {
    for (const connection of connectionsOfHour(ledger.company, ledger.seed, hourMs, ledger.incident)) {
      const ticks = table.get(connection.client.gateway.id)!;
      for (const slice of slicesOf(connection, TICK_MS / 1000)) {
        const tick = ticks[Math.floor((slice.startMs - ledger.metricsFromMs) / TICK_MS)];
        if (!tick) continue;
        tick.bytesUp += Number(slice.bytesUp);
        tick.bytesDown += Number(slice.bytesDown);
        tick.packetsUp += Number(slice.packetsUp);
        tick.packetsDown += Number(slice.packetsDown);
        tick.attempts += slice.startMs === connection.startMs ? 1 : 0;
        // A connection counts as active until it has been silent for 350 s: all that were seen in five minutes do.
        tick.active += 1;
      }
    }
    await setImmediate();
  }
  return table;
}

function series(
  gateway: Gateway,
  name: string,
  stat: string,
  periodMs: number,
  fromMs: number,
  untilMs: number,
  valueAt: (fromMs: number) => number,
): MetricSeries {
  const times = Array.from({ length: (untilMs - fromMs) / periodMs }, (_, index) => fromMs + index * periodMs);
  return {
    Namespace: 'AWS/NATGateway',
    MetricName: name,
    Dimensions: [{ Name: 'NatGatewayId', Value: gateway.id }],
    Period: periodMs / 1000,
    Stat: stat,
    Timestamps: times.map(isoTime),
    Values: times.map(valueAt),
  };
}
