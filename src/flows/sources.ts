import { hashText, idToBigInt } from './addresses.js';
import { nameOfSource } from './gateways.js';
import type { ColumnName, Layout } from './layout.js';
import { isNatInterfaceType } from './legs.js';
import type { AddressFact, InterfaceProfile, PresenceRow, SourceContext } from './parsed-object.js';
import { textOf } from './read-values.js';
import { createSketch } from './sketch.js';

/** One source of rows in the batch that is being read, with what its rows add up to. */
export interface Source {
  readonly context: SourceContext;
  /** The bytes of its context columns, by which a row finds it. */
  readonly key: Uint8Array;
  readonly lo: number;
  readonly hi: number;
  /** Known to be no gateway: its rows are not looked at further. */
  readonly passOver: boolean;
  /** An instance's interface is no NAT gateway's: AWS leaves instance-id empty on requester-managed interfaces. */
  readonly isWorkload: boolean;
  readonly isNextHopNat: boolean;
  readonly isRegionalNat: boolean;
  readonly learnsFacts: boolean;
  /** Made from a row without data, whose metadata are dashes; the first row with data makes the true one. */
  readonly isProvisional: boolean;
  readonly profile: InterfaceProfile;
  /** Of the object that is being read. */
  readonly presence: Map<number, PresenceRow>;
  lastOwn: AddressFact | undefined;
  lastOwnKey: Uint8Array;
  /** Rows that went into the profile's sketch of outer addresses. */
  sampled: number;
  lastPrimary: { readonly key: Uint8Array; readonly address: string; count: number } | undefined;
  /** Presence by the last six bits of the minute: an object's minutes are few and close together. */
  readonly recent: (PresenceRow | undefined)[];
}

export function countPresence(
  source: Source,
  minute: number,
  what: 'ok' | 'noData' | 'skipData' | 'rejected',
  bytes: number,
): void {
  let row = source.recent[minute & 63];
  if (row === undefined || row.minute !== minute) {
    row = source.presence.get(minute);
    if (row === undefined) {
      const context = idToBigInt({ hi: source.hi, lo: source.lo });
      row = { context, minute, ok: 0, noData: 0, skipData: 0, rejected: 0, bytes: 0 };
      source.presence.set(minute, row);
    }
    source.recent[minute & 63] = row;
  }
  if (what === 'ok') row.ok += 1;
  else row[what] += 1;
  row.bytes += bytes;
}

/** Adds the rows that were counted for the last primary address to the profile. */
export function flushPrimary(source: Source): void {
  const { lastPrimary, profile } = source;
  if (!lastPrimary) return;
  profile.primaries.set(lastPrimary.address, (profile.primaries.get(lastPrimary.address) ?? 0) + lastPrimary.count);
  lastPrimary.count = 0;
}

const LETTER_E = 101;

/** The sources of all objects of one flow log with one header. A row finds its own by bytes, without making strings. */
export interface Sources {
  find(bytes: Uint8Array, starts: Int32Array, hasData: boolean): Source;
  learnOwnAddress(source: Source, bytes: Uint8Array, starts: Int32Array, minute: number): void;
  learnTransitGateway(bytes: Uint8Array, starts: Int32Array, minute: number): void;
  /** Presence since the last call. */
  takePresence(): PresenceRow[];
  readonly all: readonly Source[];
}

export interface SourcesOptions {
  readonly flowLogId: string;
  readonly accountId: string;
  readonly region: string;
  readonly passOver: ReadonlySet<string>;
  readonly layout: Layout;
  readonly profileOf: (interfaceId: string) => InterfaceProfile;
  readonly learn: (fact: Omit<AddressFact, 'firstMinute' | 'lastMinute'>, minute: number) => AddressFact;
}

export function createProfile(interfaceId: string): InterfaceProfile {
  return {
    interfaceId,
    rows: 0,
    instanceRows: 0,
    interfaceType: '',
    primaries: new Map(),
    inner: createSketch(),
    partners: createSketch(),
    outer: createSketch(),
    publicUp: 0,
    publicDown: 0,
  };
}

