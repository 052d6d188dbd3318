import type { ColumnName, Layout } from './layout.js';
import {
  BYTES,
  DESTINATION,
  DESTINATION_PORT,
  END,
  PACKET_DESTINATION,
  PACKET_SOURCE,
  PACKETS,
  PROTOCOL,
  SOURCE,
  SOURCE_PORT,
  START,
} from './line-reader.js';

/** Indexes of the columns that every row is asked for, as plain fields: looked up a few million times a second. */
export interface Columns {
  readonly count: number;
  /** srcaddr, dstaddr, pkt-srcaddr, pkt-dstaddr, as SOURCE … of line-reader.ts follow each other. */
  readonly addresses: readonly number[];
  readonly packets: number;
  readonly bytes: number;
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
    addresses: [at.srcaddr, at.dstaddr, at['pkt-srcaddr'], at['pkt-dstaddr']],
    packets: at.packets,
    bytes: at.bytes,
    action: at.action,
    status: at['log-status'],
    direction: at['flow-direction'],
    sourceService: at['pkt-src-aws-service'],
    destinationService: at['pkt-dst-aws-service'],
    isTransitGateway: layout.isTransitGateway,
  };
}

const VALUES: readonly (readonly [number, ColumnName])[] = [
  [START, 'start'],
  [END, 'end'],
  [BYTES, 'bytes'],
  [PACKETS, 'packets'],
  [SOURCE_PORT, 'srcport'],
  [DESTINATION_PORT, 'dstport'],
  [PROTOCOL, 'protocol'],
  [SOURCE, 'srcaddr'],
  [DESTINATION, 'dstaddr'],
  [PACKET_SOURCE, 'pkt-srcaddr'],
  [PACKET_DESTINATION, 'pkt-dstaddr'],
];

/** Where the values of line-reader.ts stand in this layout. */
export function valueColumns({ at }: Layout): ReadonlyMap<number, number> {
  return new Map(VALUES.map(([value, name]) => [value, at[name]]));
}
