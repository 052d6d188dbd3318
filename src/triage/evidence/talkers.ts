import type { Baseline } from '../../anomalies/baseline.js';
import type { Interval } from '../../anomalies/onset.js';
import type { Point } from '../../anomalies/series.js';
import { HOUR_MS } from '../../units.js';
import type { FlowReading, FlowSum } from '../sources.js';
import { apartClients, withApartClients } from './apart-clients.js';
import { groupBy } from './group-by.js';
import type { RemoteEnd } from './remotes.js';
import type { ClientPlace } from './workloads.js';

/** One client's part of a component. */
export interface TalkerClient {
  readonly place: ClientPlace;
  readonly excess: number;
  readonly flows: number;
  /** It never talked to this remote before the onset. */
  readonly isNew: boolean;
}

/** What changed between the clients and one remote owner: the excess over the quiet period, not the size. */
export interface Component {
  readonly key: string;
  readonly remote: RemoteEnd;
  readonly quietPerHour: number;
  readonly afterPerHour: number;
  readonly excess: number;
  readonly excessUp: number;
  readonly excessDown: number;
  /** Largest excess first; without packet addresses there are none. */
  readonly clients: readonly TalkerClient[];
  readonly ports: readonly number[];
  readonly protocols: readonly number[];
  readonly remoteAddresses: readonly string[];
  readonly flowsBefore: number;
  readonly flowsAfter: number;
  readonly packetBytes: number;
  /** Bytes per bucket of all directions, gaps filled with zero. */
  readonly series: readonly Point[];
  /** Sums after the onset, one per client, remote and bucket, downloads only: what quantisation looks at. */
  readonly downloads: readonly {
    readonly client: string;
    readonly remote: string;
    readonly atMs: number;
    readonly bytes: number;
  }[];
}

/** How the flow logs compare before and after an onset. */
export interface Talkers {
  readonly components: readonly Component[];
  readonly quietHours: number;
  readonly afterHours: number;
  /** Total bytes after the onset, and what lies above the quiet level. */
  readonly afterBytes: number;
  readonly excess: number;
  /** How different the excess's own mix of remotes is from the quiet mix: 0 the same, 1 disjoint. Null without a quiet period. */
  readonly mixShift: number | null;
  /** The same for clients. */
  readonly clientShift: number | null;
  /** Clients that take part in the growth, of those that talked before. */
  readonly growingClients: number;
  readonly quietClients: number;
  /** Clients that were not there before the onset. */
  readonly newClients: readonly ClientPlace[];
  readonly hasQuiet: boolean;
}

export interface TalkerInputs {
  readonly flows: FlowReading;
  readonly onset: Interval;
  readonly baseline: Baseline | null;
  readonly place: (address: string) => ClientPlace;
  readonly name: (address: string | null, awsService: string | null) => RemoteEnd;
}

/** Less than three hours before the onset tell no level: a burst would be taken for it. */
const MIN_QUIET_HOURS = 3;

/**
 * Compares what flowed before the onset with what flowed after it, by remote owner and client. The quiet level is
 * corrected for the time of day by the baseline of the metrics, since the logs rarely hold more than a day of quiet.
 */
