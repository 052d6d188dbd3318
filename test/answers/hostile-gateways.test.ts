import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bytesBy,
  keyOf,
  natLegs,
  openBucket,
  type Row,
  row,
  type SmallBucket,
  textOf,
  V5,
  V11,
} from '../fixtures/small-bucket.js';

let bucket: SmallBucket;
beforeEach(async () => {
  bucket = await openBucket();
});
afterEach(() => bucket.remove());

const ip = (n: number): string => `52.10.${Math.floor(n / 250)}.${1 + (n % 250)}`;
const REGIONAL = { 'interface-id': '-', 'resource-id': 'nat-0regional', 'interface-type': 'regional_nat_gateway' };

describe('a regional NAT gateway without an inventory', () => {
  it('with forty addresses of very unequal use counts each leg once', async () => {
    const rows: Row[] = [];
    let truth = 0n;
    for (let n = 0; n < 40; n++) {
      for (let i = 0; i < (n === 0 ? 400 : 1); i++) {
        truth += 300n;
        rows.push(
          ...natLegs({
            client: `10.20.1.${10 + (i % 5)}`,
            remote: ip(n * 7 + i),
            up: 100,
            down: 200,
            own: `10.20.200.${n + 1}`,
            more: { ...REGIONAL, 'az-id': `use1-az${1 + (n % 3)}` },
          }),
        );
      }
    }
    await bucket.put({ [keyOf()]: textOf(V11, rows) });
    expect((await bucket.askOnce('')).total.bytes).toBe(truth);
  });

  it('that shows its public address on its side counts each leg once', async () => {
    const rows = Array.from({ length: 20 }, (_, i) =>
      natLegs({ client: '10.20.1.10', remote: ip(i), up: 100, down: 200, own: '100.22.9.10', more: REGIONAL }),
    ).flat();
    await bucket.put({ [keyOf()]: textOf(V11, rows) });
    expect((await bucket.askOnce('')).total.bytes).toBe(6000n);
  });

  it('that workloads name as their next hop too is one gateway', async () => {
    const own = natLegs({
      client: '10.20.1.10',
      remote: '198.18.0.1',
      up: 100,
      down: 200,
      own: '10.20.200.1',
      more: REGIONAL,
    });
    const workload = (src: string, dst: string, direction: string, bytes: number): Row =>
      row({
        'interface-id': 'eni-0work',
        'instance-id': 'i-0work',
        srcaddr: src,
        dstaddr: dst,
        'pkt-srcaddr': src,
        'pkt-dstaddr': dst,
        bytes,
        'flow-direction': direction,
        'interface-type': 'interface',
        'next-hop-interface-type': 'regional_nat_gateway',
        'next-hop-vpc-id': 'vpc-0main',
      });
    await bucket.put({
      [keyOf()]: textOf(V11, [
        ...own,
        workload('10.20.1.10', '198.18.0.1', 'egress', 100),
        workload('198.18.0.1', '10.20.1.10', 'ingress', 200),
      ]),
    });
    const answer = await bucket.askOnce('by=nat');
    expect(bytesBy(answer)).toEqual({ 'nat-0regional': 300n });
  });

  it.each([V11, V11.replace(' resource-id', '')])(
    'is told from another one in another VPC and Region (format %#)',
    async (fields) => {
      const of = (vpc: string, region: string, up: number) =>
        natLegs({
          client: '10.20.1.10',
          remote: '198.18.0.1',
          up,
          down: 7,
          own: '10.20.200.1',
          more: { ...REGIONAL, 'resource-id': `nat-${vpc}`, 'vpc-id': vpc, region },
        });
      await bucket.put({
        [keyOf()]: textOf(fields, [...of('vpc-0a', 'us-east-1', 100), ...of('vpc-0b', 'sa-east-1', 1000)]),
      });
      const answer = await bucket.askOnce('by=nat');
      expect(answer.rows.map(({ bytes }) => bytes)).toEqual([1007n, 107n]);
      expect(bytesBy(await bucket.askOnce('by=vpc'))).toEqual({ 'vpc-0b': 1007n, 'vpc-0a': 107n });
    },
  );
});

