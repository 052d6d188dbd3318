import { DAY_MS, isoTime, MINUTE_MS } from '../units.js';
import { furthestAheadMs, localDate, momentOf } from './local-time.js';

/** When a digest comes, by the clocks of a zone. */
export interface Rhythm {
  readonly every: 'daily' | 'weekly';
  /** 1 is Monday, 7 Sunday; of a weekly one. */
  readonly weekday: number;
  /** Of the local day, 0 to 1439. */
  readonly minute: number;
  /** IANA name. */
  readonly zone: string;
}

/** One digest that is due. */
export interface Due {
  /** When it is posted. */
  readonly atMs: number;
  /** The UTC day that it tells of, or the last of its seven, as `2026-11-20`: names the digest. */
  readonly day: string;
}

/** AWS delivers within about ten minutes and netcost reads every five: a day is not told of before it has settled. */
const SETTLE_MS = 30 * MINUTE_MS;
const MAX_DAYS_AHEAD = 10;

/**
 * The first digest that is due after a moment. It comes once on each local date (or on one weekday) whatever the clocks
 * do, and tells of the last UTC day that is over by then on every day of the year, so that each day is told of once:
 * days are UTC like AWS's bill and every `since=` (contract, part 2). Where that day ends at the very hour, as at 09:00
 * in Tokyo, the digest waits until its logs have arrived.
 */
export function nextDue(rhythm: Rhythm, afterMs: number): Due {
  // What is due may wait for its day's logs, so an earlier date may still be to come.
  let dateMs = Date.parse(`${localDate(rhythm.zone, afterMs)}T00:00:00Z`) - DAY_MS;
  for (let tries = 0; tries < MAX_DAYS_AHEAD; tries += 1, dateMs += DAY_MS) {
    const due = dueOn(rhythm, dateMs);
    if (due !== undefined && due.atMs > afterMs) return due;
  }
  return { atMs: afterMs + DAY_MS, day: isoTime(afterMs).slice(0, 10) };
}

/** All that became due after `fromMs` and up to `untilMs`, oldest first, the last `most` of them. */
export function duesBetween(rhythm: Rhythm, fromMs: number, untilMs: number, most: number): readonly Due[] {
  const start = Math.max(fromMs, untilMs - most * (rhythm.every === 'weekly' ? 7 : 1) * DAY_MS);
  const dues: Due[] = [];
  for (let due = nextDue(rhythm, start); due.atMs <= untilMs; due = nextDue(rhythm, due.atMs)) dues.push(due);
  return dues.slice(-most);
}

function dueOn({ every, weekday, minute, zone }: Rhythm, dateMs: number): Due | undefined {
  const isDay = every === 'daily' || (new Date(dateMs).getUTCDay() || 7) === weekday;
  const moment = isDay ? momentOf(zone, isoTime(dateMs).slice(0, 10), minute) : undefined;
  if (moment === undefined) return undefined;
  const dayMs = dateMs - daysBack(zone, dateMs, minute) * DAY_MS;
  return { atMs: Math.max(moment, dayMs + DAY_MS + SETTLE_MS), day: isoTime(dayMs).slice(0, 10) };
}

/** How many days before its local date a digest's UTC day is: one, but two just after an eastern midnight. */
function daysBack(zone: string, dateMs: number, minute: number): number {
  const earliestMs = minute * MINUTE_MS - furthestAheadMs(zone, new Date(dateMs).getUTCFullYear());
  return Math.ceil(1 - earliestMs / DAY_MS);
}
