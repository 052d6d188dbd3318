import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { hexOf, type Random, randomFor } from '../src/demo/random.js';
import { type LogCompany, makeLogCompany, pickShare, shuffle } from './log-company.js';

/** Objects that one thread writes. */
export interface ObjectsJob {
  readonly dir: string;
  readonly seed: number;
  /** The objects of an index, with the rows of each; the index tells the time. */
  readonly objects: readonly { readonly index: number; readonly rows: number }[];
}

/** What is true of what was written: the bytes that a gateway processed, each counted once. */
export interface ObjectsTruth {
  readonly rows: number;
  readonly textBytes: number;
  readonly gzipBytes: number;
  /** By day (since the first), then by team. */
  readonly bytes: readonly (readonly bigint[])[];
}

/** The first object begins here; a Monday. */
export const FIRST_MS = Date.UTC(2026, 10, 9);
export const OBJECTS_OF_A_DAY = 288;
const OBJECT_MS = 300_000;
const ACCOUNT = '417283950112';
const REGION = 'us-east-1';
const VPC = 'vpc-0e9a8b7c6d5e4f301';
const HEADER =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path';
const REJECTED_SHARE = 0.004;
const EMPTY_SHARE = 0.0005;
const SCANNED_PORTS = [22, 23, 445, 3389, 5060, 6379, 8080];
/** Where a client's connections go: one of its own few remotes, mostly. */
const STICKY_SHARE = 0.8;
const OWN_REMOTES = 14;

function writeObjects({ dir, seed, objects }: ObjectsJob): ObjectsTruth {
  const company = makeLogCompany(seed);
  const flowLogId = `fl-${hexOf(17, 'flow-log', seed)}`;
  const bytes: bigint[][] = [];
  let rows = 0;
  let textBytes = 0;
  let gzipBytes = 0;
  for (const { index, rows: wanted } of objects) {
    const day = Math.floor(index / OBJECTS_OF_A_DAY);
    while (bytes.length <= day) bytes.push(company.teams.map(() => 0n));
    const sums = company.teams.map(() => 0);
    const lines = objectLines(company, randomFor('object', seed, index), index, wanted, sums);
    for (const [team, sum] of sums.entries()) bytes[day]![team]! += BigInt(sum);
    const text = Buffer.from(`${HEADER}\n${lines.join('\n')}\n`, 'latin1');
    const packed = gzipSync(text, { level: 6 });
    const file = join(dir, objectKey(index, flowLogId, seed));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, packed);
    rows += lines.length;
    textBytes += text.length;
    gzipBytes += packed.length;
  }
  return { rows, textBytes, gzipBytes, bytes };
}

function objectKey(index: number, flowLogId: string, seed: number): string {
  const time = new Date(FIRST_MS + index * OBJECT_MS).toISOString();
  const stamp = `${time.slice(0, 16).replace(/[-:]/g, '')}Z`;
  const folder = `AWSLogs/${ACCOUNT}/vpcflowlogs/${REGION}/${time.slice(0, 10).replaceAll('-', '/')}`;
  return `${folder}/${ACCOUNT}_vpcflowlogs_${REGION}_${flowLogId}_${stamp}_${hexOf(8, seed, index)}.log.gz`;
}

/** The lines of one object, minute by minute and shuffled within each; adds what was processed to `sums`, by team. */
function objectLines(
  company: LogCompany,
  random: Random,
  index: number,
  wanted: number,
  sums: number[],
): readonly string[] {
  const lines: string[] = [];
  for (let minute = 0; minute < 5; minute += 1) {
    const second = (FIRST_MS + index * OBJECT_MS) / 1000 + minute * 60;
    const ofMinute: string[] = [];
    const most = Math.round((wanted * (minute + 1)) / 5) - lines.length;
    while (ofMinute.length < most) {
      const kind = random.next();
      if (kind < REJECTED_SHARE) ofMinute.push(rejectedLine(company, random, second));
      else if (kind < REJECTED_SHARE + EMPTY_SHARE) ofMinute.push(emptyLine(company, random, second));
      else pushConnection(company, random, index, second, ofMinute, sums);
    }
    for (const line of shuffle(ofMinute, random)) lines.push(line);
  }
  return lines;
}

