import { hashText, idToBigInt, isPrivateIpv4 } from './addresses.js';
import type { ColumnName, Layout } from './layout.js';
import { isNatInterfaceType } from './legs.js';
import type { AddressFact, InterfaceProfile, PresenceRow, SourceContext } from './parsed-object.js';
import { createSketch } from './sketch.js';

/** One source context in the object that is being read, with what its rows add up to. */
export interface Source {
  readonly context: SourceContext;
  readonly key: Uint8Array;
  readonly lo: number;
  readonly hi: number;
  readonly passOver: boolean;
  readonly isNextHopNat: boolean;
  readonly isRegionalNat: boolean;
  readonly profile: InterfaceProfile;
  readonly presence: Map<number, PresenceRow>;
  lastPresence: PresenceRow | undefined;
  lastOwn: AddressFact | undefined;
  lastOwnKey: Uint8Array;
}

/** An instance's interface is no NAT gateway's: AWS leaves instance-id empty on requester-managed interfaces. */
export function isWorkloadInterface(source: Source): boolean {
  return source.context.instanceId !== '';
}

export function countPresence(
  source: Source,
  minute: number,
  what: 'ok' | 'noData' | 'skipData' | 'rejected',
  bytes = 0,
): void {
  let row = source.lastPresence;
  if (row === undefined || row.minute !== minute) {
    row = source.presence.get(minute);
    if (row === undefined) {
      const context = idToBigInt({ hi: source.hi, lo: source.lo });
      row = { context, minute, ok: 0, noData: 0, skipData: 0, rejected: 0, bytes: 0 };
      source.presence.set(minute, row);
    }
    source.lastPresence = row;
  }
  row[what] += 1;
  row.bytes += bytes;
}

type ReadColumn = (column: number) => string;
const LETTER_E = 101;

export interface Sources {
  useLayout(layout: Layout): void;
  find(bytes: Uint8Array, starts: Int32Array, text: ReadColumn): Source;
  learnsFacts(source: Source): boolean;
  learnOwnAddress(source: Source, bytes: Uint8Array, starts: Int32Array, text: ReadColumn, minute: number): void;
  learnTransitGateway(text: ReadColumn, minute: number): void;
  /** Whether a client can sit on that address, where only that tells the legs apart. */
  isInside(address: number): boolean;
  presence(): PresenceRow[];
  contexts(): ReadonlyMap<bigint, SourceContext>;
  profiles(): InterfaceProfile[];
  facts(): AddressFact[];
}

const present = (value: string): string => (value === '-' || value === 'None' || value === 'unknown' ? '' : value);