describe('gateways named by interface-type', () => {
  it('count the rows whose metadata AWS could not tell', async () => {
    const known = natLegs({
      client: '10.20.1.10',
      remote: '198.18.0.1',
      up: 100,
      more: { 'interface-type': 'nat_gateway' },
    });
    const bare = natLegs({
      client: '10.20.1.10',
      remote: '198.18.0.1',
      up: 50,
      more: { 'interface-type': '-', 'vpc-id': '-', region: '-', 'account-id': 'unknown' },
    });
    await bucket.put({
      [keyOf({ time: '1000' })]: textOf(V11, bare),
      [keyOf()]: textOf(V11, known),
      [keyOf({ time: '1010' })]: textOf(
        V11,
        bare.map((one) => ({ ...one, bytes: Number(one.bytes) * 2 })),
      ),
    });
    expect((await bucket.askOnce('by=nat')).rows).toMatchObject([
      { key: { nat: 'eni-0nat' }, bytes: 250n, usd: expect.any(String) },
    ]);
  });

  it('in a chain count their refused and empty rows once', async () => {
    const inner = { 'interface-id': 'eni-0inner', 'interface-type': 'nat_gateway' };
    const outer = { 'interface-id': 'eni-0outer', 'interface-type': 'nat_gateway' };
    const rows = [
      ...natLegs({ client: '10.20.1.10', remote: '198.18.0.1', up: 100, own: '10.20.0.5', more: inner }).map(
        (one, i) =>
          i === 1 || i === 2
            ? { ...one, 'next-hop-interface-type': 'nat_gateway', 'next-hop-interface-id': 'eni-0outer' }
            : one,
      ),
      ...natLegs({ client: '10.20.0.5', remote: '198.18.0.1', up: 100, own: '10.20.9.9', more: outer }).map((one, i) =>
        i === 0 || i === 3
          ? { ...one, 'next-hop-interface-type': 'nat_gateway', 'next-hop-interface-id': 'eni-0inner' }
          : one,
      ),
      row({
        ...inner,
        srcaddr: '10.20.0.5',
        dstaddr: '198.18.0.1',
        'pkt-srcaddr': '10.20.0.5',
        'pkt-dstaddr': '198.18.0.1',
        bytes: 5,
        action: 'REJECT',
        'next-hop-interface-type': 'nat_gateway',
        'next-hop-interface-id': 'eni-0outer',
      }),
    ];
    await bucket.put({ [keyOf()]: textOf(V11, rows) });
    const answer = await bucket.askOnce('by=nat');
    expect(bytesBy(answer)).toEqual({ 'eni-0inner': 100n, 'eni-0outer': 100n });
    expect(answer.coverage.rejectedFlows).toBe(1);
  });
});

describe('an inventory', () => {
  const ec2 = {
    'nat-gateways.json': JSON.stringify({
      NatGateways: [
        {
          NatGatewayId: 'nat-0real',
          VpcId: 'vpc-0main',
          State: 'available',
          SubnetId: 'subnet-0p',
          NatGatewayAddresses: [{ NetworkInterfaceId: 'eni-0nat', PrivateIp: '10.20.0.5', PublicIp: '100.22.0.1' }],
        },
      ],
    }),
    'network-interfaces.json': JSON.stringify({
      NetworkInterfaces: [
        {
          NetworkInterfaceId: 'eni-0nat',
          InterfaceType: 'natGateway',
          VpcId: 'vpc-0main',
          PrivateIpAddress: '10.20.0.5',
        },
        {
          NetworkInterfaceId: 'eni-0box',
          InterfaceType: 'interface',
          VpcId: 'vpc-0main',
          PrivateIpAddress: '10.20.0.9',
          Attachment: { InstanceId: 'i-0box' },
        },
      ],
    }),
  };
  it('that names an interface as an instance makes its NAT instance no gateway', async () => {
    const fields = V5.replace(' instance-id', '');
    const rows = (eni: string, own: string, up: number) =>
      Array.from({ length: 30 }, (_, i) =>
        natLegs({ client: '10.20.1.10', remote: ip(i), up, down: up, own, more: { 'interface-id': eni } }),
      ).flat();
    await bucket.put(
      { [keyOf()]: textOf(fields, [...rows('eni-0nat', '10.20.0.5', 100), ...rows('eni-0box', '10.20.0.9', 9)]) },
      ec2,
    );
    expect(bytesBy(await bucket.askOnce('by=nat'))).toEqual({ 'nat-0real': 6000n });
  });

  it('with deleted and failed gateways does not miss their logs', async () => {
    const gone = JSON.parse(ec2['nat-gateways.json']) as { NatGateways: object[] };
    gone.NatGateways.push(
      { NatGatewayId: 'nat-0gone', State: 'deleted', VpcId: 'vpc-0main' },
      { NatGatewayId: 'nat-0failed', State: 'failed' },
      { NatGatewayId: 'nat-0quiet', State: 'available' },
    );
    await bucket.put(
      { [keyOf()]: textOf(V5, natLegs({ client: '10.20.1.10', remote: ip(1), up: 5 })) },
      { ...ec2, 'nat-gateways.json': JSON.stringify(gone) },
    );
    expect((await bucket.askOnce('')).coverage.gatewaysWithoutLogs).toEqual(['nat-0quiet']);
  });
});

