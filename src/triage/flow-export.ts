import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ipv4Text } from '../flows/addresses.js';
import { EVERYTHING, legRelation, presenceRelation, type Snapshot } from '../rollups/relations.js';
import type { Store } from '../rollups/store.js';
import { MINUTE_MS } from '../units.js';
import type { FlowReading } from './sources.js';

/** The fields of what is written, by the names that AWS gives them: netcost's reader goes by the header. */
const FIELDS = [
  'version account-id interface-id resource-id vpc-id subnet-id az-id instance-id ecs-service-name srcaddr dstaddr',
  'srcport dstport pkt-srcaddr pkt-dstaddr pkt-src-aws-service pkt-dst-aws-service protocol packets bytes start end',
  'action log-status flow-direction',
].join(' ');
/** The same without packet addresses: a log of version 2 must stay one. */
const PLAIN_FIELDS = FIELDS.replace(' pkt-srcaddr pkt-dstaddr pkt-src-aws-service pkt-dst-aws-service', '');

/** A row stands for at most so many: beyond it the count of flows is cut, the bytes never. */
const MOST_ROWS_OF_ONE = 100;
/** Lines that are joined and packed at a time, so that nobody waits for it. */
const CHUNK_LINES = 5_000;

type Cells = Readonly<Partial<Record<string, string | number | null | undefined>>>;

/**
 * What a diagnosis read of the store as flow-log objects, by their path in a bundle: rows that count, coverage, and what
 * other interfaces told of the clients. Read again they give the same sums. Everything else of the logs (rows that do
 * not count, other gateways) is left out.
 */
export async function exportFlows(
  store: Store,
  reading: FlowReading,
  window: { readonly fromMs: number; readonly toMs: number },
): Promise<Readonly<Record<string, Uint8Array>>> {
  const snapshot = await store.snapshot();
  const minutes = { fromMinute: Math.floor(window.fromMs / MINUTE_MS), toMinute: Math.ceil(window.toMs / MINUTE_MS) };
  const fields = (reading.hasPacketAddresses ? FIELDS : PLAIN_FIELDS).split(' ');
  const gateways = gatewaysOf(snapshot, reading);
  const lines: string[] = [];
  const write = (cells: Cells) => void lines.push(fields.map((field) => cells[field] ?? '-').join(' '));
  const legs = await writeLegs(store, snapshot, minutes, gateways, write);
  await writePresence(store, snapshot, minutes, gateways, legs, write);
  writeOutside(reading, gateways, write);
  writeFacts(reading, minutes.fromMinute, write);
  if (lines.length === 0) return {};
  return { 'flow-logs/netcost-export.log.gz': await pack(fields.join(' '), lines) };
}

interface ExportGateway {
  readonly id: string;
  readonly cells: Cells;
  /** Its address on its own side. */
  readonly own: string;
}

/** By context of the store; gateways that the reading left out are left out here too. */
function gatewaysOf(snapshot: Snapshot, reading: FlowReading): ReadonlyMap<bigint, ExportGateway> {
  const wanted = new Map(reading.gateways.map((gateway) => [gateway.id, gateway]));
  const { sources, gateways } = snapshot.knowledge.gateways;
  return new Map(
    sources.flatMap(({ context, gateway: index, source }): [bigint, ExportGateway][] => {
      const gateway = gateways[index];
      if (!gateway || !wanted.has(gateway.id)) return [];
      const cells = {
        version: 5,
        'account-id': gateway.accountId || source.accountId,
        // Workloads' own rows towards the gateway become the gateway's.
        'interface-id': `eni-${idOf(gateway.id)}`,
        'resource-id': gateway.id,
        'vpc-id': gateway.vpcId || null,
        'az-id': gateway.azId || null,
        action: 'ACCEPT',
        'log-status': 'OK',
      };
      const own = [...gateway.ownAddresses][0] ?? wanted.get(gateway.id)?.addresses[0] ?? '169.254.0.1';
      return [[context, { id: gateway.id, cells, own }]];
    }),
  );
}

