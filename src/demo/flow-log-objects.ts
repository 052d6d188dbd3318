import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { DAY_MS, HOUR_MS } from '../units.js';
import { LONGEST_CONNECTION_MS } from './connection.js';
import { clientRows, emptyRow, type FlowRow, formatRow, gatewayRows, transitRows, V5_FIELDS } from './flow-rows.js';
import { type Ledger, slicesOf } from './ledger.js';
import { noiseOfHour } from './noise.js';
import { flowLogKey } from './object-keys.js';
import { hexOf } from './random.js';
import { connectionsOfHour } from './traffic.js';

export interface FlowLogOptions {
  /** The folder that stands for the bucket. */
  readonly dir: string;
  /** Rows that start from here on; the ledger's `fromMs` where absent. */
  readonly fromMs?: number;
  /** Columns and their order; AWS's 29 fields of version 5 where absent. */
  readonly fields?: readonly string[];
  readonly version?: number;
  readonly windowSeconds?: 60 | 600;
  readonly layout?: 'legacy' | 'hive';
  readonly hourly?: boolean;
  readonly prefix?: string;
  /** Whose rows: the gateways' alone (the default), also the transit gateway's interfaces', also the clients'. */
  readonly interfaces?: readonly ('gateway' | 'transit' | 'client')[];
  /** One flow log for each interface (the default) or one for each VPC. */
  readonly flowLogOf?: 'interface' | 'vpc';
  /** Rows that end before come in one object an hour; default: all but the last day's. */
  readonly fineFromMs?: number;
  /** Scans, refused packets, NODATA and one SKIPDATA row; true where absent. */
  readonly noise?: boolean;
}

export interface WrittenFlowLogs {
  readonly objects: number;
  readonly rows: number;
  /** Rows that start here or later are not delivered yet. */
  readonly completeUntilMs: number;
}

interface OpenObject {
  readonly key: string;
  readonly closesMs: number;
  readonly lines: string[];
}

const gzipAsync = promisify(gzip);
const OBJECT_MS = 300_000;

/**
 * Writes what the interfaces would have logged of the ledger, gzip objects in AWS's layout. Older days come in one
 * object an hour, the last day in AWS's five minutes. Yields to the event loop every few hundred rows: the demo's Slack app runs in the same process.
 */
export async function writeFlowLogs(ledger: Ledger, options: FlowLogOptions): Promise<WrittenFlowLogs> {
  const windowSeconds = options.windowSeconds ?? 600;
  const windowMs = windowSeconds * 1000;
  const fromMs = options.fromMs ?? ledger.fromMs;
  const completeUntilMs = deliveredUntil(ledger.nowMs, windowSeconds);
  const fineFromMs = options.fineFromMs ?? Math.floor((ledger.nowMs - DAY_MS) / HOUR_MS) * HOUR_MS;
  const fields = options.fields ?? V5_FIELDS;
  const open = new Map<string, OpenObject>();
  const idle = idleWindows(ledger, windowMs);
  let [objects, rows] = [0, 0];

  const log = (row: FlowRow): void => {
    const startMs = Number(row.start) * 1000;
    const endMs = Number(row.end) * 1000;
    if (startMs < fromMs || (Math.floor(startMs / windowMs) + 1) * windowMs > completeUntilMs) return;
    const lengthMs = endMs < fineFromMs ? HOUR_MS : OBJECT_MS;
    const atMs = Math.floor(endMs / lengthMs) * lengthMs;
    const flowLogId = idOfFlowLog(ledger, row, options.flowLogOf ?? 'interface');
    const name = `${flowLogId} ${atMs}`;
    let object = open.get(name);
    if (!object) {
      const key = flowLogKey({
        accountId: String(row['account-id']),
        region: ledger.company.gateways[0]!.region,
        flowLogId,
        atMs,
        layout: options.layout ?? 'legacy',
        hourly: options.hourly ?? false,
        prefix: options.prefix ?? '',
      });
      object = { key, closesMs: atMs + lengthMs, lines: [fields.join(' ')] };
      open.set(name, object);
    }
    object.lines.push(formatRow(fields, options.version === undefined ? row : { ...row, version: options.version }));
    rows += 1;
  };

  // Connections that began in the hour before still have rows to come.
  const firstHourMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS - LONGEST_CONNECTION_MS;
  for (let hourMs = firstHourMs; hourMs < ledger.nowMs; hourMs += HOUR_MS) {
    for (const row of rowsOfHour(ledger, hourMs, options, windowSeconds)) {
      idle.saw(row);
      log(row);
      if (rows % 500 === 0) await setImmediate();
    }
    if (options.noise !== false) for (const row of idle.rowsBefore(hourMs)) log(row);
    // Whatever ends before this hour is complete: later connections begin later, and NODATA rows follow by an hour.
    objects += await flush(open, options.dir, hourMs);
  }
  if (options.noise !== false) for (const row of idle.rowsBefore(completeUntilMs)) log(row);
  objects += await flush(open, options.dir, Number.POSITIVE_INFINITY);
  return { objects, rows, completeUntilMs };
}

