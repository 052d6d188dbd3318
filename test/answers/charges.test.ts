import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startedHours } from '../../src/answers/gateway-kinds.js';
import { writePrices } from '../../src/pricing/price-cache.js';
import type { RateKind } from '../../src/pricing/rate-card.js';
import { answerTable } from '../../src/terminal/answer-table.js';
import { keyOf, natLegs, openBucket, type SmallBucket, textOf, V11 } from '../fixtures/small-bucket.js';

const GB = 2n ** 30n;
const NAT = 'nat-0aaaaaaaaaaaaaaaa';
const IDLE = 'nat-0bbbbbbbbbbbbbbbb';
/** S3 in us-east-1, S3 in eu-west-1 (both in AWS's published ranges), and somebody on the internet. */
const [HERE, ELSEWHERE, INTERNET] = ['52.216.58.42', '52.218.1.1', '198.51.100.7'];

const flow = (remote: string, up: bigint, down: bigint, azId = 'use1-az1') =>
  natLegs({
    client: azId === 'use1-az1' ? '10.20.1.10' : '10.20.2.10',
    remote,
    up,
    down,
    more: { 'interface-type': 'nat_gateway', 'resource-id': NAT, 'az-id': 'use1-az1' },
  });
const nat = (id: string, ip: string, subnet: string, more = {}) => ({
  NatGatewayId: id,
  VpcId: 'vpc-0main',
  SubnetId: subnet,
  State: 'available',
  ConnectivityType: 'public',
  CreateTime: '2026-11-01T00:00:00Z',
  NatGatewayAddresses: [{ PrivateIp: ip, PublicIp: '203.0.113.1', NetworkInterfaceId: `eni-${id.slice(4, 8)}` }],
  ...more,
});
const subnet = (id: string, cidr: string, az: string) => ({
  SubnetId: id,
  VpcId: 'vpc-0main',
  CidrBlock: cidr,
  AvailabilityZoneId: az,
});
const ec2 = (gateways: readonly object[]) => ({
  'nat-gateways.json': JSON.stringify({ NatGateways: gateways }),
  'subnets.json': JSON.stringify({
    Subnets: [
      subnet('subnet-0pub', '10.20.0.0/24', 'use1-az1'),
      subnet('subnet-0a', '10.20.1.0/24', 'use1-az1'),
      subnet('subnet-0b', '10.20.2.0/24', 'use1-az2'),
    ],
  }),
});

let bucket: SmallBucket;
beforeAll(async () => {
  bucket = await openBucket();
  await bucket.put(
    {
      [keyOf()]: textOf(V11, [
        ...flow(INTERNET, 10n * GB, 30n * GB),
        ...flow(HERE, 100n * GB, 5n * GB),
        ...flow(ELSEWHERE, 4n * GB, GB),
        ...flow(INTERNET, 2n * GB, 6n * GB, 'use1-az2'),
      ]),
    },
    ec2([nat(NAT, '10.20.0.5', 'subnet-0pub'), nat(IDLE, '10.20.0.6', 'subnet-0pub')]),
  );
  await bucket.ingest();
});
afterAll(() => bucket.remove());

const usdOf = (rows: readonly { readonly key: object; readonly usd?: string }[]) =>
  Object.fromEntries(rows.map(({ key, usd }) => [Object.values(key).join(), usd]));

describe('what a gateway costs', () => {
  it('is each charge by itself, and their sum', async () => {
    // 4 h, of which two gateways were there: 12 and 12:00 sharp, so four hours each.
    const { rows, total, caveats } = await bucket.ask('by=charge');
    expect(usdOf(rows)).toEqual({
      'data processing': '7.110000', // 158 GB × 0.045
      'data transfer out': '1.080000', // 12 GB up to the internet × 0.09
      'gateway hours': '0.360000', // 2 gateways × 4 h × 0.045
      'cross-AZ': '0.160000', // 8 GB × 0.01 × 2
      'transfer to other Regions': '0.080000', // 4 GB × 0.02
      'public IPv4 hours': '0.040000', // 2 × 4 h × 0.005
    });
    expect(total.usd).toBe('8.830000');
    expect(total.bytes).toBe(158n * GB);
    expect(rows.reduce((sum, { bytes }) => sum + bytes, 0n)).toBe(total.bytes);
    expect(caveats.join(' ')).toContain('Prices: list prices that netcost carries');
  });

  it('keeps every other answer at data processing alone', async () => {
    expect((await bucket.ask('by=nat')).total.usd).toBe('7.110000');
  });

  it('is asked of one gateway by nat=, an idle one included', async () => {
    expect(usdOf((await bucket.ask(`by=charge nat=${IDLE}`)).rows)).toMatchObject({ 'gateway hours': '0.180000' });
    const { rows } = await bucket.ask(`by=charge nat=${NAT}`);
    expect(usdOf(rows)).toMatchObject({ 'gateway hours': '0.180000', 'data processing': '7.110000' });
  });

  it('leaves hours out where clients are asked for, and says so', async () => {
    const { rows, total, caveats } = await bucket.ask('by=charge client=10.20.2.10');
    expect(usdOf(rows)).toEqual({
      'data processing': '0.360000',
      'data transfer out': '0.180000',
      'cross-AZ': '0.160000',
    });
    expect(total.usd).toBe('0.700000');
    expect(caveats[0]).toContain('cannot be split by client');
  });

  it('takes no transfer for what comes in', async () => {
    const down = usdOf((await bucket.ask('by=charge direction=down')).rows);
    expect(down).not.toHaveProperty('data transfer out');
    expect(down['data processing']).toBe('1.890000');
    expect(usdOf((await bucket.ask('by=charge direction=!down')).rows)).toHaveProperty(['data transfer out']);
  });

  it('cuts off at top, and adds up still', async () => {
    const { rows, rest, total } = await bucket.ask('by=charge top=2');
    expect(rows).toHaveLength(2);
    expect(rest).toEqual({ groups: 4, bytes: 0n, usd: '0.640000' });
    expect(total.usd).toBe('8.830000');
  });

  it.each(['by=charge,team', 'by=nat,charge', 'by=charge compare=previous', 'charge=hours'])(
    'is not asked with %s',
    async (question) => {
      await expect(bucket.ask(question)).rejects.toThrow(/by=charge|charge.* is no filter/);
    },
  );

  it('is told with what each charge is taken on', async () => {
    const table = answerTable(await bucket.ask('by=charge'), { hasColour: false });
    expect(table).toMatch(/data processing +158\.00 GB +\$0\.045 +\$7\.11/);
    expect(table).toMatch(/gateway hours +8 h +\$0\.045 +\$0\.36/);
    expect(table).toMatch(/total +\$8\.83/);
  });
});