const present = (value: string): string => (value === '-' || value === 'None' || value === 'unknown' ? '' : value);

/** A tag value of a row: percent-encoded UTF-8, the hyphen included (AWS, version 11). Broken escapes stay as they are. */
function decodeTag(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Fields that sharpen an answer, by weight: which of two logs of one interface is the better (flow-logs.md 2.3). */
const SCORED: readonly (readonly [ColumnName, number])[] = [
  ['pkt-srcaddr', 100],
  ['pkt-dstaddr', 100],
  ['action', 20],
  ['pkt-src-aws-service', 10],
  ['pkt-dst-aws-service', 10],
  ['flow-direction', 5],
  ['vpc-id', 2],
  ['az-id', 2],
  ['dstport', 1],
  ['protocol', 1],
];
const TAGS = ['instance-tag', 'instance-tag-2', 'interface-tag', 'interface-tag-2', 'asg-tag', 'asg-tag-2'] as const;

export function createSources(options: SourcesOptions): Sources {
  const { layout } = options;
  const { at } = layout;
  const columns = layout.contextColumns;
  const byHash = new Map<number, Source[]>();
  const all: Source[] = [];
  const [direction, shownSource, shownDestination, packetSource, packetDestination] = [
    at['flow-direction'],
    at.srcaddr,
    at.dstaddr,
    at['pkt-srcaddr'],
    at['pkt-dstaddr'],
  ];

  const create = (bytes: Uint8Array, starts: Int32Array, hasData: boolean): Source => {
    const get = (name: ColumnName): string =>
      at[name] < 0 ? '' : present(textOf(bytes, starts[at[name]]!, starts[at[name] + 1]! - 1));
    const nextHop = isNatInterfaceType(get('next-hop-interface-type'));
    const context: SourceContext = {
      flowLogId: options.flowLogId,
      accountId: get('account-id') || options.accountId,
      interfaceId: get('interface-id'),
      resourceId: get('resource-id'),
      interfaceType: get('interface-type'),
      vpcId: get('vpc-id'),
      subnetId: get('subnet-id'),
      azId: get('az-id'),
      region: get('region') || options.region,
      instanceId: get('instance-id'),
      ecsService: get('ecs-service-name'),
      nextHopInterfaceId: nextHop ? get('next-hop-interface-id') || `via ${get('next-hop-vpc-id') || 'NAT'}` : '',
      nextHopAzId: nextHop ? get('next-hop-az-id') : '',
      tags: TAGS.map(get)
        .filter((value) => value !== '')
        .map(decodeTag),
      hasPacketAddresses: packetSource >= 0 && packetDestination >= 0,
      hasAction: at.action >= 0,
      fieldScore: SCORED.reduce((score, [name, weight]) => score + (at[name] >= 0 ? weight : 0), 0),
    };
    const id = hashText(JSON.stringify(context));
    const name = nameOfSource(context);
    const profile = options.profileOf(name);
    if (context.interfaceType) profile.interfaceType = context.interfaceType;
    if (context.instanceId) profile.instanceRows += 1;
    const isTyped = isNatInterfaceType(context.interfaceType);
    const isNat = isTyped || context.resourceId.startsWith('nat-');
    return {
      context,
      lo: id.lo,
      hi: id.hi,
      profile,
      presence: new Map(),
      recent: new Array<PresenceRow | undefined>(64).fill(undefined),
      lastOwn: undefined,
      key: Buffer.concat(columns.map((c) => bytes.subarray(starts[c]!, starts[c + 1]!))),
      lastOwnKey: new Uint8Array(0),
      sampled: 0,
      lastPrimary: undefined,
      isProvisional: !hasData,
      passOver: options.passOver.has(name) && !nextHop,
      isWorkload: context.instanceId !== '',
      isNextHopNat: nextHop && !isNat,
      isRegionalNat: isNat && (context.interfaceId === '' || /^regional/i.test(context.interfaceType)),
      learnsFacts:
        direction >= 0 && !isTyped && (context.instanceId !== '' || context.ecsService !== '' || context.vpcId !== ''),
    };
  };

  return {
    all,
    find(bytes, starts, hasData) {
      // The ends of ids differ most; whether it is the same source is seen by comparing all.
      let hash = 0x811c9dc5;
      for (let n = 0; n < columns.length; n++) {
        const c = columns[n]!;
        const to = starts[c + 1]!;
        for (let i = Math.max(starts[c]!, to - 6); i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
      }
      const bucket = byHash.get(hash);
      if (bucket) {
        for (let n = 0; n < bucket.length; n++) {
          const source = bucket[n]!;
          if (!sameKey(source.key, bytes, starts, columns)) continue;
          if (!hasData || !source.isProvisional) return source;
          bucket.splice(n, 1);
          break;
        }
      }
      const source = create(bytes, starts, hasData);
      all.push(source);
      const list = byHash.get(hash);
      if (list) list.push(source);
      else byHash.set(hash, [source]);
      return source;
    },
    learnOwnAddress(source, bytes, starts, minute) {
      const last = source.lastOwn;
      // An interface without an instance has one address that is its own: nothing new unless the time is.
      if (last && !source.isWorkload && minute >= last.firstMinute && minute <= last.lastMinute) return;
      const egress = bytes[starts[direction]!] === LETTER_E;
      const { context } = source;
      // A pod's own address is in the packet; on interfaces without an instance the packet may be somebody else's.
      const packet = egress ? packetSource : packetDestination;
      const column = source.isWorkload && packet >= 0 ? packet : egress ? shownSource : shownDestination;
      const from = starts[column]!;
      const to = starts[column + 1]! - 1;
      if (last && isKey(source.lastOwnKey, bytes, from, to)) {
        if (minute < last.firstMinute) last.firstMinute = minute;
        if (minute > last.lastMinute) last.lastMinute = minute;
        return;
      }
      const address = textOf(bytes, from, to);
      if (present(address) === '') return;
      source.lastOwnKey = bytes.slice(from, to);
      source.lastOwn = options.learn(
        {
          address,
          vpcId: context.vpcId,
          accountId: context.accountId,
          subnetId: context.subnetId,
          azId: context.azId,
          workload: context.ecsService || context.instanceId,
          tags: context.tags,
        },
        minute,
      );
    },
    learnTransitGateway(bytes, starts, minute) {
      const get = (name: ColumnName): string =>
        at[name] < 0 ? '' : present(textOf(bytes, starts[at[name]]!, starts[at[name] + 1]! - 1));
      const side = (address: ColumnName, account: ColumnName, vpc: ColumnName, az: ColumnName): void => {
        const [own, accountId, vpcId] = [get(address), get(account), get(vpc)];
        if (own === '' || (vpcId === '' && accountId === '')) return;
        options.learn({ address: own, vpcId, accountId, subnetId: '', azId: get(az), workload: '', tags: [] }, minute);
      };
      side('srcaddr', 'tgw-src-vpc-account-id', 'tgw-src-vpc-id', 'tgw-src-az-id');
      side('dstaddr', 'tgw-dst-vpc-account-id', 'tgw-dst-vpc-id', 'tgw-dst-az-id');
    },
    takePresence() {
      const rows: PresenceRow[] = [];
      for (const source of all) {
        if (source.presence.size === 0) continue;
        for (const row of source.presence.values()) rows.push(row);
        source.presence.clear();
        source.recent.fill(undefined);
      }
      return rows;
    },
  };
}

function sameKey(key: Uint8Array, bytes: Uint8Array, starts: Int32Array, columns: readonly number[]): boolean {
  let position = 0;
  for (let n = 0; n < columns.length; n++) {
    const c = columns[n]!;
    for (let i = starts[c]!, to = starts[c + 1]!; i < to; i++, position++) if (key[position] !== bytes[i]) return false;
  }
  return position === key.length;
}

/** Whether bytes [from, to) are the key. */
export function isKey(key: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (key.length !== to - from) return false;
  for (let i = key.length - 1; i >= 0; i--) if (key[i] !== bytes[from + i]) return false;
  return true;
}
