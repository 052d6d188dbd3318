import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricSeries } from '../../src/demo/cloudwatch-file.js';
import { deliveredUntil, writeFlowLogs } from '../../src/demo/flow-log-objects.js';
import { V5_FIELDS } from '../../src/demo/flow-rows.js';
import { buildLedger, slicesBetween } from '../../src/demo/ledger.js';
import { trueAnswer } from '../../src/demo/oracle.js';
import { extendDemo, type WrittenDemo, writeDemo } from '../../src/demo/write-demo.js';
import { DAY_MS, HOUR_MS, isoTime } from '../../src/units.js';
import { readYaml } from '../../src/yaml.js';
import { type ReadRow, readRows } from './read-rows.js';

const NOW = Date.parse('2026-11-18T12:03:00Z');
let root: string;
let demo: WrittenDemo;
let rows: ReadRow[];
let metrics: MetricSeries[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-demo-'));
  demo = await writeDemo({ dir: join(root, 'demo'), nowMs: NOW, days: 3 });
  rows = await readRows(demo.flowLogsDir);
  metrics = JSON.parse(await readFile(demo.metricsFile, 'utf8'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const json = async (name: string) => JSON.parse(await readFile(join(demo.bundleDir, name), 'utf8'));

/** The inside leg of the demo's gateways, which have one address each: the far end differs from the row's. */
const isInside = (row: ReadRow): boolean =>
  row.action === 'ACCEPT' && (row.srcaddr !== row['pkt-srcaddr'] || row.dstaddr !== row['pkt-dstaddr']);

describe('the flow logs of the demo', () => {
  it('are the same bytes when they are written again', async () => {
    await writeDemo({ dir: join(root, 'again'), nowMs: NOW, days: 3 });
    const files = (await readdir(join(root, 'demo'), { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    );
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      const other = path.replace(join(root, 'demo'), join(root, 'again'));
      expect((await readFile(other)).equals(await readFile(path)), path).toBe(true);
    }
  });

  it('add up to the ledger on the inside leg, hour by hour and gateway by gateway', () => {
    const sums = new Map<string, bigint>();
    for (const row of rows.filter(isInside)) {
      const key = `${row['interface-id']} ${isoTime(Math.floor((Number(row.start) * 1000) / HOUR_MS) * HOUR_MS)}`;
      sums.set(key, (sums.get(key) ?? 0n) + BigInt(row.bytes!));
    }
    const truth = trueAnswer(demo.ledger, {
      fromMs: demo.ledger.fromMs,
      toMs: demo.flowLogs.completeUntilMs,
      by: ['nat', 'hour'],
    });
    const interfaceOf = new Map(demo.ledger.company.gateways.map((each) => [each.id, each.interfaceId]));
    const expected = truth.rows.map(({ key, bytes }) => [`${interfaceOf.get(String(key.nat))} ${key.hour}`, bytes]);
    expect(new Map([...sums].sort())).toEqual(new Map((expected as [string, bigint][]).sort()));
  });

  it('show all four legs of what the gateways forward, equal inside and outside', () => {
    const ofLeg = (test: (row: ReadRow) => boolean): bigint =>
      rows
        .filter((row) => row.action === 'ACCEPT' && row['tcp-flags'] !== '2' && test(row))
        .reduce((sum, row) => sum + BigInt(row.bytes!), 0n);
    const nat = new Set(demo.ledger.company.gateways.map((each) => each.privateIp));
    const insideUp = ofLeg((row) => nat.has(row.dstaddr!) && !nat.has(row['pkt-dstaddr']!));
    const outsideUp = ofLeg((row) => nat.has(row.srcaddr!) && nat.has(row['pkt-srcaddr']!));
    const outsideDown = ofLeg((row) => nat.has(row.dstaddr!) && nat.has(row['pkt-dstaddr']!));
    const insideDown = ofLeg((row) => nat.has(row.srcaddr!) && !nat.has(row['pkt-srcaddr']!));
    expect(insideUp).toBeGreaterThan(0n);
    expect(outsideUp).toBe(insideUp);
    expect(insideDown).toBeGreaterThan(insideUp);
    expect(outsideDown).toBe(insideDown);
  });

  it('hold scans, refused packets, NODATA and SKIPDATA rows, and nothing that is not delivered yet', () => {
    expect(rows.some((row) => row.action === 'REJECT')).toBe(true);
    expect(rows.some((row) => row['tcp-flags'] === '2' && row.action === 'ACCEPT')).toBe(true);
    expect(rows.filter((row) => row['log-status'] === 'SKIPDATA')).toHaveLength(1);
    const empty = rows.filter((row) => row['log-status'] === 'NODATA');
    expect(empty.length).toBeGreaterThan(0);
    expect(empty.every((row) => row.bytes === '-' && row.srcaddr === '-')).toBe(true);
    expect(Math.max(...rows.map((row) => Number(row.start) * 1000))).toBeLessThan(demo.flowLogs.completeUntilMs);
    expect(NOW - demo.flowLogs.completeUntilMs).toBeLessThan(16 * 60_000);
  });

  it('lie in objects whose names hold the end of their rows: hours at first, five minutes on the last day', () => {
    for (const { object, end } of rows) {
      const [, stamp = ''] = /_(\d{8}T\d{4})Z_/.exec(object) ?? [];
      const at = Date.parse(stamp.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:00Z'));
      const isFine = Number(end) * 1000 >= Math.floor((NOW - DAY_MS) / HOUR_MS) * HOUR_MS;
      expect(Number(end) * 1000).toBeGreaterThanOrEqual(at);
      expect(Number(end) * 1000).toBeLessThan(at + (isFine ? 300_000 : HOUR_MS));
    }
  });

  it('can be of another version, order, window and layout, and of every interface of the egress VPC', async () => {
    const ledger = buildLedger({ seed: 'test', nowMs: NOW, days: 1 });
    const fields = [...V5_FIELDS].reverse();
    const dir = join(root, 'other');
    await writeFlowLogs(ledger, {
      dir,
      fields,
      version: 7,
      windowSeconds: 60,
      layout: 'hive',
      hourly: true,
      prefix: 'logs/net',
      interfaces: ['gateway', 'transit', 'client'],
      flowLogOf: 'vpc',
      fromMs: NOW - 3 * HOUR_MS,
      noise: false,
    });
    const read = await readRows(dir);
    expect(read[0]!.object).toMatch(
      /^logs\/net\/AWSLogs\/aws-account-id=\d{12}\/aws-service=vpcflowlogs\/aws-region=us-east-1\/year=2026\/month=11\/day=18\/hour=\d\d\/\d{12}_vpcflowlogs_us-east-1_fl-[0-9a-f]{17}_20261118T\d{4}Z_[0-9a-f]{8}\.log\.gz$/,
    );
    expect(read.every((row) => row.version === '7' && row['log-status'] === 'OK')).toBe(true);
    const { company } = ledger;
    const of = (ids: readonly string[]): ReadRow[] => read.filter((row) => ids.includes(row['interface-id']!));
    const gateway = of(company.gateways.map((each) => each.interfaceId));
    const transit = of(company.transitInterfaces.map((each) => each.interfaceId));
    const clients = of(company.clients.map((each) => each.interfaceId));
    expect(gateway.length).toBe(2 * transit.length);
    expect(clients.length).toBe(transit.length);
    expect(transit.every((row) => row.srcaddr !== row['pkt-srcaddr'] || row.dstaddr !== row['pkt-dstaddr'])).toBe(true);
    const pods = clients.filter((row) => row.srcaddr !== row['pkt-srcaddr'] || row.dstaddr !== row['pkt-dstaddr']);
    expect(pods.length).toBeGreaterThan(0);
    const window = [NOW - 3 * HOUR_MS, deliveredUntil(NOW, 60)] as const;
    const slices = [...slicesBetween(ledger, ...window, 60)];
    expect(transit.filter((row) => row['flow-direction'] === 'egress')).toHaveLength(
      slices.filter((slice) => slice.packetsUp > 0n).length,
    );
  });
});

describe('the demo as time goes on', () => {
  it('adds new objects alone, and holds the rows of a demo that was written later', async () => {
    const lines = async (dir: string): Promise<string[]> =>
      (await readRows(dir)).map(({ object: _, ...row }) => JSON.stringify(row)).sort();
    const first = await writeDemo({ dir: join(root, 'grown'), nowMs: NOW, days: 1 });
    const before = await readdir(first.flowLogsDir, { recursive: true });
    const grown = await extendDemo(first, NOW + 5 * HOUR_MS);
    const after = await readdir(first.flowLogsDir, { recursive: true });
    expect(after.length).toBeGreaterThan(before.length);
    expect(grown.flowLogs.objects).toBe(
      after.filter((name) => name.endsWith('.gz')).length - before.filter((name) => name.endsWith('.gz')).length,
    );
    const later = await writeDemo({ dir: join(root, 'later'), nowMs: NOW + 5 * HOUR_MS, days: 1 });
    expect(await lines(first.flowLogsDir)).toEqual(await lines(later.flowLogsDir));
  });
});

describe('the evidence bundle of the demo', () => {
  it('has metrics that are the sums of the ledger, gateway by gateway', () => {
    const fromMs = demo.ledger.fromMs;
    const toMs = Math.floor(NOW / HOUR_MS) * HOUR_MS;
    for (const { id } of demo.ledger.company.gateways) {
      const where = new Map([['nat', [{ value: id, negated: false }]]] as const);
      // The metrics count in five minutes; rows of five minutes start in the same hour as theirs.
      const truth = trueAnswer(demo.ledger, { fromMs, toMs, where, windowSeconds: 300 }).total;
      const sum = (name: string, period: number, from: number): number => {
        const series = metrics.find(
          (each) => each.MetricName === name && each.Period === period && each.Dimensions[0]!.Value === id,
        )!;
        return series.Values.filter(
          (_, index) => Date.parse(series.Timestamps[index]!) >= from && Date.parse(series.Timestamps[index]!) < toMs,
        ).reduce((total, value) => total + value, 0);
      };
      for (const name of ['BytesInFromSource', 'BytesOutToDestination'])
        expect(sum(name, 3600, fromMs)).toBe(Number(truth.bytesUp));
      for (const name of ['BytesInFromDestination', 'BytesOutToSource'])
        expect(sum(name, 3600, fromMs)).toBe(Number(truth.bytesDown));
      expect(sum('PacketsInFromSource', 3600, fromMs) + sum('PacketsOutToSource', 3600, fromMs)).toBe(
        Number(truth.packets),
      );
      const recent = toMs - 2 * DAY_MS;
      expect(sum('BytesOutToSource', 300, recent)).toBe(sum('BytesOutToSource', 3600, recent));
    }
  });

  it('has a bill of what the gateways processed and an alert that blames EBS for it', async () => {
    const bill = await json('cost-explorer/usage.json');
    const lastDay = bill.ResultsByTime.at(-1);
    const nat = lastDay.Groups.find((group: { Keys: string[] }) => group.Keys[0] === 'NatGateway-Bytes');
    const day = Date.parse(`${lastDay.TimePeriod.Start}T00:00:00Z`);
    const truth = trueAnswer(demo.ledger, { fromMs: day, toMs: day + DAY_MS, windowSeconds: 300 });
    expect(Number(nat.Metrics.UsageQuantity.Amount)).toBeCloseTo(Number(truth.total.bytes) / 2 ** 30, 6);

    const alert = JSON.parse((await json('alert.json')).Message);
    expect(alert.rootCauses[0]).toMatchObject({ service: 'Amazon Elastic Block Store', usageType: 'NatGateway-Bytes' });
    const { totalImpact, totalActualSpend, totalExpectedSpend } = alert.impact;
    expect(totalImpact).toBeCloseTo(totalActualSpend - totalExpectedSpend, 1);
    const until = Math.floor(NOW / DAY_MS) * DAY_MS;
    const pool = demo.ledger.company.clients.find((client) => client.kind === 'agent')!;
    const pulled = trueAnswer(demo.ledger, {
      fromMs: demo.ledger.incident.fromMs,
      toMs: until,
      where: new Map([['workload', [{ value: pool.holder, negated: false }]]] as const),
    });
    const usd = (Number(pulled.total.bytes) / 2 ** 30) * 0.045;
    expect(totalImpact).toBeGreaterThan(usd * 0.85);
    expect(totalImpact).toBeLessThan(usd * 1.2);
  });

  it('has 21 UpdateAgentRuntime calls before the onset, newest event first', async () => {
    const { Events: events } = await json('cloudtrail/events.json');
    const times = events.map((event: { EventTime: string }) => Date.parse(event.EventTime));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const updates = events.filter((event: { EventName: string }) => event.EventName === 'UpdateAgentRuntime');
    expect(updates).toHaveLength(21);
    for (const { EventTime } of updates) {
      expect(Date.parse(EventTime)).toBeLessThan(demo.ledger.incident.fromMs);
      expect(Date.parse(EventTime)).toBeGreaterThan(demo.ledger.incident.fromMs - HOUR_MS);
    }
    expect(events.length).toBeGreaterThan(100);
  });

  it('has an owner for every team and shows every client in the inventory', async () => {
    const { owners } = readYaml(await readFile(demo.ownersFile, 'utf8')) as { owners: { team: string }[] };
    const teams = new Set(owners.map(({ team }) => team));
    const { NetworkInterfaces: interfaces } = await json('ec2/network-interfaces.json');
    const addresses = new Set(
      interfaces.flatMap((each: { PrivateIpAddresses: { PrivateIpAddress: string }[] }) =>
        each.PrivateIpAddresses.map((address) => address.PrivateIpAddress),
      ),
    );
    for (const client of demo.ledger.company.clients) {
      if (client.team) expect(teams).toContain(client.team);
      expect(addresses).toContain(client.address);
    }
    expect(addresses.size).toBe(
      interfaces.length + demo.ledger.company.clients.filter((each) => each.kind === 'eks').length,
    );
  });

  it('has the agents’ private route tables without an S3 endpoint, and the data team’s with one', async () => {
    const { VpcEndpoints: endpoints } = await json('ec2/vpc-endpoints.json');
    expect(endpoints).toHaveLength(1);
    const agents = demo.ledger.company.spokeVpcs.find((vpc) => vpc.name === 'agents')!;
    expect(endpoints[0].VpcId).not.toBe(agents.id);
    const truth = await json('truth.json');
    expect(truth.causes[0].fixes.params['s3-gateway-endpoint']).toEqual({
      vpcId: agents.id,
      serviceName: 'com.amazonaws.us-east-1.s3',
      routeTableIds: agents.routeTables.map((table) => table.id),
    });
  });
});
