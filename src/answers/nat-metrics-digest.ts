import { median, type Point, sumSeries } from '../anomalies/series.js';
import { natProcessingUsd } from '../pricing/nat-processing.js';
import { DAY_MS, HOUR_MS, isoTime } from '../units.js';
import { type Amount, type DaySum, forecastFromMs, forecastMonth, type MonthForecast, sumAmounts } from './forecast.js';
import type { GatewayReading, NatMetricsRead } from './nat-metrics.js';

/** A stretch of whole UTC hours; a daily digest takes yesterday, a weekly one the last seven days. */
export interface DigestPeriod {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One gateway, or all of them together, in the period. */
interface NatFigures extends Amount {
  readonly up: bigint;
  readonly down: bigint;
  /** Hours of the period with a value; fewer than the period has make the bytes a lower bound. */
  readonly hoursKnown: number;
  /** Bytes of the same period a week earlier; undefined where it is not known whole. */
  readonly lastWeek: bigint | undefined;
  /** Median of the same period in each of the last four weeks; undefined where fewer than two are known whole. */
  readonly usual: bigint | undefined;
}

export interface GatewayFigures extends NatFigures {
  readonly natGatewayId: string;
  readonly accountId: string;
  readonly region: string;
  /** Its first hour lies in the period: it has nothing to be compared with, and the hours before are no gap. */
  readonly isNew: boolean;
  readonly connections: {
    /** The most at once; undefined where CloudWatch has no value. */
    readonly most: number | undefined;
    readonly attempts: number | undefined;
    readonly established: number | undefined;
    readonly portErrors: number;
  };
}

/** The digest that CloudWatch alone can give: how much, through which gateway, at what cost; not who and to whom. */
export interface NatMetricsDigest {
  readonly period: DigestPeriod;
  readonly hoursAsked: number;
  /** Most bytes first. */
  readonly gateways: readonly GatewayFigures[];
  readonly total: NatFigures;
  readonly month: MonthForecast;
  /** Up to here CloudWatch was read. */
  readonly completeUntilMs: number;
  /** Bytes of each of the last days, oldest first, up to the period's end; days that are not known whole are left out. */
  readonly days: readonly { readonly dayMs: number; readonly bytes: bigint }[];
  /** Nothing moved: within a fifth of the usual, no port errors, nothing missing. One line says it all. */
  readonly isQuiet: boolean;
  /** What is missing, sentences for a person. */
  readonly gaps: readonly string[];
  /** What asking CloudWatch cost. */
  readonly asked: { readonly usd: string; readonly requests: number };
}

const WEEKS_BACK = 4;
const DAYS_SHOWN = 14;
/** A window with this share of its hours is whole enough to compare with: an hour or two come late. */
const WHOLE_SHARE = 0.9;
const QUIET_CHANGE = 0.2;
/** Below this a gateway's bytes are scans and keep-alives, and doubling them is no news: 1 GB in a day. */
const QUIET_BYTES_PER_DAY = 1e9;

/** The first hour that a digest of `period` made at `nowMs` looks at: four weeks back, and the month so far. */
export function natDigestFromMs(period: DigestPeriod, nowMs: number): number {
  return Math.min(forecastFromMs(nowMs), period.fromMs - WEEKS_BACK * 7 * DAY_MS);
}

/** Makes the digest of one reading. Pure; every figure is a sum of hours that CloudWatch gave. */
export function makeNatMetricsDigest(read: NatMetricsRead, period: DigestPeriod, nowMs: number): NatMetricsDigest {
  const hoursAsked = (period.toMs - period.fromMs) / HOUR_MS;
  const alive = read.gateways.filter((gateway) => lastHour(gateway) >= period.fromMs);
  const gateways = alive
    .map((gateway) => gatewayFigures(gateway, period))
    .sort((a, b) => (a.bytes === b.bytes ? compareIds(a, b) : a.bytes > b.bytes ? -1 : 1));
  const total = totalFigures(read.gateways, gateways, period);
  const gaps = findGaps(read, gateways, period);
  const days = daySums(read.gateways);
  const shownFromMs = Math.floor((period.toMs - 1) / DAY_MS) * DAY_MS - (DAYS_SHOWN - 1) * DAY_MS;
  return {
    period,
    hoursAsked,
    gateways,
    total,
    month: forecastMonth(days, nowMs, read.completeUntilMs),
    completeUntilMs: read.completeUntilMs,
    days: days
      .filter(({ dayMs, hoursKnown }) => dayMs >= shownFromMs && dayMs < period.toMs && hoursKnown >= 24 * WHOLE_SHARE)
      .map(({ dayMs, bytes }) => ({ dayMs, bytes })),
    isQuiet: gaps.length === 0 && gateways.length > 0 && isQuiet([total, ...gateways], gateways, hoursAsked),
    gaps,
    asked: { usd: read.usd, requests: read.requests },
  };
}

/** Billed bytes of each hour: what left towards both sides. An hour with one direction alone is not known. */
function billedHours({ up, down }: Pick<GatewayReading, 'up' | 'down'>): Point[] {
  const ups = new Map(up.map(({ atMs, value }) => [atMs, value]));
  return down.flatMap(({ atMs, value }) => {
    const other = ups.get(atMs);
    return other === undefined ? [] : [{ atMs, value: value + other }];
  });
}

function gatewayFigures(gateway: GatewayReading, period: DigestPeriod): GatewayFigures {
  const { natGatewayId, accountId, region } = gateway;
  const billed = billedHours(gateway);
  const inside = (points: readonly Point[]) => within(points, period);
  const up = wholeBytes(inside(gateway.up));
  const down = wholeBytes(inside(gateway.down));
  const sum = (points: readonly Point[]) => (points.length === 0 ? undefined : addUp(points));
  const active = inside(gateway.active).map(({ value }) => value);
  return {
    natGatewayId,
    accountId,
    region,
    isNew: (billed[0]?.atMs ?? 0) > period.fromMs,
    up,
    down,
    ...amountOf(up + down, region),
    hoursKnown: inside(billed).length,
    ...earlier(billed, period),
    connections: {
      most: active.length === 0 ? undefined : Math.max(...active),
      attempts: sum(inside(gateway.attempts)),
      established: sum(inside(gateway.established)),
      portErrors: addUp(inside(gateway.portErrors)),
    },
  };
}

function totalFigures(
  readings: readonly GatewayReading[],
  figures: readonly GatewayFigures[],
  period: DigestPeriod,
): NatFigures {
  const add = (of: (one: GatewayFigures) => bigint) => figures.reduce((sum, one) => sum + of(one), 0n);
  return {
    ...sumAmounts(figures),
    up: add(({ up }) => up),
    down: add(({ down }) => down),
    hoursKnown: Math.min(...figures.map(({ hoursKnown }) => hoursKnown), (period.toMs - period.fromMs) / HOUR_MS),
    ...earlier(sumSeries(readings.map(billedHours)), period),
  };
}

function earlier(billed: readonly Point[], period: DigestPeriod): Pick<NatFigures, 'lastWeek' | 'usual'> {
  const hours = (period.toMs - period.fromMs) / HOUR_MS;
  const weeks = Array.from({ length: WEEKS_BACK }, (_, index) => {
    const backMs = (index + 1) * 7 * DAY_MS;
    const points = within(billed, { fromMs: period.fromMs - backMs, toMs: period.toMs - backMs });
    return points.length >= hours * WHOLE_SHARE ? wholeBytes(points) : undefined;
  });
  const known = weeks.filter((bytes) => bytes !== undefined);
  return { lastWeek: weeks[0], usual: known.length < 2 ? undefined : BigInt(Math.round(median(known.map(Number)))) };
}

/**
 * Each UTC day of all gateways together. A day is known as far as they are on average: one of two gateways without data
 * is half a day. Before its first and after its last day a gateway was not there, and is no gap.
 */
function daySums(readings: readonly GatewayReading[]): DaySum[] {
  const perGateway = readings.map((reading) => ({ region: reading.region, days: daysOf(billedHours(reading)) }));
  const all = [...new Set(perGateway.flatMap(({ days }) => [...days.keys()]))].sort((a, b) => a - b);
  return all.map((dayMs) => {
    const there = perGateway.filter(({ days }) => {
      const own = [...days.keys()];
      return dayMs >= Math.min(...own) && dayMs <= Math.max(...own);
    });
    const amounts = there.map(({ region, days }) => amountOf(BigInt(Math.round(days.get(dayMs)?.bytes ?? 0)), region));
    const hours = there.reduce((sum, { days }) => sum + (days.get(dayMs)?.hours ?? 0), 0);
    return { dayMs, ...sumAmounts(amounts), hoursKnown: hours / there.length };
  });
}

function daysOf(points: readonly Point[]): Map<number, { readonly bytes: number; readonly hours: number }> {
  const days = new Map<number, { bytes: number; hours: number }>();
  for (const { atMs, value } of points) {
    const dayMs = Math.floor(atMs / DAY_MS) * DAY_MS;
    const day = days.get(dayMs) ?? { bytes: 0, hours: 0 };
    days.set(dayMs, { bytes: day.bytes + value, hours: day.hours + 1 });
  }
  return days;
}

function findGaps(
  { failures, incomplete, gateways: readings }: NatMetricsRead,
  gateways: readonly GatewayFigures[],
  period: DigestPeriod,
): string[] {
  const hoursAsked = (period.toMs - period.fromMs) / HOUR_MS;
  const short = gateways.filter(({ hoursKnown, isNew }) => hoursKnown < hoursAsked && !isNew);
  const justGone = readings.filter((one) => {
    const last = lastHour(one);
    return last < period.fromMs && last >= period.fromMs - DAY_MS;
  });
  const unpriced = [...new Set(gateways.filter(({ usd }) => usd === undefined).map(({ region }) => region))];
  return [
    ...failures.map(({ accountId, region, says }) => `Account ${accountId} in ${region} could not be read: ${says}`),
    ...(readings.length === 0 && failures.length === 0
      ? ['CloudWatch knows no NAT gateway in the accounts of the config.']
      : []),
    ...short
      .slice(0, 5)
      .map(
        ({ natGatewayId, hoursKnown }) =>
          `${natGatewayId} has ${hoursKnown} of ${hoursAsked} hours; its bytes are a lower bound.`,
      ),
    ...justGone.map(
      (one) =>
        `${one.natGatewayId} has no data since ${isoTime(lastHour(one) + HOUR_MS)}: it was deleted, or is not measured.`,
    ),
    ...(short.length > 5 ? [`${short.length - 5} more gateways have hours without data.`] : []),
    ...(incomplete.length === 0
      ? []
      : [
          `${incomplete.length === 1 ? '1 metric' : `${incomplete.length} metrics`} came in part, as ${incomplete[0]}.`,
        ]),
    ...(unpriced.length === 0 ? [] : [`There is no price for ${unpriced.join(', ')}, so no dollars.`]),
  ];
}

function isQuiet(all: readonly NatFigures[], gateways: readonly GatewayFigures[], hoursAsked: number): boolean {
  const small = (QUIET_BYTES_PER_DAY * hoursAsked) / 24;
  return (
    gateways.every(({ connections }) => connections.portErrors === 0) &&
    all.every(({ bytes, usual }) => {
      const [now, before] = [Number(bytes), usual === undefined ? undefined : Number(usual)];
      if (before === undefined) return false;
      return Math.abs(now - before) <= Math.max(before * QUIET_CHANGE, small);
    })
  );
}

function amountOf(bytes: bigint, region: string): Amount {
  const usd = natProcessingUsd(bytes, region);
  return usd === undefined ? { bytes } : { bytes, usd: usd.toFixed() };
}

function within(points: readonly Point[], { fromMs, toMs }: DigestPeriod): Point[] {
  return points.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

function addUp(points: readonly Point[]): number {
  return points.reduce((sum, { value }) => sum + value, 0);
}

function wholeBytes(points: readonly Point[]): bigint {
  return BigInt(Math.round(addUp(points)));
}

/** The start of the last hour with bytes, zero bytes included; −Infinity where there is none. */
function lastHour({ up, down }: GatewayReading): number {
  return Math.max(up.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY, down.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY);
}

function compareIds(a: GatewayFigures, b: GatewayFigures): number {
  return a.natGatewayId < b.natGatewayId ? -1 : 1;
}
