/**
 * The leg rule. A flow through a NAT gateway leaves four rows on the gateway's interface, of which two (the inside
 * leg, up and down) are what AWS bills once. On an interface's own side a row's srcaddr or dstaddr is always the
 * interface's primary private address, whatever the packet said; pkt-srcaddr and pkt-dstaddr are the packet's own
 * (AWS, "Flow log limitations"; facts/flow-logs.md 2.1 to 2.3). So, with P the primary address of the gateway:
 *
 *   inside up      src = client      dst = P        pkt-src = client   pkt-dst = remote     dst is rewritten
 *   outside up     src = P           dst = remote   (the same)                              nothing is rewritten
 *   outside down   src = remote      dst = P        (the same)                              nothing is rewritten
 *   inside down    src = P           dst = client   pkt-src = remote   pkt-dst = client     src is rewritten
 *
 * A row is therefore a candidate for the inside leg without knowing any gateway: exactly one side is rewritten. Two
 * things need knowledge and are decided later, in gateways.ts: whether the interface is a gateway at all (pods, transit
 * gateway attachments and firewalls leave rewritten rows too), and whether the packet's address on the interface's
 * side is a secondary address of the gateway (then it is an outside leg). Other shapes of candidates:
 *
 *   nat64     IPv6 client to 64:ff9b::/96; nothing is rewritten
 *   next-hop  rows of a workload's interface whose next hop is a NAT gateway (version 11)
 *   raw       no pkt-* fields: a row between two private addresses is kept in both readings, with the interface's
 *             side as the far address; the reading whose far address is the gateway's own is the true one, and the
 *             remote is not known
 *   plain     a regional gateway's row with nothing rewritten, between a private and a public address
 */
export const LEG_FORMS = ['rewritten', 'nat64', 'next-hop', 'raw', 'plain'] as const;

/** Interface types that are NAT gateways, in both spellings (flow logs use underscores, the EC2 API camel case). */
export function isNatInterfaceType(type: string): boolean {
  return /^(regional_?)?nat_?gateway$/i.test(type);
}

/**
 * A growable set of equally long columns. A row is what one connection did in a minute, as one object tells it: the legs of
 * both directions with the same minute, source, client, remote, port, protocol, service and form. 64-bit columns are pairs
 * of 32-bit words, low word first.
 */
export interface LegColumns {
  length: number;
  capacity: number;
  minute: Int32Array;
  object: Int32Array;
  context: Int32Array;
  near: Int32Array;
  far: Int32Array;
  port: Int32Array;
  protocol: Int16Array;
  form: Uint8Array;
  service: Int32Array;
  /** Of both directions; most questions ask for no more. */
  bytes: Int32Array;
  packets: Int32Array;
  /** How many rows of the log there were. */
  flows: Int32Array;
  /** Of these the ones towards the remote. */
  bytesUp: Int32Array;
  packetsUp: Int32Array;
  flowsUp: Int32Array;
}

export function createLegColumns(capacity = 1 << 16): LegColumns {
  return {
    length: 0,
    capacity,
    minute: new Int32Array(capacity),
    object: new Int32Array(capacity),
    context: new Int32Array(capacity * 2),
    near: new Int32Array(capacity * 2),
    far: new Int32Array(capacity * 2),
    port: new Int32Array(capacity),
    protocol: new Int16Array(capacity),
    form: new Uint8Array(capacity),
    service: new Int32Array(capacity),
    bytes: new Int32Array(capacity * 2),
    packets: new Int32Array(capacity * 2),
    flows: new Int32Array(capacity),
    bytesUp: new Int32Array(capacity * 2),
    packetsUp: new Int32Array(capacity * 2),
    flowsUp: new Int32Array(capacity),
  };
}

/** Doubles the room of every column. */
export function growLegColumns(columns: LegColumns): void {
  const bigger = createLegColumns(columns.capacity * 2);
  for (const name of Object.keys(bigger) as (keyof LegColumns)[]) {
    const from = columns[name];
    if (typeof from !== 'number') (bigger[name] as typeof from).set(from as never);
  }
  Object.assign(columns, bigger, { length: columns.length });
}
