import { Decimal } from 'decimal.js';
import { apportionUsd } from '../pricing/apportion.js';
import { ZERO_USD } from '../pricing/nat-processing.js';
import type { KnownPrices } from '../pricing/price-cache.js';
import type { Rate, RateKind } from '../pricing/rate-card.js';
import type { Query } from '../query/query.js';
import type { Answer, AnswerRow } from './answer.js';
import {
  ALL,
  CHARGES,
  type Charge,
  type ChargesDeps,
  crossZones,
  gigabytes,
  hours,
  type Part,
  PROCESSING,
  transferOut,
} from './charge-parts.js';

/** Whatever is asked about besides, hours are the gateway's: they cannot be split among clients. */
const OF_GATEWAYS: ReadonlySet<string> = new Set(['nat', 'nataz']);

/**
 * What the gateways cost, charge by charge: data processing as in every other answer, data out to the internet and to
 * other Regions (bytes up), traffic between zones (both sides), hours of gateways and of public addresses. `bytes`
 * stands with data processing alone, so that bytes add up as they do elsewhere; what the others are taken on is in
 * `charge` of each row.
 */
export async function answerCharges(deps: ChargesDeps, query: Query): Promise<Answer> {
  const byGateway = await deps.ask({ ...query, by: ['nat'], top: ALL });
  const caveats: string[] = [];
  const asked = new Map(byGateway.rows.map((row) => [String(row.key.nat), row.bytes]));
  const regionOf = new Map(deps.gateways.map(({ id, region }) => [id, region]));
  const parts: Part[] = [...asked].map(([id, bytes]) => ({
    charge: 'data processing',
    region: regionOf.get(id) ?? '',
    kind: PROCESSING[deps.kinds.get(id)?.kind ?? 'zonal'],
    units: gigabytes(bytes),
  }));
  for (const region of new Set([...asked.keys()].map((id) => regionOf.get(id) ?? ''))) {
    const ids = [...asked.keys()].filter((id) => (regionOf.get(id) ?? '') === region);
    parts.push(...(await transferOut(deps, query, region, ids, caveats)));
    parts.push(...(await crossZones(deps, query, region, ids, caveats)));
  }
  const others = [...query.where.keys()].filter((key) => !OF_GATEWAYS.has(key));
  if (others.length === 0) parts.push(...hours(deps, query, asked, regionOf, caveats));
  else caveats.push(`Hours are the whole gateway's and cannot be split by ${others.join(', ')}: they are left out.`);
  const charges = CHARGES.map((charge) => sumOf(charge, parts, deps)).filter(({ parts: own }) => own.length > 0);
  const apportioned = apportionUsd(charges.map(({ usd }) => usd));
  const rows = charges.map((each, i) => rowOf(each, apportioned.parts[i], byGateway.total));
  const unpriced = charges.flatMap(({ unknown }) => unknown);
  if (unpriced.length > 0) {
    caveats.unshift(
      `No price is known for ${unpriced.join(', ')}: refresh the prices from the Price List API (docs/aws.md); the other rows keep theirs.`,
    );
  }
  caveats.push(`Prices: ${deps.prices.says}; data out at the first paid tier, before free amounts and discounts.`);
  rows.sort((a, b) => new Decimal(b.usd ?? 0).cmp(a.usd ?? 0));
  const shown = rows.slice(0, query.top);
  const left = rows.slice(query.top);
  const restUsd = left.some(({ usd }) => usd === undefined) ? undefined : sumText(left);
  const { usd: _, ...sums } = byGateway.total;
  return {
    ...byGateway,
    query,
    rows: shown,
    rest: {
      groups: left.length,
      bytes: left.reduce((sum, { bytes }) => sum + bytes, 0n),
      ...(restUsd === undefined ? {} : { usd: restUsd }),
    },
    total: { ...sums, ...(apportioned.total === undefined ? {} : { usd: apportioned.total }) },
    caveats: [...caveats, ...byGateway.caveats],
  };
}

interface Sum {
  readonly charge: Charge;
  readonly parts: readonly (Part & { readonly rate: Rate | undefined })[];
  readonly usd: Decimal | undefined;
  /** "data-out-gb in eu-west-1": what has no price. */
  readonly unknown: readonly string[];
}

function sumOf(charge: Charge, all: readonly Part[], { prices }: ChargesDeps): Sum {
  const parts = all
    .filter((part) => part.charge === charge)
    .map((part) => ({ ...part, rate: rateFor(prices, part.region, part.kind) }));
  const unknown = [
    ...new Set(
      parts
        .filter(({ rate }) => rate === undefined)
        .map(({ kind, region }) => `${nameOf(kind)} in ${region || 'an unknown Region'}`),
    ),
  ];
  const usd = parts.reduce<Decimal>((sum, { units, rate }) => sum.plus(units.times(rate?.usd ?? 0)), ZERO_USD);
  return { charge, parts, usd: unknown.length > 0 ? undefined : usd, unknown };
}

const rateFor = ({ card }: KnownPrices, region: string, kind: RateKind): Rate | undefined => {
  const rates = card.get(region);
  return rates?.get(kind) ?? (kind.startsWith('to:') ? rates?.get('to:*') : undefined);
};

function rowOf({ charge, parts }: Sum, usd: string | undefined, total: Answer['total']): AnswerRow {
  const isProcessing = charge === 'data processing';
  const units = parts.reduce((sum, part) => sum.plus(part.units), new Decimal(0));
  const isHours = parts[0]!.kind.endsWith('-hour');
  const rates = new Map(
    parts.flatMap(({ rate }) => (rate === undefined ? [] : [[new Decimal(rate.usd).toFixed(), rate]])),
  );
  const [rate, ...otherRates] = rates.values();
  const none = { bytes: 0n, bytesUp: 0n, bytesDown: 0n, packets: 0n, flows: 0n };
  const { bytes, bytesUp, bytesDown, packets, flows } = isProcessing ? total : none;
  return {
    key: { charge },
    ...{ bytes, bytesUp, bytesDown, packets, flows },
    ...(usd === undefined ? {} : { usd }),
    charge: {
      units: units.toDecimalPlaces(isHours ? 0 : 6).toFixed(),
      unit: isHours ? 'hour' : 'GB',
      ...(rate !== undefined &&
        otherRates.length === 0 && {
          usdPerUnit: new Decimal(rate.usd).toFixed(),
          source: rate.source,
          asOf: rate.asOf,
        }),
    },
  };
}

const NAMES: Readonly<Record<string, string>> = {
  'nat-gb': 'data processing',
  'nat-hour': 'gateway hours',
  'regional-nat-gb': 'data processing of regional gateways',
  'regional-nat-hour': 'hours of regional gateways',
  'provisioned-nat-gb': 'data processing of provisioned gateways',
  'provisioned-nat-gbps-hour': 'provisioned bandwidth',
  'data-out-gb': 'data transfer out',
  'cross-az-gb': 'cross-AZ transfer',
  'public-ipv4-hour': 'public IPv4 addresses',
};
const nameOf = (kind: RateKind): string => NAMES[kind] ?? `transfer to ${kind.slice(3)}`;

const sumText = (rows: readonly AnswerRow[]): string =>
  rows.reduce((sum, { usd }) => sum.plus(usd ?? 0), new Decimal(0)).toFixed(6);
