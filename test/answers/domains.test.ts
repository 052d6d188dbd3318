import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import { readResolverLine } from '../../src/flows/resolver-log.js';

const folder = mkdtempSync(join(tmpdir(), 'netcost-domains-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = Date.parse('2026-11-20T10:00:00Z');
const HEADER =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr interface-type flow-direction resource-id region';
const natRow = (client: string, remote: string, bytes: number) =>
  `5 111122223333 eni-0a ${client} 10.0.0.10 40000 443 6 10 ${bytes} ${at / 1000} ${at / 1000 + 60} ACCEPT OK ${client} ${remote} nat_gateway ingress nat-0a us-east-1`;
const dns = (client: string, name: string, address: string, more: object = {}) =>
  JSON.stringify({
    version: '1.100000',
    account_id: '111122223333',
    region: 'us-east-1',
    vpc_id: 'vpc-1',
    query_timestamp: '2026-11-20T09:59:00Z',
    query_name: name,
    query_type: 'A',
    query_class: 'IN',
    rcode: 'NOERROR',
    answers: [
      { Rdata: 'cdn.example.net.', Type: 'CNAME', Class: 'IN' },
      { Rdata: address, Type: 'A', Class: 'IN' },
    ],
    srcaddr: client,
    srcport: '4000',
    transport: 'UDP',
    ...more,
  });

function write(name: string, lines: readonly string[], dnsPath: string) {
  const dir = join(folder, name);
  mkdirSync(join(dir, 'flow-logs'), { recursive: true });
  writeFileSync(
    join(dir, 'flow-logs', 'flow.log'),
    `${[HEADER, natRow('10.20.0.5', '198.51.100.7', 100), natRow('10.20.0.6', '198.51.100.7', 40), natRow('10.20.0.5', '203.0.113.9', 9), natRow('10.20.0.7', '192.0.2.1', 1)].join('\n')}\n`,
  );
  if (lines.length > 0) {
    const file = join(dir, dnsPath);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, gzipSync(`${lines.join('\n')}\n`));
  }
  return join(dir, 'flow-logs');
}
async function ask(flowLogs: string, text: string) {
  const engine = await openEngine({ flowLogs }, { elapsedMs: () => 0 });
  const answer = await engine.ask({ text: `since=2026-11-20 ${text}`, nowMs: at + 3_600_000 });
  await engine.close();
  return { ...answer, told: answer.rows.map((row) => [row.key.domain ?? row.key.client ?? null, Number(row.bytes)]) };
}

describe('by=domain', () => {
  const lines = [
    dns('10.20.0.5', 'API.Vendor.example.', '198.51.100.7'),
    dns('10.20.0.6', 'mirror.example.org.', '198.51.100.7'),
    dns('10.99.0.1', 'logs.us-east-1.amazonaws.com.', '203.0.113.9'),
    'no line of ours',
  ];

  it.each([
    ['in the bucket', 'flow-logs/AWSLogs/111122223333/vpcdnsquerylogs/vpc-1/2026/11/20/vpc-1_vpcdnsquerylogs_x.log.gz'],
    ['beside the logs', 'dns-logs/some.log.gz'],
  ])('names remotes as each client called them, logs %s', async (name, path) => {
    const { told, total, rest } = await ask(write(name, lines, path), 'by=domain');
    expect(told).toEqual([
      ['api.vendor.example', 100],
      ['mirror.example.org', 40],
      // Its client did not ask in these logs; all who did call it so.
      ['logs.us-east-1.amazonaws.com', 9],
      [null, 1],
    ]);
    expect(told.reduce((sum, [, bytes]) => sum + (bytes as number), Number(rest.bytes))).toBe(Number(total.bytes));
  });

  it('keeps what is below a domain, and what has none where one is left out', async () => {
    const logs = write('filters', lines, 'dns-logs/some.log.gz');
    expect((await ask(logs, 'domain=vendor.example by=client')).told).toEqual([['10.20.0.5', 100]]);
    expect((await ask(logs, 'domain=endor.example by=client')).told).toEqual([]);
    expect((await ask(logs, 'domain=!vendor.example by=domain')).told).toHaveLength(3);
  });

  it('says so where there are no such logs', async () => {
    const { told, caveats } = await ask(write('none', [], ''), 'by=domain');
    expect(told).toEqual([[null, 150]]);
    expect(caveats).toContainEqual(expect.stringMatching(/^No Route 53 Resolver query logs were read/));
  });
});

it('reads lines of a Resolver query log, and nothing else', () => {
  expect(readResolverLine(dns('10.0.0.1', 'A.b.', '192.0.2.1'))).toEqual({
    client: '10.0.0.1',
    domain: 'a.b',
    addresses: ['192.0.2.1'],
    atMs: Date.parse('2026-11-20T09:59:00Z'),
  });
  for (const line of [
    '',
    '{',
    'null',
    '[]',
    '{"query_name":"a."}',
    dns('10.0.0.1', 'a.', '', { answers: [] }),
    dns('10.0.0.1', '.', '192.0.2.1'),
  ])
    expect(readResolverLine(line)).toBeUndefined();
});
