import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInTerminal } from '../fixtures/run-in-terminal.js';

const folder = mkdtempSync(join(tmpdir(), 'netcost-reconcile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = Date.parse('2026-11-20T10:00:00Z');
const MB = 1024 * 1024;

beforeAll(() => {
  mkdirSync(join(folder, 'flow-logs'));
  const header =
    'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr interface-type flow-direction resource-id region';
  const row = (hour: number, way: 'ingress' | 'egress') => {
    const start = (at + hour * 3_600_000) / 1000;
    const [src, dst] = way === 'ingress' ? ['10.20.0.5', '52.216.0.1'] : ['52.216.0.1', '10.20.0.5'];
    const [shown, other] = way === 'ingress' ? ['10.20.0.5', '10.0.0.10'] : ['10.0.0.10', '10.20.0.5'];
    const ports = way === 'ingress' ? '40000 443' : '443 40000';
    return `5 111122223333 eni-0a ${shown} ${other} ${ports} 6 10 ${MB} ${start} ${start + 60} ACCEPT OK ${src} ${dst} nat_gateway ${way} nat-0a us-east-1`;
  };
  const rows = [0, 1, 2].flatMap((hour) => [row(hour, 'ingress'), row(hour, 'egress')]);
  writeFileSync(join(folder, 'flow-logs', 'flow.log'), `${[header, ...rows].join('\n')}\n`);
  mkdirSync(join(folder, 'cloudwatch'));
  const series = (MetricName: string) => ({
    Namespace: 'AWS/NATGateway',
    MetricName,
    Dimensions: [{ Name: 'NatGatewayId', Value: 'nat-0a' }],
    Period: 3600,
    Stat: 'Sum',
    Timestamps: [-1, 0, 1, 2].map((hour) => new Date(at + hour * 3_600_000).toISOString()),
    Values: [5 * MB, MB, MB, MB],
  });
  writeFileSync(
    join(folder, 'cloudwatch', 'metrics.json'),
    JSON.stringify([series('BytesInFromSource'), series('BytesOutToSource')]),
  );
});

const run = (...args: string[]) => runInTerminal(args, at + 4 * 3_600_000);

it('compares with the metrics beside the logs', async () => {
  const { status, out } = await run('reconcile', 'since=12h', '--flow-logs', join(folder, 'flow-logs'), '--json');
  expect(status).toBe(0);
  const { gateways, findings, bill } = JSON.parse(out) as Record<string, unknown>;
  expect(gateways).toEqual([
    {
      natGatewayId: 'nat-0a',
      // The last hour has no end in the logs yet.
      hours: 2,
      bytesLogs: 4 * MB,
      bytesCloudWatch: 4 * MB,
      difference: 0,
      hoursWithoutLogs: 1,
      bytesWithoutLogs: 10 * MB,
    },
  ]);
  expect(bill).toBeUndefined();
  expect(findings).toEqual([
    'The logs and CloudWatch agree: 0.00 % over the hours that both know.',
    'Hours without logs while CloudWatch saw bytes: nat-0a 1.',
  ]);
});

it('says what it has nothing to compare with, and refuses other words', async () => {
  const text = await run('reconcile', 'since=12h', '--flow-logs', join(folder, 'flow-logs'));
  expect(text.out).toContain('Not compared: the bill is not there (aws.accounts of the config is empty).');
  rmSync(join(folder, 'cloudwatch'), { recursive: true });
  const nothing = await run('reconcile', '--flow-logs', join(folder, 'flow-logs'));
  expect([nothing.status, nothing.err]).toEqual([1, expect.stringContaining('There is nothing to compare with')]);
  const wrong = await run('reconcile', 'by=team', '--flow-logs', join(folder, 'flow-logs'));
  expect([wrong.status, wrong.err]).toEqual([2, expect.stringContaining('reconcile does not know "by=team"')]);
});