/** Up to which moment rows have been delivered: whole aggregation windows, five minutes and a little late. */
export function deliveredUntil(nowMs: number, windowSeconds: number): number {
  return Math.floor((nowMs - 6 * 60_000) / (windowSeconds * 1000)) * windowSeconds * 1000;
}

function* rowsOfHour(
  ledger: Ledger,
  hourMs: number,
  options: FlowLogOptions,
  windowSeconds: number,
): Generator<FlowRow> {
  const interfaces = options.interfaces ?? ['gateway'];
  for (const connection of connectionsOfHour(ledger.company, ledger.seed, hourMs, ledger.incident)) {
    for (const slice of slicesOf(connection, windowSeconds)) {
      if (interfaces.includes('gateway')) yield* gatewayRows(slice);
      if (interfaces.includes('client')) yield* clientRows(slice);
      if (interfaces.includes('transit')) {
        const zone = connection.client.gateway.azId;
        yield* transitRows(slice, ledger.company.transitInterfaces.find((each) => each.zone.id === zone)!);
      }
    }
  }
  if (options.noise !== false) yield* noiseOfHour(ledger, hourMs);
}

function idOfFlowLog(ledger: Ledger, row: FlowRow, of: 'interface' | 'vpc'): string {
  if (of === 'interface') return `fl-0${hexOf(16, ledger.seed, 'fl', String(row['interface-id']))}`;
  const gateway = ledger.company.gateways.find((each) => each.interfaceId === row['interface-id']);
  return `fl-0${hexOf(16, ledger.seed, 'fl', String(row['vpc-id'] ?? gateway?.vpcId))}`;
}

/** Which windows of which gateway had no row at all: those get a NODATA row, as AWS writes it. */
function idleWindows(ledger: Ledger, windowMs: number) {
  const busy = new Map(ledger.company.gateways.map((gateway) => [gateway.interfaceId, new Set<number>()]));
  let fromMs = Number.NaN;
  return {
    saw(row: FlowRow): void {
      busy.get(String(row['interface-id']))?.add(Math.floor((Number(row.start) * 1000) / windowMs));
    },
    *rowsBefore(untilMs: number): Generator<FlowRow> {
      const from = Number.isNaN(fromMs) ? untilMs : fromMs;
      fromMs = untilMs;
      for (const gateway of ledger.company.gateways) {
        const windows = busy.get(gateway.interfaceId)!;
        for (let at = from; at < untilMs; at += windowMs) {
          if (!windows.delete(at / windowMs)) yield emptyRow(gateway, at, at + windowMs - 1000, 'NODATA');
        }
      }
    },
  };
}

async function flush(open: Map<string, OpenObject>, dir: string, untilMs: number): Promise<number> {
  const due = [...open].filter(([, object]) => object.closesMs <= untilMs);
  for (const [name] of due) open.delete(name);
  await Promise.all(
    due.map(async ([, object]) => {
      const path = join(dir, object.key);
      const packed = await gzipAsync(`${object.lines.join('\n')}\n`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, packed);
    }),
  );
  return due.length;
}