export function compareTalkers(inputs: TalkerInputs): Talkers {
  const { flows, onset } = inputs;
  const splitMs = Math.floor(onset.earliestMs / flows.bucketMs) * flows.bucketMs;
  const fromMs = flows.fromMs ?? splitMs;
  const toMs = flows.toMs ?? splitMs;
  const hoursIn = (a: number, b: number) =>
    Math.max(0, (b - a) / HOUR_MS - flows.emptyHours.filter((hour) => hour >= a && hour < b).length);
  const quietHours = hoursIn(fromMs, Math.min(splitMs, toMs));
  const afterHours = Math.max(1 / 6, hoursIn(Math.max(splitMs, fromMs), toMs));
  const hasQuiet = quietHours >= MIN_QUIET_HOURS;
  const season = hasQuiet ? seasonFactor(inputs.baseline, fromMs, splitMs, toMs) : 1;
  const sums = flows.hasPacketAddresses ? flows.sums : [...flows.outside];
  const groups = new Map<string, FlowSum[]>();
  const ends = new Map<string, RemoteEnd>();
  for (const sum of sums) {
    const end = inputs.name(sum.remote, sum.awsService);
    const list = groups.get(end.key) ?? [];
    list.push(sum);
    groups.set(end.key, list);
    ends.set(end.key, end);
  }
  const scale = { quietHours, afterHours, season, splitMs, hasQuiet };
  const components = [...groups].map(([key, list]) =>
    oneComponent(key, ends.get(key) as RemoteEnd, list, inputs, scale),
  );
  components.sort((a, b) => b.excess - a.excess);
  const apart = flows.hasPacketAddresses ? [] : apartClients(flows.sums, inputs, scale);
  const after = sums.filter((sum) => sum.atMs >= splitMs);
  const clientSums = flows.sums.filter((sum) => sum.client !== null);
  const byClient = levels(clientSums, (sum) => sum.client as string, scale);
  const byRemote = levels(sums, (sum) => inputs.name(sum.remote, sum.awsService).key, scale);
  const quietClients = [...byClient.values()].filter((level) => level.quiet > 0);
  return {
    components:
      apart.length === 0 ? components : components.map((one) => withApartClients(one, apart, flows.sums, splitMs)),
    quietHours,
    afterHours,
    afterBytes: after.reduce((sum, one) => sum + one.bytes, 0),
    excess: Math.max(
      0,
      components.reduce((sum, one) => sum + one.excess, 0),
    ),
    mixShift: hasQuiet ? shift(byRemote) : null,
    clientShift: hasQuiet ? shift(byClient) : null,
    growingClients: quietClients.filter((level) => level.after > level.quiet * 1.1).length,
    quietClients: quietClients.length,
    newClients: hasQuiet
      ? [...byClient]
          .filter(([, level]) => level.quiet === 0 && level.after > 0)
          .map(([address]) => inputs.place(address))
      : [],
    hasQuiet,
  };
}

/** What turns sums of two periods into levels. */
export interface Scale {
  readonly quietHours: number;
  readonly afterHours: number;
  readonly season: number;
  readonly splitMs: number;
  readonly hasQuiet: boolean;
}

/** Expected level of the hours after the onset against that of the quiet hours in the logs. */
function seasonFactor(baseline: Baseline | null, fromMs: number, splitMs: number, toMs: number): number {
  if (!baseline || baseline.kind === 'flat') return 1;
  const level = (a: number, b: number) => {
    const hours: number[] = [];
    for (let atMs = Math.floor(a / HOUR_MS) * HOUR_MS; atMs < b; atMs += HOUR_MS) hours.push(baseline.expected(atMs));
    return hours.reduce((sum, one) => sum + one, 0) / Math.max(1, hours.length);
  };
  const quiet = level(fromMs, splitMs);
  const after = level(splitMs, toMs);
  // Beyond a factor of four the logs and the metrics do not show the same traffic.
  return quiet > 0 && after > 0 ? Math.min(4, Math.max(0.25, after / quiet)) : 1;
}