describe('rows of other interfaces', () => {
  it('tell the workload of a client whatever the transit gateway says before or after', async () => {
    const nat = natLegs({
      client: '10.20.1.10',
      remote: '198.18.0.1',
      up: 100,
      more: { 'interface-type': 'nat_gateway' },
    });
    const work = row({
      'interface-id': 'eni-0work',
      'instance-id': 'i-0work',
      srcaddr: '10.20.1.10',
      dstaddr: '10.20.0.5',
      'pkt-srcaddr': '10.20.1.10',
      'pkt-dstaddr': '198.18.0.1',
      bytes: 100,
      'flow-direction': 'egress',
      'az-id': 'use1-az4',
      'interface-type': 'interface',
    });
    const TGW =
      'version resource-type account-id tgw-id tgw-src-vpc-account-id tgw-src-vpc-id srcaddr dstaddr protocol packets bytes start end log-status';
    const tgw = row({
      'tgw-id': 'tgw-0a',
      'resource-type': 'TransitGateway',
      'tgw-src-vpc-account-id': '444455556666',
      'tgw-src-vpc-id': 'vpc-0main',
      srcaddr: '10.20.1.10',
      dstaddr: '198.18.0.1',
      bytes: 100,
    });
    for (const [log, time] of [
      ['fl-0bbbbbbbb', '1000'],
      ['fl-0cccccccc', '1010'],
    ] as const) {
      const other = await openBucket();
      try {
        await other.put({ [keyOf()]: textOf(V11, [...nat, work]), [keyOf({ log, time })]: textOf(TGW, [tgw]) });
        await other.ingest();
        expect((await other.ask('by=workload,az')).rows, time).toMatchObject([
          { key: { workload: 'i-0work', az: 'use1-az4' }, bytes: 100n },
        ]);
        await other.put({ [keyOf({ log, time: '1015' })]: textOf(TGW, [tgw, tgw]) });
        await other.ingest();
        expect((await other.ask('by=workload,az')).rows, `${time} and later`).toMatchObject([
          { key: { workload: 'i-0work', az: 'use1-az4' } },
        ]);
      } finally {
        await other.remove();
      }
    }
  });

  it('however many do not hide NAT64', async () => {
    const rows = [
      ...Array.from({ length: 25_000 }, (_, i) =>
        row({
          srcaddr: '10.20.0.5',
          dstaddr: ip(i % 9000),
          'pkt-srcaddr': '10.20.0.5',
          'pkt-dstaddr': ip(i % 9000),
          bytes: 1,
          'interface-type': 'nat_gateway',
        }),
      ),
      row({
        srcaddr: '2600:1f18::a',
        dstaddr: '64:ff9b::c612:1',
        'pkt-srcaddr': '2600:1f18::a',
        'pkt-dstaddr': '64:ff9b::c612:1',
        bytes: 77,
        type: 'IPv6',
        'interface-type': 'nat_gateway',
      }),
    ];
    await bucket.put({ [keyOf()]: textOf(V11, rows) });
    expect(bytesBy(await bucket.askOnce('by=client,remote'))).toEqual({ '2600:1f18::a 198.18.0.1': 77n });
    expect((await bucket.askOnce('client=2600:1f18::/32 remote=198.18.0.0/15')).total.bytes).toBe(77n);
  });
});