describe('prices that were fetched', () => {
  const fetched = (rates: Readonly<Record<string, string>>) =>
    new Map([
      [
        'us-east-1',
        new Map(Object.entries(rates).map(([kind, usd]) => [kind as RateKind, { usd, asOf: '2026-11-20' }])),
      ],
    ]);

  it('go before the ones that netcost carries, rate by rate', async () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    writePrices(bucket.store, fetched({ 'nat-gb': '0.0500000000', 'to:eu-west-1': '0.01' }), now);
    const { rows, caveats } = await bucket.ask('by=charge');
    expect(usdOf(rows)).toMatchObject({
      'data processing': '7.900000',
      'transfer to other Regions': '0.040000',
      'gateway hours': '0.360000',
    });
    expect(caveats.join(' ')).toContain('AWS Price List API, read 2026-11-21');
    expect((await bucket.ask('by=nat')).total.usd).toBe('7.900000');
  });

  it('that cannot be read are said, and the carried ones used', async () => {
    writeFileSync(join(bucket.store, 'prices.json'), '{"fetchedAt": 3}');
    const { total, caveats } = await bucket.ask('by=charge');
    expect(total.usd).toBe('8.830000');
    expect(caveats.join(' ')).toContain('prices.json cannot be read');
  });

  it('are taken by the kind of gateway: regional ones pay each zone, provisioned ones their bandwidth', async () => {
    const other = await openBucket();
    const zones = ['use1-az1', 'use1-az2', 'use1-az4'].map((AvailabilityZoneId, i) => ({
      PrivateIp: `10.20.0.${5 + i}`,
      NetworkInterfaceId: `eni-0${i}`,
      AvailabilityZoneId,
    }));
    await other.put(
      { [keyOf()]: textOf(V11, flow(INTERNET, 10n * GB, 0n)) },
      ec2([
        nat(NAT, '10.20.0.5', 'subnet-0pub', { AvailabilityMode: 'regional', NatGatewayAddresses: zones }),
        nat(IDLE, '10.20.0.9', 'subnet-0pub', { ProvisionedBandwidth: { Provisioned: '10' } }),
      ]),
    );
    await other.ingest();
    const rates = { 'regional-nat-gb': '0.04', 'regional-nat-hour': '0.06', 'provisioned-nat-gbps-hour': '1.076' };
    writePrices(other.store, fetched(rates), Date.parse('2026-11-21T12:00:00Z'));
    expect(usdOf((await other.ask('by=charge')).rows)).toMatchObject({
      'data processing': '0.400000',
      'gateway hours': '43.760000', // 3 zones × 4 h × 0.06 + 10 Gbps × 4 h × 1.076
    });
    await other.remove();
  });
});

describe('started hours', () => {
  const hour = (text: string) => Date.parse(`2026-11-21T${text}:00Z`);
  const window = { fromMs: hour('08:30'), toMs: hour('12:00') };
  it.each([
    ['the whole window', undefined, undefined, 4],
    ['made inside', '11:59', undefined, 1],
    ['deleted inside', undefined, '09:01', 1],
    ['gone before', undefined, '08:00', 0],
  ])('of a gateway: %s', (_, from, to, expected) => {
    expect(
      startedHours({ fromMs: (from && hour(from)) || undefined, toMs: (to && hour(to)) || undefined }, window),
    ).toBe(expected);
  });
});
