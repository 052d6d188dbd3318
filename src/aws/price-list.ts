import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing';
import * as z from 'zod';
import type { Rate, RateKind } from '../pricing/rate-card.js';
import type { AwsAccess } from './access.js';
import { ask, readPages } from './ask.js';

/** The Price List API answers in a few Regions, for all of them. */
const PLACE_OF_PRICES = 'us-east-1';
const MOST_PAGES = 20;

type Wanted = readonly [kind: RateKind, usageType: RegExp];

/** Usage types by their end: what stands before cannot be built from the Region (facts: `USE1-`, `EU-` or nothing). */
const NAT: readonly Wanted[] = [
  ['nat-gb', /(?:^|-)NatGateway-Bytes$/],
  ['nat-hour', /(?:^|-)NatGateway-Hours$/],
  ['regional-nat-gb', /(?:^|-)RegionalNatGateway-Bytes$/],
  ['regional-nat-hour', /(?:^|-)RegionalNatGateway-Hours$/],
  ['provisioned-nat-gb', /(?:^|-)NatGateway-Prvd-Bytes$/],
  ['provisioned-nat-gbps-hour', /(?:^|-)NatGateway-Prvd-Gbps$/],
];
const DATA_OUT: readonly Wanted[] = [['data-out-gb', /(?:^|-)DataTransfer-Out-Bytes$/]];
const CROSS_AZ: readonly Wanted[] = [['cross-az-gb', /(?:^|-)DataTransfer-Regional-Bytes$/]];
const PUBLIC_IPV4: readonly Wanted[] = [['public-ipv4-hour', /(?:^|-)PublicIPv4:InUseAddress$/]];

const Product = z.object({
  product: z.object({ attributes: z.record(z.string(), z.string()) }),
  terms: z.object({
    OnDemand: z
      .record(
        z.string(),
        z.object({
          priceDimensions: z.record(
            z.string(),
            z.object({ beginRange: z.string().optional(), pricePerUnit: z.record(z.string(), z.string()) }),
          ),
        }),
      )
      .optional(),
  }),
  publicationDate: z.string().optional(),
});

export type FetchedRates = ReadonlyMap<RateKind, Pick<Rate, 'usd' | 'asOf'>>;

/**
 * The list prices of one Region in USD: NAT gateways of each kind, data out to the internet (the first paid tier), to
 * other Regions, between zones, public addresses. What the API does not have is not in the answer. `account` is the one
 * whose credentials ask. Throws NetcostError('upstream').
 */
export async function fetchRates(
  access: Pick<AwsAccess, 'client'>,
  accountId: string,
  region: string,
  signal?: AbortSignal,
): Promise<FetchedRates> {
  const place = { accountId, region: PLACE_OF_PRICES };
  const client = access.client(PricingClient, place);
  const products = async (ServiceCode: string, fields: Readonly<Record<string, string>>) => {
    const { items } = await readPages(MOST_PAGES, (NextToken) =>
      ask('pricing:GetProducts', place, signal, async (options) => {
        const Filters = Object.entries(fields).map(([Field, Value]) => ({ Type: 'TERM_MATCH' as const, Field, Value }));
        const answer = await client.send(
          new GetProductsCommand({ ServiceCode, Filters, ...(NextToken === undefined ? {} : { NextToken }) }),
          options,
        );
        return { items: answer.PriceList ?? [], token: answer.NextToken };
      }),
    );
    return items.flatMap((item) => {
      // The SDK gives String objects, not strings.
      const read = Product.safeParse(JSON.parse(String(item)));
      return read.success ? [read.data] : [];
    });
  };
  const from = { fromRegionCode: region };
  const [nat, out, zones, regions, addresses] = await Promise.all([
    products('AmazonEC2', { regionCode: region, productFamily: 'NAT Gateway' }),
    products('AWSDataTransfer', { ...from, transferType: 'AWS Outbound' }),
    products('AWSDataTransfer', { ...from, transferType: 'IntraRegion' }),
    products('AWSDataTransfer', { ...from, transferType: 'InterRegion Outbound' }),
    products('AmazonVPC', { regionCode: region, group: 'VPCPublicIPv4Address' }),
  ]);
  const rates = new Map<RateKind, Pick<Rate, 'usd' | 'asOf'>>();
  for (const [list, wanted] of [
    [nat, NAT],
    [out, DATA_OUT],
    [zones, CROSS_AZ],
    [addresses, PUBLIC_IPV4],
  ] as const) {
    for (const product of list) {
      const { usagetype = '' } = product.product.attributes;
      const kind = wanted.find(([, usageType]) => usageType.test(usagetype))?.[0];
      const rate = rateOf(product);
      if (kind !== undefined && rate !== undefined) rates.set(kind, rate);
    }
  }
  for (const product of regions) {
    const { toRegionCode, usagetype = '' } = product.product.attributes;
    const rate = rateOf(product);
    if (toRegionCode && /-AWS-Out-Bytes$/.test(usagetype) && rate !== undefined) rates.set(`to:${toRegionCode}`, rate);
  }
  return rates;
}

/** Of tiers the first that costs something: the free ones belong to the whole bill, which is not known here. */
function rateOf({ terms, publicationDate }: z.infer<typeof Product>): Pick<Rate, 'usd' | 'asOf'> | undefined {
  const tiers = Object.values(terms.OnDemand ?? {})
    .flatMap(({ priceDimensions }) => Object.values(priceDimensions))
    .flatMap(({ beginRange = '0', pricePerUnit: { USD } }) =>
      USD !== undefined && /^\d+(?:\.\d+)?$/.test(USD) ? [{ from: Number(beginRange), usd: USD }] : [],
    )
    .sort((a, b) => a.from - b.from);
  const tier = tiers.find(({ usd }) => Number(usd) > 0) ?? tiers[0];
  return tier && { usd: tier.usd, asOf: publicationDate?.slice(0, 10) ?? 'undated' };
}
