import { describe, expect, it } from 'vitest';
import { type EndpointNetwork, findEndpointSavings, type VpcUsage } from '../../src/answers/endpoint-savings.js';

const GB = 2n ** 30n;
const table = (id: string, more: Partial<NonNullable<EndpointNetwork['routeTables']>[number]> = {}) => ({
  id,
  vpcId: 'vpc-1',
  isMain: false,
  subnetIds: [],
  routes: [{ destination: '0.0.0.0/0', target: 'nat-1', isBlackhole: false }],
  ...more,
});
const endpoint = (more: Partial<NonNullable<EndpointNetwork['endpoints']>[number]> = {}) => ({
  id: 'vpce-1',
  vpcId: 'vpc-1',
  type: 'Gateway',
  serviceName: 'com.amazonaws.us-east-1.s3',
  state: 'available',
  routeTableIds: ['rtb-1'],
  privateDns: false,
  ...more,
});
const network = (more: Partial<EndpointNetwork> = {}): EndpointNetwork => ({
  vpcs: [{ id: 'vpc-1', region: 'us-east-1' }],
  subnets: [
    { id: 'subnet-a', vpcId: 'vpc-1', az: 'us-east-1a' },
    { id: 'subnet-b', vpcId: 'vpc-1', az: 'us-east-1b' },
  ],
  routeTables: [
    table('rtb-1', { subnetIds: ['subnet-a'] }),
    table('rtb-2', { subnetIds: ['subnet-b'] }),
    table('rtb-public', { routes: [{ destination: '0.0.0.0/0', target: 'igw-1', isBlackhole: false }] }),
  ],
  endpoints: [],
  ...more,
});
const usage = (service: string, gb: bigint, more: Partial<VpcUsage> = {}): VpcUsage => ({
  vpcId: 'vpc-1',
  region: 'us-east-1',
  service,
  bytesPerMonth: gb * GB,
  zones: 2,
  ...more,
});

describe('gateway endpoints', () => {
  it('are missing at zero bytes too, in each VPC that leads out through NAT', () => {
    const found = findEndpointSavings(network(), []);
    expect(found.map(({ service, kind, usdSaved, pays }) => [service, kind, usdSaved, pays])).toEqual([
      ['S3', 'missing-gateway-endpoint', '0.00', true],
      ['DYNAMODB', 'missing-gateway-endpoint', '0.00', true],
    ]);
    expect(found[0]).toMatchObject({
      serviceName: 'com.amazonaws.us-east-1.s3',
      routeTableIds: ['rtb-1', 'rtb-2'],
      usdThen: '0.00',
    });
  });

  it('save what NAT takes for the bytes, the most first', () => {
    const found = findEndpointSavings(network(), [usage('S3', 100n), usage('DYNAMODB', 1000n)]);
    expect(found.map(({ service, usdSaved }) => [service, usdSaved])).toEqual([
      ['DYNAMODB', '45.00'],
      ['S3', '4.50'],
    ]);
  });

  it('that exist lack the tables that lead to NAT and not to them', () => {
    const one = findEndpointSavings(network({ endpoints: [endpoint()] }), [usage('S3', 10n)]);
    expect(one.find(({ service }) => service === 'S3')).toMatchObject({
      kind: 'missing-route',
      vpcEndpointId: 'vpce-1',
      routeTableIds: ['rtb-2'],
      usdSaved: '0.45',
    });
  });

  it.each([
    ['every table leads to it', endpoint({ routeTableIds: ['rtb-1', 'rtb-2'] }), []],
    ['it was deleted', endpoint({ state: 'deleted', routeTableIds: ['rtb-1', 'rtb-2'] }), ['missing-gateway-endpoint']],
    ['it is of another VPC', endpoint({ vpcId: 'vpc-2' }), ['missing-gateway-endpoint']],
    ['it is an interface', endpoint({ type: 'Interface' }), ['missing-gateway-endpoint']],
  ])('are judged where %s', (_, existing, kinds) => {
    const found = findEndpointSavings(network({ endpoints: [existing] }), [usage('S3', 10n)]);
    expect(found.filter(({ service }) => service === 'S3').map(({ kind }) => kind)).toEqual(kinds);
  });

  it('are not asked for where nothing leads out, nor guessed where EC2 was not read', () => {
    expect(findEndpointSavings(network({ routeTables: [table('rtb-1', { routes: [] })] }), [])).toEqual([]);
    const blind = network({ vpcs: [], subnets: [], routeTables: undefined, endpoints: undefined });
    expect(findEndpointSavings(blind, [])).toEqual([]);
    const [told] = findEndpointSavings(blind, [usage('S3', 10n)]);
    expect(told).toMatchObject({ kind: 'missing-gateway-endpoint', routeTableIds: [], usdSaved: '0.45' });
  });

  it('have no dollars where the Region has no price', () => {
    const [found] = findEndpointSavings(network(), [usage('S3', 10n, { region: 'cn-north-1' })]);
    expect(found).toMatchObject({ usdNow: null, usdSaved: null, pays: true });
  });
});

describe('interface endpoints', () => {
  const of = (gb: bigint, more: Partial<VpcUsage> = {}, service = 'API_GATEWAY') =>
    findEndpointSavings(network(), [usage(service, gb, more)]).find(({ kind }) => kind === 'interface-endpoint');

  it('pay by zone and hour: 2 zones cost 14.60 and a cent a GB', () => {
    expect(of(1000n)).toMatchObject({
      serviceName: 'com.amazonaws.us-east-1.execute-api',
      usdNow: '45.00',
      usdThen: '24.60',
      usdSaved: '20.40',
      pays: true,
      subnetIds: ['subnet-a', 'subnet-b'],
    });
  });

  it('break even where NAT takes as much: 7.30 / (0.045 - 0.01) GB a zone', () => {
    const breakEven = of(1n)!.breakEvenBytesPerZone!;
    expect(Number(breakEven) / Number(GB)).toBeCloseTo(7.3 / 0.035, 6);
    const at = (bytesPerMonth: bigint) => of(0n, { bytesPerMonth })!.pays;
    expect([at(2n * breakEven + 1000n), at(2n * breakEven - GB)]).toEqual([true, false]);
  });

  it('are named only where the logs tell the service, and left out where there is one', () => {
    expect(of(1000n, {}, 'AMAZON')).toMatchObject({ serviceName: null, pays: true });
    expect(of(1000n, {}, 'EC2')).toBeUndefined();
    const there = endpoint({ type: 'Interface', serviceName: 'com.amazonaws.us-east-1.execute-api', privateDns: true });
    const found = findEndpointSavings(network({ endpoints: [there] }), [usage('API_GATEWAY', 1000n)]);
    expect(found.some(({ kind }) => kind === 'interface-endpoint')).toBe(false);
  });

  it('take every zone for paid where no zone of a client is known', () => {
    expect(of(1000n, { zones: 0 })!.zones).toBe(2);
  });
});