/** What stands behind the dash of an id, made long enough to be one. */
function idOf(id: string): string {
  return (id.split('-').at(-1) ?? '').padStart(8, '0');
}

const key = (minute: number, gateway: string) => `${minute} ${gateway}`;

async function writeLegs(
  store: Store,
  snapshot: Snapshot,
  stretch: { readonly fromMinute: number; readonly toMinute: number },
  gateways: ReadonlyMap<bigint, ExportGateway>,
  write: (cells: Cells) => void,
): Promise<ReadonlyMap<string, number>> {
  const services = store.catalog.services();
  const ipv6 = store.catalog.ipv6();
  const text = (id: bigint) => (id < 0n ? null : id < 4294967296n ? ipv4Text(Number(id)) : (ipv6.get(id) ?? null));
  const rows = await store.query(
    `select t, context, near, far, port, protocol, up, service, sum(bytes)::bigint, sum(packets)::bigint, sum(flows)::bigint
     from ${legRelation(store.catalog.dir, snapshot, stretch, EVERYTHING)} group by all order by all`,
  );
  const written = new Map<string, number>();
  for (const [t, context, near, far, port, protocol, up, service, bytes, packets, flows] of rows) {
    const gateway = gateways.get(context as bigint);
    if (!gateway) continue;
    const isUp = Number(up) === 1;
    const client = text(near as bigint);
    const remote = text(far as bigint);
    const name = Number(service) === 0 ? null : services.get(Number(service));
    const remotePort = Number(port) < 0 ? null : Number(port);
    const count = Math.max(1, Math.min(MOST_ROWS_OF_ONE, Number(flows)));
    const cells = {
      ...gateway.cells,
      srcaddr: isUp ? client : gateway.own,
      dstaddr: isUp ? gateway.own : client,
      'pkt-srcaddr': isUp ? client : remote,
      'pkt-dstaddr': isUp ? remote : client,
      'pkt-src-aws-service': isUp ? null : name,
      'pkt-dst-aws-service': isUp ? name : null,
      srcport: isUp ? null : remotePort,
      dstport: isUp ? remotePort : null,
      protocol: Number(protocol) < 0 ? null : Number(protocol),
      'flow-direction': isUp ? 'ingress' : 'egress',
      ...minuteCells(Number(t)),
    };
    for (const [part, share] of parts(BigInt(bytes as bigint), BigInt(packets as bigint), count))
      write({ ...cells, bytes: String(part), packets: String(share) });
    written.set(key(Number(t), gateway.id), (written.get(key(Number(t), gateway.id)) ?? 0) + count);
  }
  return written;
}

/** Bytes and packets over `count` rows, to the last one. */
function parts(bytes: bigint, packets: bigint, count: number): [bigint, bigint][] {
  const [each, of] = [bytes / BigInt(count), packets / BigInt(count)];
  const rest = BigInt(count - 1);
  return Array.from({ length: count }, (_, index) =>
    index === 0 ? [bytes - each * rest, packets - of * rest] : [each, of],
  );
}

/** A row lasts as long as AWS's shortest window: its start is what counts. */
function minuteCells(minute: number): Cells {
  return { start: minute * 60, end: minute * 60 + 59 };
}

