import { NAT_RATES, type NatRate } from './nat-rates.js';

/**
 * What AWS takes money for at a NAT gateway. A `-gb` is by 2^30 bytes, an `-hour` by started hour; `to:REGION` is a GB
 * that leaves for another Region, `to:*` for any that is not named. Prices of data out are of the first paid tier.
 */
export type RateKind =
  | 'nat-gb'
  | 'nat-hour'
  | 'regional-nat-gb'
  | 'regional-nat-hour'
  | 'provisioned-nat-gb'
  | 'provisioned-nat-gbps-hour'
  | 'data-out-gb'
  | 'cross-az-gb'
  | 'public-ipv4-hour'
  | `to:${string}`;

export interface Rate {
  /** USD per unit, a decimal string. */
  readonly usd: string;
  readonly source: string;
  /** ISO date, or the year where no more is known. */
  readonly asOf: string;
}

/** Region → what is known there. A kind that is missing has no known price: never zero. */
export type RateCard = ReadonlyMap<string, ReadonlyMap<RateKind, Rate>>;

/** Transfer and addresses in us-east-1 (AWS bulk price list, 2026-07 and 2026-08); cross-AZ is taken on each side. */
const US_EAST_1: readonly (readonly [RateKind, string])[] = [
  ['data-out-gb', '0.09'],
  ['cross-az-gb', '0.01'],
  ['public-ipv4-hour', '0.005'],
  ['to:*', '0.02'],
];

/** The card that the program carries: in every Region whose price was found, a NAT hour costs what a GB costs. */
export const BUNDLED_CARD: RateCard = new Map(
  [...NAT_RATES].map(([region, { usdPerGb, source, asOf }]) => {
    const rate: Rate = { usd: usdPerGb, source, asOf };
    const kinds: readonly RateKind[] = ['nat-gb', 'nat-hour', 'regional-nat-gb', 'regional-nat-hour'];
    const more = region === 'us-east-1' ? US_EAST_1 : [];
    return [
      region,
      new Map<RateKind, Rate>([
        ...kinds.map((kind) => [kind, rate] as const),
        ...more.map(([kind, usd]) => [kind, { usd, source: 'AWS bulk price list', asOf: '2026-08' }] as const),
      ]),
    ];
  }),
);

/** A card on top of another, rate by rate: what the upper does not know, the lower tells. */
export function layCards(upper: RateCard, lower: RateCard): RateCard {
  const regions = new Set([...upper.keys(), ...lower.keys()]);
  return new Map(
    [...regions].map((region) => [region, new Map([...(lower.get(region) ?? []), ...(upper.get(region) ?? [])])]),
  );
}

/** The data-processing rates of a card, as `natProcessingUsd` takes them. */
export function natRatesOf(card: RateCard): ReadonlyMap<string, NatRate> {
  return new Map(
    [...card].flatMap(([region, rates]) => {
      const rate = rates.get('nat-gb');
      return rate === undefined
        ? []
        : [[region, { usdPerGb: rate.usd, source: rate.source, asOf: rate.asOf }] as const];
    }),
  );
}
