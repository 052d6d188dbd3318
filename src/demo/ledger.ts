import { DAY_MS, HOUR_MS } from '../units.js';
import { buildCompany, type Company } from './company.js';
import { type Connection, LONGEST_CONNECTION_MS } from './connection.js';
import type { Incident, IncidentKind } from './incident-traffic.js';
import { connectionsOfHour } from './traffic.js';

/** The demo's truth: who talked to whom. Connections are made hour by hour when asked for, always the same ones. */
export interface Ledger {
  readonly seed: string;
  readonly nowMs: number;
  /** Start of the first day that has flow logs. */
  readonly fromMs: number;
  /** Start of the first day that has metrics and a bill: CloudWatch keeps hours for longer than a bucket keeps logs. */
  readonly metricsFromMs: number;
  readonly incident: Incident;
  readonly company: Company;
}

export interface LedgerOptions {
  readonly seed: string;
  readonly nowMs: number;
  /** Days of flow logs before today; 14 where absent. */
  readonly days?: number;
  /** Default: 14:20 UTC of the last weekday that is two days or longer ago. Infinity for no incident. */
  readonly incidentAtMs?: number;
  readonly incidentEndsMs?: number;
  /** What goes wrong; the warm pool where absent. */
  readonly incidentKind?: IncidentKind;
}

/** What of a connection fell into one aggregation window of a flow log: one row in each direction. */
export interface Slice {
  readonly connection: Connection;
  readonly startMs: number;
  /** The last second that was seen; always before the end of the window. */
  readonly endMs: number;
  readonly bytesUp: bigint;
  readonly bytesDown: bigint;
  readonly packetsUp: bigint;
  readonly packetsDown: bigint;
}

/** A ledger up to `nowMs`. Costs nothing: see connectionsBetween. The past does not depend on `nowMs` but for the incident. */
export function buildLedger({
  seed,
  nowMs,
  days = 14,
  incidentAtMs,
  incidentEndsMs,
  incidentKind = 'warm-pool',
}: LedgerOptions): Ledger {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return {
    seed,
    nowMs,
    fromMs: today - days * DAY_MS,
    metricsFromMs: today - Math.max(days, 35) * DAY_MS,
    incident: {
      kind: incidentKind,
      fromMs: incidentAtMs ?? defaultIncident(today),
      toMs: incidentEndsMs ?? Number.POSITIVE_INFINITY,
    },
    company: buildCompany(seed),
  };
}

/** Connections that begin at `fromMs` or later and before `toMs`, oldest first, an hour at a time. */
export function* connectionsBetween(ledger: Ledger, fromMs: number, toMs: number): Generator<Connection> {
  for (let hourMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS; hourMs < toMs; hourMs += HOUR_MS) {
    for (const connection of connectionsOfHour(ledger.company, ledger.seed, hourMs, ledger.incident)) {
      if (connection.startMs >= fromMs && connection.startMs < toMs) yield connection;
    }
  }
}

/**
 * Slices whose start lies in the window (`fromMs` ≤ start < `toMs`), for a flow log that aggregates over
 * `windowSeconds`. Those of connections that began earlier are among them.
 */
export function* slicesBetween(ledger: Ledger, fromMs: number, toMs: number, windowSeconds: number): Generator<Slice> {
  for (const connection of connectionsBetween(ledger, fromMs - LONGEST_CONNECTION_MS, toMs)) {
    for (const slice of slicesOf(connection, windowSeconds)) {
      if (slice.startMs >= fromMs && slice.startMs < toMs) yield slice;
    }
  }
}

/**
 * Cuts a connection at the borders of the aggregation windows. Packets are spread evenly over its seconds, bytes
 * follow the packets; the sums over all slices are exactly the connection's, whatever the window.
 */
export function slicesOf<C extends Pick<Connection, SliceField>>(connection: C, windowSeconds: number): SliceOf<C>[] {
  const windowMs = windowSeconds * 1000;
  const lengthMs = Math.max(1000, connection.endMs - connection.startMs);
  const stopMs = connection.startMs + lengthMs;
  const slices: SliceOf<C>[] = [];
  let before = { bytesUp: 0n, bytesDown: 0n, packetsUp: 0n, packetsDown: 0n };
  for (let startMs = connection.startMs; startMs < stopMs; ) {
    const borderMs = Math.min(stopMs, (Math.floor(startMs / windowMs) + 1) * windowMs);
    const until = upTo(connection, borderMs - connection.startMs, lengthMs);
    const slice = {
      connection,
      startMs,
      endMs: borderMs === stopMs && borderMs % windowMs !== 0 ? borderMs : borderMs - 1000,
      bytesUp: until.bytesUp - before.bytesUp,
      bytesDown: until.bytesDown - before.bytesDown,
      packetsUp: until.packetsUp - before.packetsUp,
      packetsDown: until.packetsDown - before.packetsDown,
    };
    if (slice.packetsUp + slice.packetsDown > 0n) slices.push(slice);
    before = until;
    startMs = borderMs;
  }
  return slices;
}

type SliceField = 'startMs' | 'endMs' | 'bytesUp' | 'bytesDown' | 'packetsUp' | 'packetsDown';
export type SliceOf<C> = Omit<Slice, 'connection'> & { readonly connection: C };
type Volume = Pick<Connection, 'bytesUp' | 'bytesDown' | 'packetsUp' | 'packetsDown'>;

function upTo(connection: Volume, elapsedMs: number, lengthMs: number): Volume {
  if (elapsedMs >= lengthMs) return connection;
  const share = (packets: bigint): bigint => (packets * BigInt(elapsedMs)) / BigInt(lengthMs);
  const packetsUp = share(connection.packetsUp);
  const packetsDown = share(connection.packetsDown);
  return {
    packetsUp,
    packetsDown,
    bytesUp: connection.packetsUp === 0n ? 0n : (connection.bytesUp * packetsUp) / connection.packetsUp,
    bytesDown: connection.packetsDown === 0n ? 0n : (connection.bytesDown * packetsDown) / connection.packetsDown,
  };
}

function defaultIncident(todayMs: number): number {
  let day = todayMs - 2 * DAY_MS;
  while ([0, 6].includes(new Date(day).getUTCDay())) day -= DAY_MS;
  return day + 14 * HOUR_MS + 20 * 60_000;
}