/** A tag value of a row: percent-encoded UTF-8, the hyphen included (AWS, version 11). Broken escapes stay as they are. */
export function decodeTag(value: string): string {
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

/** Keeps the sources of one object. A row finds its own by the bytes of its context columns, without making strings. */
export function createSources(options: {
  readonly flowLogId: string;
  readonly accountId: string;
  readonly region: string;
  readonly passOver: ReadonlySet<string>;
}): Sources {
  const byHash = new Map<number, Source[]>();
  const all: Source[] = [];
  const profiles = new Map<string, InterfaceProfile>();
  const facts = new Map<string, AddressFact>();
  let layout: Layout | undefined;
  let columns: readonly number[] = [];

  const profileOf = (interfaceId: string): InterfaceProfile => {
    let profile = profiles.get(interfaceId);
    if (!profile) {
      profile = {
        interfaceId,
        rows: 0,
        instanceRows: 0,
        interfaceType: '',
        primaries: new Map(),
        inner: createSketch(),
        outer: createSketch(),
        publicUp: 0,
        publicDown: 0,
      };
      profiles.set(interfaceId, profile);
    }
    return profile;
  };

  const create = (bytes: Uint8Array, starts: Int32Array, text: ReadColumn): Source => {
    const at = layout!.at;
    const get = (name: ColumnName): string => present(text(at[name]));
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
      tags: (['instance-tag', 'instance-tag-2', 'interface-tag', 'interface-tag-2', 'asg-tag', 'asg-tag-2'] as const)
        .map(get)
        .filter((value) => value !== '')
        .map(decodeTag),
      hasPacketAddresses: at['pkt-srcaddr'] >= 0 && at['pkt-dstaddr'] >= 0,
      hasAction: at.action >= 0,
      fieldScore: SCORED.reduce((score, [name, weight]) => score + (at[name] >= 0 ? weight : 0), 0),
    };
    const id = hashText(JSON.stringify(context));
    const key = Buffer.concat(columns.map((c) => bytes.subarray(starts[c]!, starts[c + 1]!)));
    const name = context.interfaceId || context.resourceId;
    const profile = profileOf(name);
    if (context.interfaceType) profile.interfaceType = context.interfaceType;
    if (context.instanceId) profile.instanceRows += 1;
    const isNat = isNatInterfaceType(context.interfaceType) || context.resourceId.startsWith('nat-');
    const source: Source = {
      context,
      key,
      lo: id.lo,
      hi: id.hi,
      profile,
      presence: new Map(),
      lastPresence: undefined,
      lastOwn: undefined,
      lastOwnKey: new Uint8Array(0),
      passOver: options.passOver.has(name) && !nextHop,
      isNextHopNat: nextHop && !isNat,
      isRegionalNat: isNat && (context.interfaceId === '' || /^regional/i.test(context.interfaceType)),
    };
    all.push(source);
    return source;
  };

  const learn = (fact: Omit<AddressFact, 'firstMinute' | 'lastMinute'>, minute: number): AddressFact => {
    const key = `${fact.address}|${fact.vpcId}`;
    const seen = facts.get(key);
    if (!seen) {
      const made = { ...fact, firstMinute: minute, lastMinute: minute };
      facts.set(key, made);
      return made;
    }
    seen.firstMinute = Math.min(seen.firstMinute, minute);
    seen.lastMinute = Math.max(seen.lastMinute, minute);
    return seen;
  };

  return {
    useLayout(next) {
      layout = next;
      columns = next.contextColumns;
      byHash.clear();
    },
    find(bytes, starts, text) {
      let hash = 0x811c9dc5;
      for (const c of columns) {
        for (let i = starts[c]!, to = starts[c + 1]!; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
      }
      const bucket = byHash.get(hash);
      if (bucket) for (const source of bucket) if (sameKey(source.key, bytes, starts, columns)) return source;
      const source = create(bytes, starts, text);
      if (bucket) bucket.push(source);
      else byHash.set(hash, [source]);
      return source;
    },
    learnsFacts(source) {
      const { context } = source;
      return (
        layout!.at['flow-direction'] >= 0 &&
        !isNatInterfaceType(context.interfaceType) &&
        (context.instanceId !== '' || context.ecsService !== '' || context.vpcId !== '')
      );
    },
    learnOwnAddress(source, bytes, starts, text, minute) {
      const at = layout!.at;
      const egress = bytes[starts[at['flow-direction']]!] === LETTER_E;
      const { context } = source;
      // A pod's own address is in the packet; on interfaces without an instance the packet may be somebody else's.
      const packet = egress ? at['pkt-srcaddr'] : at['pkt-dstaddr'];
      const shown = egress ? at.srcaddr : at.dstaddr;
      const column = context.instanceId !== '' && packet >= 0 ? packet : shown;
      const last = source.lastOwn;
      if (last && sameKey(source.lastOwnKey, bytes, starts, [column])) {
        if (minute < last.firstMinute) last.firstMinute = minute;
        if (minute > last.lastMinute) last.lastMinute = minute;
        return;
      }
      const address = text(column);
      if (address === '-' || address === '') return;
      source.lastOwnKey = bytes.slice(starts[column]!, starts[column + 1]!);
      source.lastOwn = learn(
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
    learnTransitGateway(text, minute) {
      const at = layout!.at;
      const side = (address: ColumnName, account: ColumnName, vpc: ColumnName, az: ColumnName): void => {
        const vpcId = present(text(at[vpc]));
        const accountId = present(text(at[account]));
        const own = text(at[address]);
        if (own === '-' || own === '' || (vpcId === '' && accountId === '')) return;
        learn(
          { address: own, vpcId, accountId, subnetId: '', azId: present(text(at[az])), workload: '', tags: [] },
          minute,
        );
      };
      side('srcaddr', 'tgw-src-vpc-account-id', 'tgw-src-vpc-id', 'tgw-src-az-id');
      side('dstaddr', 'tgw-dst-vpc-account-id', 'tgw-dst-vpc-id', 'tgw-dst-az-id');
    },
    isInside: isPrivateIpv4,
    presence: () => all.flatMap((source) => [...source.presence.values()]),
    contexts: () => new Map(all.map((source) => [idToBigInt({ hi: source.hi, lo: source.lo }), source.context])),
    profiles: () => [...profiles.values()],
    facts: () => [...facts.values()],
  };
}

function sameKey(key: Uint8Array, bytes: Uint8Array, starts: Int32Array, columns: readonly number[]): boolean {
  let position = 0;
  for (const c of columns) {
    for (let i = starts[c]!, to = starts[c + 1]!; i < to; i++, position++) if (key[position] !== bytes[i]) return false;
  }
  return position === key.length;
}