/** The four legs of one connection through a gateway: client to gateway, gateway to remote, and both back. */
function pushConnection(
  company: LogCompany,
  random: Random,
  index: number,
  second: number,
  lines: string[],
  sums: number[],
): void {
  const subnetIndex = pickShare(company.subnetShares, random.next());
  const subnet = company.subnets[subnetIndex]!;
  const host = 4 + Math.floor(subnet.hosts * random.next() * random.next());
  const gateway = company.gateways[subnet.gateway]!;
  const { family, address: remote } = pickRemote(company, random, index, subnetIndex * 256 + host);
  const client = subnet.stem + host;
  const port = family.port === 443 && random.next() < 0.03 ? 80 : family.port;
  const clientPort = random.between(1024, 65_535);
  const gatewayPort = random.between(1024, 65_535);
  const packetsDown = 1 + Math.floor(random.around(family.medianDown, 1.5) / 1180);
  const packetsUp = 1 + Math.floor(packetsDown / 3 + random.next() * 6);
  const down = packetsDown * 40 + Math.floor(packetsDown * 1140 * random.next());
  const up = packetsUp * 40 + Math.floor(packetsUp * 500 * random.next());
  sums[subnet.team]! += up + down;

  const start = second + random.between(0, 49);
  const end = start + random.between(0, second + 59 - start);
  const flags = family.protocol === 17 ? 0 : random.pick([0, 2, 3]);
  const { protocol, service } = family;
  const { address: nat, interfaceId, subnetId, azId } = gateway;
  const head = `5 ${ACCOUNT} ${interfaceId} `;
  const times = `${start} ${end} ACCEPT OK ${VPC} ${subnetId} - `;
  const place = ` ${REGION} ${azId} - - `;
  const sizeUp = `${protocol} ${packetsUp} ${up} ${times}${flags} IPv4 `;
  const sizeDown = `${protocol} ${packetsDown} ${down} ${times}${flags === 0 ? 0 : flags + 16} IPv4 `;
  lines.push(
    `${head}${client} ${nat} ${clientPort} ${port} ${sizeUp}${client} ${remote}${place}- ${service} ingress -`,
    `${head}${nat} ${remote} ${gatewayPort} ${port} ${sizeUp}${nat} ${remote}${place}- ${service} egress 8`,
    `${head}${remote} ${nat} ${port} ${gatewayPort} ${sizeDown}${remote} ${nat}${place}${service} - ingress -`,
    `${head}${nat} ${client} ${port} ${clientPort} ${sizeDown}${remote} ${client}${place}${service} - egress -`,
  );
}

/** Mostly one of the client's own remotes of the day; the first of them more often than the last. */
function pickRemote(company: LogCompany, random: Random, index: number, client: number) {
  const isSticky = random.next() < STICKY_SHARE;
  const slot = Math.floor(OWN_REMOTES * random.next() ** 2);
  const day = Math.floor(index / OBJECTS_OF_A_DAY);
  const own = mix(Math.imul(client, 31) + slot * 7919 + day * 104_729);
  const part = isSticky ? (own & 0xffff) / 65_536 : random.next();
  const family = company.remotes[pickShare(company.remoteShares, part)]!;
  const isFixed = isSticky && !family.hasMovingAddresses;
  const rank = isFixed ? (own >>> 16) / 65_536 : random.next();
  return { family, address: family.addresses[pickShare(family.shares, rank)]! };
}

/** A scan of the gateway from outside, refused. */
function rejectedLine({ gateways }: LogCompany, random: Random, second: number): string {
  const { interfaceId, address, subnetId, azId } = random.pick(gateways);
  const from = `185.${random.between(0, 255)}.${random.between(0, 255)}.${random.between(1, 254)}`;
  const packets = random.between(1, 3);
  const start = second + random.between(0, 29);
  return `5 ${ACCOUNT} ${interfaceId} ${from} ${address} ${random.between(1024, 65_535)} ${random.pick(SCANNED_PORTS)} 6 ${packets} ${packets * 44} ${start} ${start + 29} REJECT OK ${VPC} ${subnetId} - 2 IPv4 ${from} ${address} ${REGION} ${azId} - - - - ingress -`;
}

function emptyLine({ gateways }: LogCompany, random: Random, second: number): string {
  const { interfaceId, subnetId, azId } = random.pick(gateways);
  const status = random.next() < 0.75 ? 'NODATA' : 'SKIPDATA';
  return `5 ${ACCOUNT} ${interfaceId} - - - - - - - ${second} ${second + 59} - ${status} ${VPC} ${subnetId} - - - - - ${REGION} ${azId} - - - - - -`;
}

/** The finishing mix of MurmurHash3: neighbours share no bits. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

// As a thread; as a module it only gives the constants and types.
parentPort?.postMessage(writeObjects(workerData as ObjectsJob));
