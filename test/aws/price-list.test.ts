import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { refreshPrices } from '../../jobs/refresh-prices.js';
import { openAwsAccess } from '../../src/aws/access.js';
import { fetchRates } from '../../src/aws/price-list.js';
import { NetcostError } from '../../src/errors.js';
import type { Rate, RateKind } from '../../src/pricing/rate-card.js';

const account = { accountId: '111122223333', roleArn: undefined, externalId: undefined, regions: ['eu-west-1'] };
beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  nock.disableNetConnect();
});
afterEach(() => nock.cleanAll());
afterAll(() => {
  vi.unstubAllEnvs();
  nock.enableNetConnect();
});

/** A product as the Price List API gives it: JSON in a string. */
const product = (usagetype: string, tiers: readonly (readonly [from: string, usd: string])[], attributes = {}) =>
  JSON.stringify({
    product: { productFamily: 'x', attributes: { usagetype, ...attributes } },
    publicationDate: '2026-11-18T19:02:03Z',
    terms: {
      OnDemand: {
        a: {
          priceDimensions: Object.fromEntries(
            tiers.map(([beginRange, USD]) => [beginRange, { beginRange, unit: 'GB', pricePerUnit: { USD } }]),
          ),
        },
      },
    },
  });

/** Answers by service and transfer type; each list in pages of two. */
function serve(lists: Readonly<Record<string, readonly string[]>>) {
  nock('https://api.pricing.us-east-1.amazonaws.com')
    .persist()
    .post('/')
    .reply(200, (_, body) => {
      const { ServiceCode, Filters, NextToken } = JSON.parse(String(body)) as {
        ServiceCode: string;
        Filters: readonly { Field: string; Value: string }[];
        NextToken?: string;
      };
      const type = Filters.find(({ Field }) => Field === 'transferType')?.Value;
      const all = lists[type ?? ServiceCode] ?? [];
      const at = Number(NextToken ?? 0);
      return {
        FormatVersion: 'aws_v1',
        PriceList: all.slice(at, at + 2),
        ...(at + 2 < all.length && { NextToken: String(at + 2) }),
      };
    });
}

const LISTS = {
  AmazonEC2: [
    product('EU-NatGateway-Bytes', [['0', '0.0480000000']]),
    product('EU-NatGateway-Hours', [['0', '0.0480000000']]),
    product('EUW1-RegionalNatGateway-Bytes', [['0', '0.0490000000']]),
    product('EUW1-NatGateway-Prvd-Bytes', [['0', '0.0000000000']]),
    product('EUW1-NatGateway-Prvd-Gbps', [['0', '1.1000000000']]),
    product('EU-Something-Else', [['0', '9']]),
  ],
  'AWS Outbound': [
    product('EU-DataTransfer-Out-Bytes', [
      ['10240', '0.0850000000'],
      ['0', '0.0000000000'],
      ['100', '0.0900000000'],
    ]),
  ],
  IntraRegion: [product('EU-DataTransfer-Regional-Bytes', [['0', '0.0100000000']])],
  'InterRegion Outbound': [
    product('EU-USE1-AWS-Out-Bytes', [['0', '0.0200000000']], { toRegionCode: 'us-east-1' }),
    product('EU-USE1-CloudFront-Out-Bytes', [['0', '7']], { toRegionCode: 'us-east-1' }),
  ],
  AmazonVPC: [product('EU-PublicIPv4:InUseAddress', [['0', '0.0050000000']])],
};

const usdOf = (rates: ReadonlyMap<RateKind, Pick<Rate, 'usd'>>) =>
  Object.fromEntries([...rates].map(([kind, { usd }]) => [kind, Number(usd)]));

describe('list prices', () => {
  it('are read by the end of their usage type, page by page, each kind of gateway apart', async () => {
    serve(LISTS);
    const access = openAwsAccess([account]);
    const rates = await fetchRates(access, account.accountId, 'eu-west-1');
    access.close();
    expect(usdOf(rates)).toEqual({
      'nat-gb': 0.048,
      'nat-hour': 0.048,
      'regional-nat-gb': 0.049,
      'provisioned-nat-gb': 0,
      'provisioned-nat-gbps-hour': 1.1,
      'data-out-gb': 0.09,
      'cross-az-gb': 0.01,
      'public-ipv4-hour': 0.005,
      'to:us-east-1': 0.02,
    });
    expect(rates.get('nat-gb')?.asOf).toBe('2026-11-18');
  });

  it('that are refused are one line with what to do', async () => {
    nock('https://api.pricing.us-east-1.amazonaws.com')
      .persist()
      .post('/')
      .reply(400, { __type: 'AccessDeniedException', message: 'not authorized' });
    const access = openAwsAccess([account]);
    const failure = await fetchRates(access, account.accountId, 'eu-west-1').catch((error: unknown) => error);
    access.close();
    expect(failure).toBeInstanceOf(NetcostError);
    expect((failure as NetcostError).message).toContain('pricing:GetProducts');
  });
});

describe('the job that refreshes prices', () => {
  const rates = new Map([['nat-gb' as const, { usd: '0.05', asOf: '2026-11-18' }]]);
  const job = (fetch: (region: string) => Promise<typeof rates>, kept: unknown[]) =>
    refreshPrices({
      when: '0 4 * * *',
      regions: async () => ['us-east-1', 'eu-west-1'],
      fetch,
      keep: (fetched) => kept.push([...fetched.keys()]),
    });
  const signal = new AbortController().signal;

  it('keeps the prices of all Regions', async () => {
    const kept: unknown[] = [];
    expect(await job(async () => rates, kept).run(signal)).toBe('prices of 2 Regions');
    expect(kept).toEqual([['us-east-1', 'eu-west-1']]);
  });

  it('keeps what came where one fails, and names it', async () => {
    const kept: unknown[] = [];
    const fetch = async (region: string) => {
      if (region === 'eu-west-1') throw new NetcostError('upstream', 'throttled');
      return rates;
    };
    await expect(job(fetch, kept).run(signal)).rejects.toThrow('prices of 1 Regions; not eu-west-1: throttled');
    expect(kept).toEqual([['us-east-1']]);
  });

  it('keeps nothing where the list is empty: that is no price of zero', async () => {
    const kept: unknown[] = [];
    await expect(job(async () => new Map(), kept).run(signal)).rejects.toThrow('has nothing');
    expect(kept).toEqual([]);
  });
});
