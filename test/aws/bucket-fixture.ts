import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

// A bucket in moto, filled with flow logs whose bytes are known.

/** Path style, as every stand-in on an IP address needs it. */
const s3 = new S3Client({ region: 'us-east-1', forcePathStyle: true });

const HEAD =
  'account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr region az-id flow-direction interface-type';

/** A name and folder as AWS gives them. */
export function keyOf(
  at: Date,
  options: { account?: string; region?: string; flowLog?: string; prefix?: string } = {},
) {
  const { account = '111122223333', region = 'us-east-1', flowLog = 'fl-0a1b2c3d', prefix = '' } = options;
  const iso = at.toISOString();
  const time = iso.slice(0, 16).replaceAll(/[-:]/g, '');
  const day = iso.slice(0, 10).replaceAll('-', '/');
  return `${prefix}AWSLogs/${account}/vpcflowlogs/${region}/${day}/${account}_vpcflowlogs_${region}_${flowLog}_${time}Z_${time}ab.log.gz`;
}

/** One flow through a NAT gateway at that minute: both of its inside legs, `bytes` up and none down. */
export function logObject(
  at: Date,
  bytes: number,
  options: { client?: string; account?: string; region?: string; eni?: string; own?: string } = {},
) {
  const { client = '10.20.1.1', account = '111122223333', region = 'us-east-1', own = '10.20.0.5' } = options;
  const eni = options.eni ?? `eni-0nat${account.slice(-4)}`;
  const start = Math.floor(at.getTime() / 1000);
  const row = `${account} ${eni} ${client} ${own} 40000 443 6 9 ${bytes} ${start} ${start + 59} ACCEPT OK ${client} 198.51.100.7 ${region} use1-az1 ingress nat_gateway`;
  return gzipSync(`${HEAD}\n${row}\n`);
}

export async function makeBucket(name: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: name }));
}

export async function put(bucket: string, key: string, body: Uint8Array): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
}

/** Objects every five minutes, `count` of them, ending before `until`; `bytes(i)` each. */
export async function fill(
  bucket: string,
  count: number,
  until: Date,
  options: {
    account?: string;
    region?: string;
    flowLog?: string;
    prefix?: string;
    client?: string;
    eni?: string;
    own?: string;
    bytes: (i: number) => number;
  },
): Promise<number> {
  let total = 0;
  const waiting: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    const at = new Date(until.getTime() - (count - i) * 300_000);
    total += options.bytes(i);
    waiting.push(put(bucket, keyOf(at, options), logObject(at, options.bytes(i), options)));
    if (waiting.length >= 32) await Promise.all(waiting.splice(0));
  }
  await Promise.all(waiting);
  return total;
}