/** Coverage: minutes with rows of which none counted, rows without data, skipped and refused ones. */
async function writePresence(
  store: Store,
  snapshot: Snapshot,
  stretch: { readonly fromMinute: number; readonly toMinute: number },
  gateways: ReadonlyMap<bigint, ExportGateway>,
  legs: ReadonlyMap<string, number>,
  write: (cells: Cells) => void,
): Promise<void> {
  const rows = await store.query(
    `select "minute", context, sum(ok)::bigint, sum(no_data)::bigint, sum(skip_data)::bigint, sum(rejected)::bigint
     from ${presenceRelation(store.catalog.dir, snapshot, stretch)} group by all order by all`,
  );
  for (const [at, context, ok, noData, skipData, rejected] of rows) {
    const minute = Number(at);
    const gateway = gateways.get(context as bigint);
    if (!gateway) continue;
    const { 'interface-id': name, 'account-id': account, 'resource-id': resource } = gateway.cells;
    const empty = { version: 5, 'account-id': account, 'interface-id': name, 'resource-id': resource };
    for (const [status, count] of [
      ['NODATA', noData],
      ['SKIPDATA', skipData],
    ] as const)
      for (let n = 0; n < Number(count); n += 1) write({ ...empty, 'log-status': status, ...minuteCells(minute) });
    // Between the gateway and itself: no row that counts.
    const idle = {
      ...gateway.cells,
      ...{ srcaddr: gateway.own, dstaddr: gateway.own, 'pkt-srcaddr': gateway.own, 'pkt-dstaddr': gateway.own },
      ...{ protocol: 6, srcport: 0, dstport: 0, packets: 0, bytes: 0, 'flow-direction': 'egress' },
      ...minuteCells(minute),
    };
    for (let n = 0; n < Number(rejected); n += 1) write({ ...idle, action: 'REJECT' });
    if (Number(ok) > 0 && !legs.has(key(minute, gateway.id))) write(idle);
  }
}

/** Without packet addresses the remotes are known from the outside legs alone. */
function writeOutside(
  reading: FlowReading,
  gateways: ReadonlyMap<bigint, ExportGateway>,
  write: (cells: Cells) => void,
): void {
  const byId = new Map([...gateways.values()].map((gateway) => [gateway.id, gateway]));
  for (const sum of reading.outside) {
    const gateway = byId.get(sum.natGatewayId ?? '');
    if (!gateway) continue;
    const isUp = sum.direction === 'up';
    write({
      ...gateway.cells,
      srcaddr: isUp ? gateway.own : sum.remote,
      dstaddr: isUp ? sum.remote : gateway.own,
      srcport: isUp ? null : sum.port,
      dstport: isUp ? sum.port : null,
      protocol: sum.protocol,
      packets: sum.packets,
      bytes: sum.bytes,
      'flow-direction': isUp ? 'egress' : 'ingress',
      ...minuteCells(Math.floor(sum.atMs / MINUTE_MS)),
    });
  }
}

/** What other interfaces' rows said of the clients: one row of each client's own. */
function writeFacts(reading: FlowReading, minute: number, write: (cells: Cells) => void): void {
  const clients = new Set(reading.sums.flatMap((sum) => sum.client ?? []));
  let count = 0;
  for (const [address, fact] of reading.facts) {
    if (!clients.has(address)) continue;
    count += 1;
    const isInstance = fact.workload?.startsWith('i-') === true;
    write({
      version: 5,
      'account-id': fact.accountId,
      'interface-id': `eni-${count.toString(16).padStart(17, 'f')}`,
      'vpc-id': fact.vpcId,
      'subnet-id': fact.subnetId,
      'az-id': fact.az,
      'instance-id': isInstance ? fact.workload : null,
      'ecs-service-name': isInstance ? null : fact.workload,
      ...{ srcaddr: address, dstaddr: address, 'pkt-srcaddr': address, 'pkt-dstaddr': address },
      ...{ protocol: 6, srcport: 0, dstport: 0, packets: 0, bytes: 0, 'flow-direction': 'egress' },
      ...{ action: 'ACCEPT', 'log-status': 'OK', ...minuteCells(minute) },
    });
  }
}

async function pack(header: string, lines: readonly string[]): Promise<Uint8Array> {
  const packed: Buffer[] = [];
  for (let from = 0; from < lines.length; from += CHUNK_LINES) {
    const text = `${from === 0 ? `${header}\n` : ''}${lines.slice(from, from + CHUNK_LINES).join('\n')}\n`;
    // Members of a gzip file follow one another (RFC 1952, 2.2).
    packed.push(await promisify(gzip)(text));
  }
  return Buffer.concat(packed);
}
