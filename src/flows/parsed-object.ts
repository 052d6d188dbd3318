/** Why a line was refused. */
export type MalformedReason = 'columns' | 'number' | 'address' | 'time' | 'status' | 'no-header';

/** One source of rows: an interface in one flow log, with what its rows say of it. Kept in the store by its hash. */
export interface SourceContext {
  readonly flowLogId: string;
  readonly accountId: string;
  readonly interfaceId: string;
  readonly resourceId: string;
  readonly interfaceType: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly azId: string;
  readonly region: string;
  readonly instanceId: string;
  readonly ecsService: string;
  readonly nextHopInterfaceId: string;
  readonly nextHopAzId: string;
  /** Decoded tag values of the row (version 11). */
  readonly tags: readonly string[];
  readonly hasPacketAddresses: boolean;
  readonly hasAction: boolean;
  /** How many of the fields that sharpen an answer the format has: the better of two logs has more. */
  readonly fieldScore: number;
}

/** What the rows of one interface tell about whether it is a NAT gateway; sums of all objects, order-free. */
export interface InterfaceProfile {
  readonly interfaceId: string;
  rows: number;
  /** Rows with an instance-id: never a NAT gateway. */
  instanceRows: number;
  interfaceType: string;
  /** Rewritten rows by the address that stands on the interface's side. */
  readonly primaries: Map<string, number>;
  /** The k smallest hashes of the packet addresses on the interface's side of rewritten rows. */
  readonly inner: Sketch;
  /** The k smallest hashes of the partners in rewritten rows. */
  readonly partners: Sketch;
  /** The k smallest hashes of the addresses in rows where nothing is rewritten. */
  readonly outer: Sketch;
  /** Bytes of rows between a private and a public address with nothing rewritten, by direction. */
  publicUp: number;
  publicDown: number;
}

/** A bottom-k sketch: the k smallest hashes of a set. Mergeable, and the same in whatever order rows come. */
export interface Sketch {
  readonly hashes: Set<number>;
  limit: number;
}

/** What a row of a workload's own interface, or of a Transit Gateway, tells about an address inside. */
export interface AddressFact {
  readonly address: string;
  readonly vpcId: string;
  accountId: string;
  subnetId: string;
  azId: string;
  workload: string;
  tags: readonly string[];
  firstMinute: number;
  lastMinute: number;
}

/** Rows per source, object and minute: what coverage is made of. */
export interface PresenceRow {
  readonly context: bigint;
  readonly minute: number;
  ok: number;
  noData: number;
  skipData: number;
  rejected: number;
  /** Bytes of all accepted rows, whatever their leg: what two logs of one interface must have in common. */
  bytes: number;
}

/** What came out of one object; its legs are in the batch's columns. */
export interface ParsedObject {
  readonly presence: PresenceRow[];
  readonly rows: number;
  readonly malformed: ReadonlyMap<MalformedReason, { count: number; sample: string }>;
  readonly firstSecond: number;
  readonly lastSecond: number;
}

/** What the objects of a batch told together. */
export interface ParsedBatch {
  readonly contexts: ReadonlyMap<bigint, SourceContext>;
  readonly profiles: readonly InterfaceProfile[];
  readonly facts: readonly AddressFact[];
  readonly ipv6: ReadonlyMap<bigint, string>;
  readonly services: ReadonlyMap<number, string>;
}
