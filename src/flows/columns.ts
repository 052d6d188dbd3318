import type { Layout } from './layout.js';

/** Indexes of the columns that every row is asked for, as plain fields: looked up a few million times a second. */
export interface Columns {
  readonly count: number;
  readonly source: number;
  readonly destination: number;
  readonly packetSource: number;
  readonly packetDestination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
  readonly packets: number;
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
  readonly action: number;
  readonly status: number;
  readonly direction: number;
  readonly sourceService: number;
  readonly destinationService: number;
  readonly isTransitGateway: boolean;
}

export function columnsOf(layout: Layout): Columns {
  const { at } = layout;
  return {
    count: layout.columns,
    source: at.srcaddr,
    destination: at.dstaddr,
    packetSource: at['pkt-srcaddr'],
    packetDestination: at['pkt-dstaddr'],
    sourcePort: at.srcport,
    destinationPort: at.dstport,
    protocol: at.protocol,
    packets: at.packets,
    bytes: at.bytes,
    start: at.start,
    end: at.end,
    action: at.action,
    status: at['log-status'],
    direction: at['flow-direction'],
    sourceService: at['pkt-src-aws-service'],
    destinationService: at['pkt-dst-aws-service'],
    isTransitGateway: layout.isTransitGateway,
  };
}
