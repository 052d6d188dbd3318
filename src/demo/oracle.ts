import type { FilterKey, FilterValue, GroupKey } from '../query/query.js';
import { DAY_MS, HOUR_MS, isoTime } from '../units.js';
import { type Ledger, slicesBetween } from './ledger.js';

/** What is true of one row pair (up and down) that the gateway processed: facts, not addresses to look up. */
export interface TrueFlow {
  readonly startMs: number;
  readonly bytesUp: bigint;
  readonly bytesDown: bigint;
  readonly packetsUp: bigint;
  readonly packetsDown: bigint;
  readonly client: {
    readonly address: string;
    readonly team: string | null;
    readonly env: string | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly accountId: string | null;
    readonly vpcId: string | null;
    readonly azId: string | null;
    readonly workload: string | null;
  };
  readonly remote: {
    readonly address: string | null;
    readonly service: string | null;
    readonly provider: string | null;
    readonly region: string | null;
  };
  readonly remotePort: number | null;
  /** IANA number. */
  readonly protocol: number;
  readonly gateway: { readonly id: string; readonly azId: string | null };
}

export interface TrueQuestion {
  /** From ≤ start of a row < to. */
  readonly fromMs: number;
  readonly toMs: number;
  /** As in a Query: a name must be equal without case; addresses must be equal, CIDR ranges are not read here. */
  readonly where?: ReadonlyMap<FilterKey, readonly FilterValue[]>;
  readonly by?: readonly GroupKey[];
}

interface TrueSums {
  readonly bytes: bigint;
  readonly bytesUp: bigint;
  readonly bytesDown: bigint;
  readonly packets: bigint;
  /** Rows of the inside leg, one a direction. */
  readonly flows: bigint;
}

interface TrueGroup extends TrueSums {
  readonly key: Readonly<Record<string, string | number | null>>;
}

export interface TrueAnswer {
  readonly total: TrueSums;
  /** Every group, largest first; hours and days by time. */
  readonly rows: readonly TrueGroup[];
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

/**
 * The true answer straight from the ledger: no leg rule, no attribution, no flow log. `windowSeconds` is that of the
 * flow log that the answer is compared with (600 for the demo's): it decides in which minute a row starts. What is not
 * delivered yet is true all the same: to compare with an answer, end the window at `completeUntilMs` of the written logs.
 */
export function trueAnswer(ledger: Ledger, question: TrueQuestion & { readonly windowSeconds?: number }): TrueAnswer {
  const slices = slicesBetween(ledger, question.fromMs, question.toMs, question.windowSeconds ?? 600);
  return sumTrueFlows(
    (function* () {
      for (const { connection, ...slice } of slices) {
        const { client, remote, remotePort, protocol } = connection;
        const asked = { ...client, workload: client.holder };
        yield { ...slice, client: asked, remote, remotePort, protocol, gateway: client.gateway };
      }
    })(),
    question,
  );
}

/** Groups and adds what is true. Up and down of one flow are two rows, so that a question by direction is answered too. */
export function sumTrueFlows(flows: Iterable<TrueFlow>, { fromMs, toMs, where, by = [] }: TrueQuestion): TrueAnswer {
  const groups = new Map<string, Mutable<TrueGroup>>();
  const total = emptySums();
  for (const flow of flows) {
    if (flow.startMs < fromMs || flow.startMs >= toMs) continue;
    for (const direction of ['up', 'down'] as const) {
      const packets = direction === 'up' ? flow.packetsUp : flow.packetsDown;
      if (packets === 0n || !matches(flow, direction, where)) continue;
      const key = Object.fromEntries(by.map((name) => [name, trueValue(flow, direction, name)]));
      const id = JSON.stringify(key);
      let group = groups.get(id);
      if (!group) {
        group = { key, ...emptySums() };
        groups.set(id, group);
      }
      for (const sums of [total, group]) add(sums, flow, direction, packets);
    }
  }
  const time = by.find((name) => name === 'hour' || name === 'day');
  const rows = [...groups.values()].sort((a, b) =>
    time
      ? String(a.key[time]).localeCompare(String(b.key[time]))
      : Number(b.bytes - a.bytes > 0n) - Number(b.bytes - a.bytes < 0n),
  );
  return { total, rows };
}

function matches(flow: TrueFlow, direction: 'up' | 'down', where: TrueQuestion['where']): boolean {
  for (const [name, values] of where ?? []) {
    const value = trueValue(flow, direction, name);
    const is = (wanted: FilterValue): boolean =>
      value !== null && String(value).toLowerCase() === wanted.value.toLowerCase();
    const wanted = values.filter((each) => !each.negated);
    if (wanted.length > 0 && !wanted.some(is)) return false;
    if (values.some((each) => each.negated && is(each))) return false;
  }
  return true;
}

function trueValue(flow: TrueFlow, direction: 'up' | 'down', name: GroupKey): string | number | null {
  if (name.startsWith('label.')) return flow.client.labels[name.slice('label.'.length)] ?? null;
  const { client, remote, gateway } = flow;
  switch (name) {
    case 'team':
      return client.team ?? 'unattributed';
    case 'env':
      return client.env;
    case 'account':
      return client.accountId;
    case 'vpc':
      return client.vpcId;
    case 'az':
      return client.azId;
    case 'workload':
      return client.workload;
    case 'nat':
      return gateway.id;
    case 'nataz':
      return gateway.azId;
    case 'crossaz':
      return client.azId === null || gateway.azId === null ? null : client.azId === gateway.azId ? 'no' : 'yes';
    case 'client':
      return client.address;
    case 'remote':
      return remote.address;
    case 'service':
      return remote.service;
    case 'provider':
      return remote.provider;
    case 'region':
      return remote.region;
    case 'port':
      return flow.remotePort === null ? null : String(flow.remotePort);
    case 'protocol':
      return PROTOCOLS[flow.protocol] ?? String(flow.protocol);
    case 'direction':
      return direction;
    case 'pair':
      return remote.address === null ? null : `${client.address}>${remote.address}`;
    case 'hour':
      return isoTime(Math.floor(flow.startMs / HOUR_MS) * HOUR_MS);
    case 'day':
      return isoTime(Math.floor(flow.startMs / DAY_MS) * DAY_MS).slice(0, 10);
    default:
      throw new RangeError(`The oracle has no key "${name}".`);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function emptySums(): Mutable<TrueSums> {
  return { bytes: 0n, bytesUp: 0n, bytesDown: 0n, packets: 0n, flows: 0n };
}

function add(sums: Mutable<TrueSums>, flow: TrueFlow, direction: 'up' | 'down', packets: bigint): void {
  const bytes = direction === 'up' ? flow.bytesUp : flow.bytesDown;
  sums.bytes += bytes;
  sums[direction === 'up' ? 'bytesUp' : 'bytesDown'] += bytes;
  sums.packets += packets;
  sums.flows += 1n;
}
