// A stand-in until the flow store lands: reads gzip text objects of a bundle in memory.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { HOUR_MS } from '../../units.js';
import type { FlowReading, FlowSum, Inventory } from '../sources.js';

const BUCKET = 600_000;

export async function readFlowsInMemory(folder: string, inventory: Inventory | null): Promise<FlowReading> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.gz'));
  const enis = new Map<string, { id: string; own: Set<string> }>();
  for (const nat of inventory?.natGateways ?? []) {
    for (const eni of nat.interfaceIds) enis.set(eni, { id: nat.id, own: new Set(nat.addresses) });
  }
  const sums = new Map<string, FlowSum>();
  const outside = new Map<string, FlowSum>();
  let skipDataRows = 0;
  let noDataRows = 0;
  let rejectedFlows = 0;
  let malformedLines = 0;
  let hasPacketAddresses = true;
  let from = Infinity;
  let to = -Infinity;
  const hours = new Set<number>();
  const seen = new Set<string>();
  const add = (map: Map<string, FlowSum>, sum: FlowSum) => {
    const key = [
      sum.atMs,
      sum.natGatewayId,
      sum.client,
      sum.remote,
      sum.port,
      sum.protocol,
      sum.direction,
      sum.awsService,
    ].join('|');
    const old = map.get(key);
    map.set(
      key,
      old ? { ...old, bytes: old.bytes + sum.bytes, packets: old.packets + sum.packets, flows: old.flows + 1 } : sum,
    );
  };
  for (const file of files) {
    const lines = gunzipSync(await readFile(join(folder, file)))
      .toString('utf8')
      .split('\n');
    const header = (lines[0] ?? '').split(' ');
    const col = (name: string) => header.indexOf(name);
    const c = {
      eni: col('interface-id'),
      src: col('srcaddr'),
      dst: col('dstaddr'),
      sp: col('srcport'),
      dp: col('dstport'),
      proto: col('protocol'),
      packets: col('packets'),
      bytes: col('bytes'),
      start: col('start'),
      end: col('end'),
      action: col('action'),
      status: col('log-status'),
      ps: col('pkt-srcaddr'),
      pd: col('pkt-dstaddr'),
      ss: col('pkt-src-aws-service'),
      ds: col('pkt-dst-aws-service'),
    };
    if (c.ps < 0) hasPacketAddresses = false;
    for (const line of lines.slice(1)) {
      if (line === '') continue;
      const f = line.split(' ');
      if (f.length !== header.length) {
        malformedLines += 1;
        continue;
      }
      const nat = enis.get(f[c.eni] ?? '');
      if (!nat) continue;
      if (f[c.status] === 'NODATA') {
        noDataRows += 1;
        continue;
      }
      if (f[c.status] === 'SKIPDATA') {
        skipDataRows += 1;
        continue;
      }
      if (f[c.action] !== 'ACCEPT') {
        rejectedFlows += 1;
        continue;
      }
      seen.add(nat.id);
      const start = Number(f[c.start]) * 1000;
      const atMs = Math.floor(start / BUCKET) * BUCKET;
      from = Math.min(from, start);
      to = Math.max(to, Number(f[c.end]) * 1000);
      hours.add(Math.floor(start / HOUR_MS));
      const src = f[c.src] as string;
      const dst = f[c.dst] as string;
      const up = nat.own.has(dst);
      const base = {
        atMs,
        natGatewayId: nat.id,
        protocol: Number(f[c.proto]),
        bytes: Number(f[c.bytes]),
        packets: Number(f[c.packets]),
        flows: 1,
      };
      if (c.ps < 0) {
        const other = up ? src : dst;
        const isPrivate = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
          other,
        );
        if (isPrivate)
          add(sums, {
            ...base,
            client: other,
            remote: null,
            port: up ? Number(f[c.dp]) : Number(f[c.sp]),
            direction: up ? 'up' : 'down',
            awsService: null,
          });
        else
          add(outside, {
            ...base,
            client: null,
            remote: other,
            port: up ? Number(f[c.sp]) : Number(f[c.dp]),
            direction: up ? 'down' : 'up',
            awsService: null,
          });
        continue;
      }
      const ps = f[c.ps] as string;
      const pd = f[c.pd] as string;
      if (nat.own.has(ps) || nat.own.has(pd)) continue;
      const service = up ? f[c.ds] : f[c.ss];
      add(sums, {
        ...base,
        client: up ? ps : pd,
        remote: up ? pd : ps,
        port: up ? Number(f[c.dp]) : Number(f[c.sp]),
        direction: up ? 'up' : 'down',
        awsService: service === undefined || service === '-' ? null : service,
      });
    }
  }
  const emptyHours: number[] = [];
  for (let hour = Math.floor(from / HOUR_MS); hour <= Math.floor(to / HOUR_MS); hour += 1)
    if (!hours.has(hour)) emptyHours.push(hour * HOUR_MS);
  return {
    sums: [...sums.values()],
    bucketMs: BUCKET,
    fromMs: from === Infinity ? null : from,
    toMs: to === -Infinity ? null : to,
    emptyHours,
    skipDataRows,
    noDataRows,
    rejectedFlows,
    malformedLines,
    hasPacketAddresses,
    outside: [...outside.values()],
    natGatewaysSeen: [...seen],
  };
}
