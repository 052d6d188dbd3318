import { Decimal } from 'decimal.js';
import { ZERO_USD } from '../pricing/nat-processing.js';
import type { KnownPrices } from '../pricing/price-cache.js';
import type { RateKind } from '../pricing/rate-card.js';
import type { FilterKey, FilterValue, Query } from '../query/query.js';
import { BYTES_PER_BILLED_GB, formatBytes } from '../units.js';
import type { Answer } from './answer.js';
import { type GatewayKind, startedHours } from './gateway-kinds.js';

/** What `by=charge` is made of: other questions, and what is known of gateways and prices. */
export interface ChargesDeps {
  readonly ask: (query: Query) => Promise<Answer>;
  /** Gateways that the store knows, those without logs included; `region` "" is not known. */
  readonly gateways: readonly { readonly id: string; readonly region: string }[];
  readonly kinds: ReadonlyMap<string, GatewayKind>;
  readonly prices: KnownPrices;
  readonly nowMs: number;
}

/** A part of a charge: so many units at one Region's rate. */
export interface Part {
  readonly charge: Charge;
  readonly region: string;
  readonly kind: RateKind;
  readonly units: Decimal;
}
export type Charge = (typeof CHARGES)[number];

/** In this order, and in these words. */
export const CHARGES = [
  'data processing',
  'data transfer out',
  'transfer to other Regions',
  'cross-AZ',
  'gateway hours',
  'public IPv4 hours',
] as const;
export const ALL = 1000;

export const PROCESSING = { zonal: 'nat-gb', regional: 'regional-nat-gb', provisioned: 'provisioned-nat-gb' } as const;
const HOURS = { zonal: 'nat-hour', regional: 'regional-nat-hour', provisioned: 'provisioned-nat-gbps-hour' } as const;

/** Bytes up, by where they go: to the internet, to another Region of AWS, or to this one, which costs no transfer. */
export async function transferOut(
  { ask, kinds }: ChargesDeps,
  query: Query,
  region: string,
  ids: readonly string[],
  caveats: string[],
): Promise<Part[]> {
  const open = ids.filter((id) => kinds.get(id)?.isPrivate !== true);
  const directions = query.where.get('direction') ?? [];
  const wanted = directions.filter(({ negated }) => !negated);
  const isUp = ({ value }: FilterValue): boolean => value.toLowerCase() === 'up';
  const asksUp = !directions.some((each) => each.negated && isUp(each)) && (wanted.length === 0 || wanted.some(isUp));
  if (open.length === 0 || !asksUp) return [];
  const where = narrowed(query, open, [['direction', 'up']]);
  const { rows, rest } = await ask({ ...query, where, by: ['provider', 'region'], top: ALL });
  const bytes = new Map<RateKind, bigint>();
  let unclear = rest.bytes;
  for (const row of rows) {
    const to = row.key.region === null ? undefined : String(row.key.region);
    if (row.key.provider !== 'aws') add(bytes, 'data-out-gb', row.bytes);
    else if (to === undefined || to === 'GLOBAL') unclear += row.bytes;
    else if (to !== region) add(bytes, `to:${to}`, row.bytes);
  }
  if (unclear > 0n) {
    caveats.push(
      `${formatBytes(unclear)} went up to addresses of AWS that belong to no Region, as CloudFront's: no transfer is counted for them.`,
    );
  }
  return [...bytes].map(([kind, sum]) => ({
    charge: kind === 'data-out-gb' ? 'data transfer out' : 'transfer to other Regions',
    region,
    kind,
    units: gigabytes(sum),
  }));
}

/** Bytes between a client and a gateway in different zones, up and down: AWS takes its price on each side. */
export async function crossZones(
  { ask }: ChargesDeps,
  query: Query,
  region: string,
  ids: readonly string[],
  caveats: string[],
): Promise<Part[]> {
  const { rows } = await ask({ ...query, where: narrowed(query, ids, []), by: ['crossaz'], top: ALL });
  const of = (value: string | null) => rows.find((row) => row.key.crossaz === value)?.bytes ?? 0n;
  if (of(null) > 0n) {
    caveats.push(
      `For ${formatBytes(of(null))} the zone of client or gateway is not known: no cross-AZ is counted for them.`,
    );
  }
  return of('yes') === 0n
    ? []
    : [{ charge: 'cross-AZ', region, kind: 'cross-az-gb', units: gigabytes(of('yes')).times(2) }];
}

/** Hours of the gateways that are asked about: all that the store knows, or those that the filter leaves. */
export function hours(
  { gateways, kinds, nowMs }: ChargesDeps,
  query: Query,
  asked: ReadonlyMap<string, bigint>,
  regionOf: ReadonlyMap<string, string>,
  caveats: string[],
): Part[] {
  const named = (query.where.get('nat') ?? [])
    .filter(({ negated }) => !negated)
    .map(({ value }) => value.toLowerCase());
  const isAsked = (id: string) => asked.has(id) || query.where.size === 0 || named.includes(id.toLowerCase());
  const window = { fromMs: query.window.fromMs, toMs: Math.min(query.window.toMs, nowMs) };
  const own = gateways.filter(({ id }) => isAsked(id));
  const unknown = own.filter(({ id }) => !kinds.has(id));
  if (unknown.length > 0) {
    caveats.push(
      `No inventory tells of ${unknown
        .slice(0, 3)
        .map(({ id }) => id)
        .join(
          ', ',
        )}${unknown.length > 3 ? ', …' : ''}: hours are those of a zonal gateway that was there all the time, and hours of public addresses are not counted.`,
    );
  }
  return own.flatMap(({ id }): Part[] => {
    const fact = kinds.get(id);
    const region = regionOf.get(id) ?? '';
    const count = startedHours(fact ?? { fromMs: undefined, toMs: undefined }, window);
    if (count === 0) return [];
    const units = new Decimal(count).times(fact?.zones ?? 1).times(fact?.gbps ?? 1);
    return [
      { charge: 'gateway hours', region, kind: HOURS[fact?.kind ?? 'zonal'], units },
      ...(fact !== undefined && fact.publicAddresses > 0
        ? [
            {
              charge: 'public IPv4 hours' as const,
              region,
              kind: 'public-ipv4-hour' as const,
              units: new Decimal(count).times(fact.publicAddresses),
            },
          ]
        : []),
    ];
  });
}

/** The question about some gateways alone; a filter that is given takes the place of the asked one, which it implies. */
function narrowed(
  query: Query,
  ids: readonly string[],
  filters: readonly (readonly [FilterKey, string])[],
): ReadonlyMap<FilterKey, readonly FilterValue[]> {
  const value = (text: string): FilterValue => ({ value: text, negated: false });
  return new Map<FilterKey, readonly FilterValue[]>([
    ...query.where,
    ['nat', ids.map(value)],
    ...filters.map(([key, text]) => [key, [value(text)]] as const),
  ]);
}

export const gigabytes = (bytes: bigint): Decimal => ZERO_USD.plus(bytes.toString()).div(BYTES_PER_BILLED_GB);
const add = (sums: Map<RateKind, bigint>, kind: RateKind, bytes: bigint): void => {
  sums.set(kind, (sums.get(kind) ?? 0n) + bytes);
};
