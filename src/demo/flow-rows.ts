import type { Gateway, TransitInterface } from './company.js';
import type { Slice } from './ledger.js';

/** One row of a flow log: AWS's field names (with hyphens) and their values. What is absent is written as `-`. */
export type FlowRow = Readonly<Record<string, string | number | bigint | undefined>>;

/** The 29 fields up to version 5, in the order of AWS's table. */
export const V5_FIELDS: readonly string[] = (
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status ' +
  'vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id ' +
  'pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path'
).split(' ');

/** A line of a log with these columns, in their order. */
export function formatRow(fields: readonly string[], row: FlowRow): string {
  let line = '';
  for (let index = 0; index < fields.length; index += 1) {
    const value = row[fields[index]!];
    line += index === 0 ? (value ?? '-') : ` ${value ?? '-'}`;
  }
  return line;
}

/**
 * The four rows that a translated connection leaves on the gateway's interface, two a direction (facts/flow-logs.md 2.1):
 * on the inside leg the packet's own far end stands in `pkt-*`, on the outside leg it stands in `srcaddr`/`dstaddr`.
 */
export function gatewayRows(slice: Slice): FlowRow[] {
  const { client, remote, clientPort, natPort, remotePort } = slice.connection;
  const gateway = client.gateway;
  const own = { ...metadata(slice, gateway), 'interface-id': gateway.interfaceId };
  const nat = gateway.privateIp;
  const toRemote = { 'pkt-dst-aws-service': remote.awsService ?? undefined };
  const fromRemote = { 'pkt-src-aws-service': remote.awsService ?? undefined };
  const rows: FlowRow[] = [];
  if (slice.packetsUp > 0n) {
    const up = { ...own, ...toRemote, packets: slice.packetsUp, bytes: slice.bytesUp, dstport: remotePort };
    rows.push(
      {
        ...up,
        srcaddr: client.address,
        dstaddr: nat,
        srcport: clientPort,
        'pkt-srcaddr': client.address,
        'pkt-dstaddr': remote.address,
        'flow-direction': 'ingress',
      },
      {
        ...up,
        srcaddr: nat,
        dstaddr: remote.address,
        srcport: natPort,
        'pkt-srcaddr': nat,
        'pkt-dstaddr': remote.address,
        'flow-direction': 'egress',
        'traffic-path': 8,
      },
    );
  }
  if (slice.packetsDown > 0n) {
    const down = { ...own, ...fromRemote, packets: slice.packetsDown, bytes: slice.bytesDown, srcport: remotePort };
    rows.push(
      {
        ...down,
        srcaddr: remote.address,
        dstaddr: nat,
        dstport: natPort,
        'pkt-srcaddr': remote.address,
        'pkt-dstaddr': nat,
        'flow-direction': 'ingress',
      },
      {
        ...down,
        srcaddr: nat,
        dstaddr: client.address,
        dstport: clientPort,
        'pkt-srcaddr': remote.address,
        'pkt-dstaddr': client.address,
        'flow-direction': 'egress',
        'traffic-path': 1,
      },
    );
  }
  return rows;
}

/** The same traffic on the transit gateway's interface in the egress VPC: its own address stands for the client's (2.2). */
export function transitRows(slice: Slice, transit: TransitInterface): FlowRow[] {
  const gateway = slice.connection.client.gateway;
  const own = { ...metadata(slice, gateway), 'interface-id': transit.interfaceId, 'subnet-id': transit.subnetId };
  // Seen from this interface, what the client sends leaves towards the gateway: egress.
  return farEndRows(slice, { ...own, 'az-id': transit.zone.id }, transit.privateIp);
}

/** The same traffic on the client's own interface; a pod's address stands in `pkt-*` alone, the node's in the others. */
export function clientRows(slice: Slice): FlowRow[] {
  const { client } = slice.connection;
  return farEndRows(
    slice,
    {
      ...metadata(slice, client.gateway),
      'account-id': client.accountId,
      'interface-id': client.interfaceId,
      'vpc-id': client.vpcId,
      'subnet-id': client.subnetId,
      'az-id': client.azId,
      'instance-id': client.instanceId ?? undefined,
    },
    client.interfaceAddress,
  );
}

