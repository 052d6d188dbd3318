import { Decimal } from 'decimal.js';
import { median } from '../anomalies/series.js';
import { sumUsd } from '../pricing/nat-processing.js';
import { DAY_MS, HOUR_MS } from '../units.js';

/** Bytes, and their charge where it is known: a decimal string, as in an answer. */
export interface Amount {
  readonly bytes: bigint;
  readonly usd?: string;
}

/** What one UTC day had. */
export interface DaySum extends Amount {
  readonly dayMs: number;
  /** Hours of the day of which the logs tell, 0 to 24; the rest is not known, and not zero. */
  readonly hoursKnown: number;
}

/** Where the month will end if it goes on as it does. */
export interface MonthForecast {
  readonly monthFromMs: number;
  readonly monthToMs: number;
  /** What is known of the month so far. */
  readonly soFar: Amount;
  /** The whole month; undefined where too few days are known to say. Without `usd` where a price is not known. */
  readonly whole: Amount | undefined;
  /** Whole days that it was learnt from. */
  readonly learntDays: number;
  /** Hours of the month of which the logs tell. Where it is 0, `soFar` says nothing. */
  readonly knownHours: number;
  /** Hours of the month before `untilMs` of which the logs do not tell; `whole` takes them as usual hours. */
  readonly gapHours: number;
}

/** Days are learnt from four weeks; what is older says little about this month. */
const LEARN_DAYS = 28;
/** The level is that of the last week: half of its days and one have to rise before the forecast follows. */
const LEVEL_DAYS = 7;
/** Fewer whole days than this are no pattern. */
const MIN_DAYS = 3;
/** A day with an hour or two missing is still a day to learn from, once it is filled up. */
const WHOLE_HOURS = 22;

/** First and last moment (exclusive) of the UTC month of `nowMs`. */
export function monthOf(nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  const date = new Date(nowMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1) };
}

/** The first day whose sum a forecast made at `nowMs` looks at. */
export function forecastFromMs(nowMs: number): number {
  return Math.min(monthOf(nowMs).fromMs, Math.floor(nowMs / DAY_MS) * DAY_MS - LEARN_DAYS * DAY_MS);
}

/**
 * The month of `nowMs` from daily sums: what is known, plus an expected amount for each hour that is not. An hour is
 * expected to be like the level of the last seven whole days (their median, so that one wild day is no trend), lower or
 * higher as its weekday usually is (medians over four weeks). `untilMs` is how far the data reaches; today may be part
 * of a day. Dollars follow the bytes at the price of the days learnt from. A day that is not given is not known.
 */
export function forecastMonth(days: readonly DaySum[], nowMs: number, untilMs: number = nowMs): MonthForecast {
  const month = monthOf(nowMs);
  const reachMs = Math.min(untilMs, nowMs);
  const own = days.filter(({ dayMs }) => dayMs >= month.fromMs && dayMs < month.toMs);
  const today = Math.floor(reachMs / DAY_MS) * DAY_MS;
  const learnt = days
    .filter(
      ({ dayMs, hoursKnown }) => dayMs < today && dayMs >= today - LEARN_DAYS * DAY_MS && hoursKnown >= WHOLE_HOURS,
    )
    .sort((a, b) => a.dayMs - b.dayMs);
  const known = new Map(own.map((day) => [day.dayMs, knownHours(day, reachMs)]));
  const soFar = sumAmounts(own);
  const gapHours = sumOver(month.fromMs, Math.min(month.toMs, reachMs), (dayMs) =>
    Math.max(0, hoursUntil(dayMs, reachMs) - (known.get(dayMs) ?? 0)),
  );
  const about = {
    monthFromMs: month.fromMs,
    monthToMs: month.toMs,
    soFar,
    learntDays: learnt.length,
    knownHours: [...known.values()].reduce((sum, hours) => sum + hours, 0),
    gapHours,
  };
  if (learnt.length < MIN_DAYS) return { ...about, whole: undefined };
  const expected = expectDay(learnt);
  const more = sumOver(month.fromMs, month.toMs, (dayMs) => (expected(dayMs) * (24 - (known.get(dayMs) ?? 0))) / 24);
  return { ...about, whole: addExpected(soFar, BigInt(Math.round(more)), sumAmounts(learnt)) };
}

/** Adds amounts; without `usd` as soon as one of them has none. */
export function sumAmounts(amounts: readonly Amount[]): Amount {
  const bytes = amounts.reduce((sum, one) => sum + one.bytes, 0n);
  const usd = sumUsd(amounts.map((one) => (one.usd === undefined ? undefined : new Decimal(one.usd))));
  return usd === undefined ? { bytes } : { bytes, usd: usd.toFixed() };
}

/** Bytes of a whole day, by its weekday and the level of the last week. */
function expectDay(learnt: readonly DaySum[]): (dayMs: number) => number {
  const whole = learnt.map((day) => ({ dayMs: day.dayMs, bytes: (Number(day.bytes) * 24) / day.hoursKnown }));
  const usual = median(whole.map(({ bytes }) => bytes));
  const factors = new Map<number, number>();
  for (let weekday = 0; weekday < 7; weekday += 1) {
    const same = whole.filter(({ dayMs }) => weekdayOf(dayMs) === weekday).map(({ bytes }) => bytes);
    // One day of a kind is as likely an accident as a habit.
    factors.set(weekday, same.length >= 2 && usual > 0 ? median(same) / usual : 1);
  }
  const factorOf = (dayMs: number) => factors.get(weekdayOf(dayMs)) ?? 1;
  const recent = whole.slice(-LEVEL_DAYS).filter(({ dayMs }) => factorOf(dayMs) > 0);
  const level = recent.length === 0 ? 0 : median(recent.map(({ dayMs, bytes }) => bytes / factorOf(dayMs)));
  return (dayMs) => level * factorOf(dayMs);
}

function addExpected(soFar: Amount, moreBytes: bigint, learnt: Amount): Amount {
  const bytes = soFar.bytes + moreBytes;
  if (soFar.usd === undefined || learnt.usd === undefined) return { bytes };
  const more =
    learnt.bytes === 0n
      ? new Decimal(0)
      : new Decimal(learnt.usd).times(moreBytes.toString()).div(learnt.bytes.toString());
  return { bytes, usd: new Decimal(soFar.usd).plus(more).toFixed(4) };
}

/** Hours of a day that have passed at `atMs`, 0 to 24. */
function hoursUntil(dayMs: number, atMs: number): number {
  return Math.min(24, Math.max(0, (atMs - dayMs) / HOUR_MS));
}

/** What a day can tell of at most: today's hours end where the data does. */
function knownHours({ dayMs, hoursKnown }: DaySum, reachMs: number): number {
  return Math.min(hoursKnown, hoursUntil(dayMs, reachMs));
}

function sumOver(fromMs: number, toMs: number, of: (dayMs: number) => number): number {
  let sum = 0;
  for (let dayMs = fromMs; dayMs < toMs; dayMs += DAY_MS) sum += of(dayMs);
  return sum;
}

function weekdayOf(dayMs: number): number {
  return new Date(dayMs).getUTCDay();
}