function oneComponent(
  key: string,
  remote: RemoteEnd,
  sums: readonly FlowSum[],
  inputs: TalkerInputs,
  scale: Scale,
): Component {
  const { splitMs } = scale;
  const quietOf = (list: readonly FlowSum[]) =>
    scale.hasQuiet
      ? list.filter((sum) => sum.atMs < splitMs).reduce((total, sum) => total + sum.bytes, 0) / scale.quietHours
      : 0;
  const afterOf = (list: readonly FlowSum[]) =>
    list.filter((sum) => sum.atMs >= splitMs).reduce((total, sum) => total + sum.bytes, 0) / scale.afterHours;
  const excessOf = (list: readonly FlowSum[]) => (afterOf(list) - quietOf(list) * scale.season) * scale.afterHours;
  const after = sums.filter((sum) => sum.atMs >= splitMs);
  const clients = groupBy(sums, (sum) => sum.client ?? '');
  clients.delete('');
  const talkers = [...clients]
    .map(([address, list]) => ({
      place: inputs.place(address),
      excess: excessOf(list),
      flows: list.filter((sum) => sum.atMs >= splitMs).reduce((total, sum) => total + sum.flows, 0),
      isNew: scale.hasQuiet && !list.some((sum) => sum.atMs < splitMs),
    }))
    .sort((a, b) => b.excess - a.excess);
  const count = (list: readonly FlowSum[]) => list.reduce((total, sum) => total + sum.flows, 0);
  const packets = after.reduce((total, sum) => total + sum.packets, 0);
  return {
    key,
    remote,
    quietPerHour: quietOf(sums),
    afterPerHour: afterOf(sums),
    excess: excessOf(sums),
    excessUp: excessOf(sums.filter((sum) => sum.direction === 'up')),
    excessDown: excessOf(sums.filter((sum) => sum.direction === 'down')),
    clients: talkers,
    ports: byWeight(after, (sum) => sum.port),
    protocols: byWeight(after, (sum) => sum.protocol),
    remoteAddresses: byWeight(after, (sum) => sum.remote),
    flowsBefore: count(sums) - count(after),
    flowsAfter: count(after),
    packetBytes: packets > 0 ? after.reduce((total, sum) => total + sum.bytes, 0) / packets : 0,
    series: seriesOf(sums, inputs.flows),
    downloads: after
      .filter((sum) => sum.direction === 'down')
      .map((sum) => ({ client: sum.client ?? '', remote: sum.remote ?? '', atMs: sum.atMs, bytes: sum.bytes })),
  };
}

/** Distinct values by their bytes, largest first. */
function byWeight<T>(sums: readonly FlowSum[], pick: (sum: FlowSum) => T | null): T[] {
  const weights = new Map<T, number>();
  for (const sum of sums) {
    const value = pick(sum);
    if (value !== null) weights.set(value, (weights.get(value) ?? 0) + sum.bytes);
  }
  return [...weights].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}

function seriesOf(sums: readonly FlowSum[], flows: FlowReading): Point[] {
  const buckets = new Map<number, number>();
  for (const sum of sums) buckets.set(sum.atMs, (buckets.get(sum.atMs) ?? 0) + sum.bytes);
  const points: Point[] = [];
  const first = Math.floor((flows.fromMs ?? 0) / flows.bucketMs) * flows.bucketMs;
  for (let atMs = first; atMs <= (flows.toMs ?? -1); atMs += flows.bucketMs)
    points.push({ atMs, value: buckets.get(atMs) ?? 0 });
  return points;
}

interface Level {
  quiet: number;
  after: number;
}

function levels(sums: readonly FlowSum[], keyOf: (sum: FlowSum) => string, scale: Scale): Map<string, Level> {
  const found = new Map<string, Level>();
  for (const sum of sums) {
    const level = found.get(keyOf(sum)) ?? { quiet: 0, after: 0 };
    if (sum.atMs < scale.splitMs) level.quiet += (sum.bytes / Math.max(1, scale.quietHours)) * scale.season;
    else level.after += sum.bytes / scale.afterHours;
    found.set(keyOf(sum), level);
  }
  return found;
}

/**
 * Total variation distance between the mixes before and after, per share of excess: a pure newcomer gives one, growth
 * in which everybody takes part in proportion gives nothing.
 */
function shift(found: ReadonlyMap<string, Level>): number | null {
  const all = [...found.values()];
  const quiet = all.reduce((sum, level) => sum + level.quiet, 0);
  const after = all.reduce((sum, level) => sum + level.after, 0);
  if (quiet <= 0 || after <= quiet) return null;
  const distance = all.reduce((sum, level) => sum + Math.abs(level.after / after - level.quiet / quiet), 0) / 2;
  return Math.min(1, distance / ((after - quiet) / after));
}
