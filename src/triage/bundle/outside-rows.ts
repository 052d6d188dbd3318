import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { isPrivateIpv4, parseIpv4 } from '../../flows/addresses.js';
import { type Layout, readLayout } from '../../flows/layout.js';
import { listObjects } from '../../rollups/list-objects.js';
import { MINUTE_MS } from '../../units.js';
import type { FlowReading, FlowSum } from '../sources.js';

/** An object of flow logs is some megabytes; beyond this it is not read for a second look. */
const MAX_OBJECT_BYTES = 24 * 1024 * 1024;
const MAX_TEXT_BYTES = 512 * 1024 * 1024;
const BUCKET_MS = 10 * MINUTE_MS;

/**
 * Sums of the outside legs of the gateways: what a version 2 log tells of remotes, since its inside legs do not hold
 * them. Rows between a gateway's own address and a public one, accepted and with data, by remote and port; clients are
 * not known. Text objects alone: version 2 logs in Parquet have no header to go by and are left out.
 */
export async function readOutsideRows(folder: string, gateways: FlowReading['gateways']): Promise<FlowSum[]> {
  const owner = new Map(
    gateways.flatMap((gateway) => gateway.addresses.map((address) => [address, gateway.id] as const)),
  );
  const sums = new Map<string, FlowSum>();
  for (const object of await listObjects(folder)) {
    if (object.size > MAX_OBJECT_BYTES) continue;
    const text = await textOf(object.path);
    if (text === null) continue;
    let layout: Layout | undefined;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const header = layout && !line.includes('srcaddr') ? undefined : readLayout(line);
      if (header) layout = header;
      else if (layout) addRow(line.split(' '), layout, owner, sums);
    }
  }
  return [...sums.values()];
}

async function textOf(path: string): Promise<string | null> {
  const packed = await readFile(path);
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) return packed.toString('utf8');
  try {
    return gunzipSync(packed, { maxOutputLength: MAX_TEXT_BYTES }).toString('utf8');
  } catch {
    // A damaged object was counted when it was read the first time.
    return null;
  }
}

function addRow(
  cells: readonly string[],
  layout: Layout,
  owner: ReadonlyMap<string, string>,
  sums: Map<string, FlowSum>,
): void {
  const { at } = layout;
  if (cells.length !== layout.columns) return;
  if (at['log-status'] >= 0 && cells[at['log-status']] !== 'OK') return;
  if (at.action >= 0 && cells[at.action] !== 'ACCEPT') return;
  const source = cells[at.srcaddr] ?? '';
  const target = cells[at.dstaddr] ?? '';
  const up = owner.has(source);
  const natGatewayId = owner.get(up ? source : target);
  const remote = up ? target : source;
  if (natGatewayId === undefined || !isPublic(remote)) return;
  const seconds = Number(cells[at.start]);
  const bytes = Number(cells[at.bytes]);
  if (!Number.isFinite(seconds) || !Number.isFinite(bytes)) return;
  const atMs = Math.floor((seconds * 1000) / BUCKET_MS) * BUCKET_MS;
  const port = numberAt(cells, up ? at.dstport : at.srcport);
  const protocol = numberAt(cells, at.protocol);
  const packets = numberAt(cells, at.packets) ?? 0;
  const key = `${atMs}|${natGatewayId}|${remote}|${port}|${protocol}|${up}`;
  const known = sums.get(key);
  sums.set(key, {
    atMs,
    natGatewayId,
    client: null,
    remote,
    port,
    protocol,
    direction: up ? 'up' : 'down',
    awsService: null,
    bytes: (known?.bytes ?? 0) + bytes,
    packets: (known?.packets ?? 0) + packets,
    flows: (known?.flows ?? 0) + 1,
  });
}

function numberAt(cells: readonly string[], index: number): number | null {
  const value = index < 0 ? Number.NaN : Number(cells[index]);
  return Number.isInteger(value) ? value : null;
}

function isPublic(text: string): boolean {
  const bytes = Buffer.from(text, 'latin1');
  const value = parseIpv4(bytes, 0, bytes.length);
  // -1 is no IPv4 address; IPv6 through a NAT gateway is NAT64, whose rows are told by their prefix elsewhere.
  return value >= 0 && !isPrivateIpv4(value);
}