/** Somebody on the internet tries the gateway's public address: logged as accepted, dropped by the gateway, never billed. */
export function scanRow(
  gateway: Gateway,
  scan: { startMs: number; from: string; fromPort: number; port: number; packets: number },
): FlowRow {
  return {
    ...gatewayMetadata(gateway),
    ...times(scan.startMs, scan.startMs + 2000),
    'interface-id': gateway.interfaceId,
    srcaddr: scan.from,
    dstaddr: gateway.privateIp,
    'pkt-srcaddr': scan.from,
    'pkt-dstaddr': gateway.privateIp,
    srcport: scan.fromPort,
    dstport: scan.port,
    protocol: 6,
    packets: scan.packets,
    bytes: scan.packets * 44,
    'tcp-flags': 2,
    'flow-direction': 'ingress',
  };
}

/** A client's packets that the network ACL of the gateway's subnet refused: they carry bytes and are not billed. */
export function rejectedRow(
  gateway: Gateway,
  refused: { startMs: number; client: string; clientPort: number; remote: string; port: number; packets: number },
): FlowRow {
  return {
    ...gatewayMetadata(gateway),
    ...times(refused.startMs, refused.startMs + 9000),
    'interface-id': gateway.interfaceId,
    action: 'REJECT',
    srcaddr: refused.client,
    dstaddr: gateway.privateIp,
    'pkt-srcaddr': refused.client,
    'pkt-dstaddr': refused.remote,
    srcport: refused.clientPort,
    dstport: refused.port,
    protocol: 6,
    packets: refused.packets,
    bytes: refused.packets * 60,
    'tcp-flags': 2,
    'flow-direction': 'ingress',
  };
}

/** A window in which nothing passed (`NODATA`), or of which rows were lost inside AWS (`SKIPDATA`): no addresses, no bytes. */
export function emptyRow(gateway: Gateway, startMs: number, endMs: number, status: 'NODATA' | 'SKIPDATA'): FlowRow {
  return {
    version: 5,
    'account-id': gateway.accountId,
    'interface-id': gateway.interfaceId,
    ...times(startMs, endMs),
    'log-status': status,
  };
}

function farEndRows(slice: Slice, own: FlowRow, interfaceAddress: string): FlowRow[] {
  const { client, remote, clientPort, remotePort } = slice.connection;
  const rows: FlowRow[] = [];
  if (slice.packetsUp > 0n) {
    rows.push({
      ...own,
      packets: slice.packetsUp,
      bytes: slice.bytesUp,
      srcport: clientPort,
      dstport: remotePort,
      srcaddr: interfaceAddress,
      dstaddr: remote.address,
      'pkt-srcaddr': client.address,
      'pkt-dstaddr': remote.address,
      'pkt-dst-aws-service': remote.awsService ?? undefined,
      'flow-direction': 'egress',
      'traffic-path': 1,
    });
  }
  if (slice.packetsDown > 0n) {
    rows.push({
      ...own,
      packets: slice.packetsDown,
      bytes: slice.bytesDown,
      srcport: remotePort,
      dstport: clientPort,
      srcaddr: remote.address,
      dstaddr: interfaceAddress,
      'pkt-srcaddr': remote.address,
      'pkt-dstaddr': client.address,
      'pkt-src-aws-service': remote.awsService ?? undefined,
      'flow-direction': 'ingress',
    });
  }
  return rows;
}

function metadata(slice: Slice, gateway: Gateway): FlowRow {
  const { protocol } = slice.connection;
  return {
    ...gatewayMetadata(gateway),
    ...times(slice.startMs, slice.endMs),
    protocol,
    'tcp-flags': protocol === 6 ? 3 : 0,
  };
}

function gatewayMetadata(gateway: Gateway): FlowRow {
  return {
    version: 5,
    'account-id': gateway.accountId,
    'vpc-id': gateway.vpcId,
    'subnet-id': gateway.subnetId,
    type: 'IPv4',
    region: gateway.region,
    'az-id': gateway.azId,
    action: 'ACCEPT',
    'log-status': 'OK',
  };
}

function times(startMs: number, endMs: number): { start: number; end: number } {
  return { start: Math.floor(startMs / 1000), end: Math.floor(endMs / 1000) };
}
