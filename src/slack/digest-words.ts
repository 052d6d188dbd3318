import type { Rhythm } from '../answers/digest-due.js';
import type { DigestSpan } from '../answers/digest-span.js';
import { showMinute, zoneOffsetMs } from '../answers/local-time.js';
import { DAY_MS, isoTime } from '../units.js';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** "Friday 20 November". */
export function dayName(ms: number): string {
  const date = new Date(ms);
  return `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** "Fri 20 Nov". */
export function shortDay(ms: number): string {
  const [weekday = '', day = '', month = ''] = dayName(ms).split(' ');
  return `${weekday.slice(0, 3)} ${day} ${month.slice(0, 3)}`;
}

/** "November" of `2026-11`. */
export function monthName(month: string): string {
  return MONTHS[Number(month.slice(5, 7)) - 1] ?? month;
}

/** "Friday 20 November", "the week to Sunday 15 November". */
export function spanName({ every, toMs }: DigestSpan): string {
  return every === 'daily' ? dayName(toMs - DAY_MS) : `the week to ${dayName(toMs - DAY_MS)}`;
}

/** What a span is compared with: "Fri 13 Nov", "the week before". */
export function beforeName({ every, fromMs }: DigestSpan): string {
  return every === 'daily' ? shortDay(fromMs - 7 * DAY_MS) : 'the week before';
}

/** "daily at 09:00 Europe/Berlin", "on Mondays at 09:00 Europe/Berlin". */
export function rhythmWords({ every, weekday, minute, zone }: Rhythm): string {
  const when = every === 'daily' ? 'daily' : `on ${WEEKDAYS[weekday % 7]}s`;
  return `${when} at ${showMinute(minute)} ${zone}`;
}

/** "Mon 23 Nov 09:00 Europe/Berlin". */
export function momentWords(ms: number, zone: string): string {
  const wall = ms + zoneOffsetMs(zone, ms);
  return `${shortDay(wall)} ${isoTime(wall).slice(11, 16)} ${zone}`;
}

/** Days as people say them: "18 and 19 November", "30 November and 1 December", "17 to 19 November". */
export function daysWords(days: readonly string[]): string {
  const names = days.map((day) => {
    const [, date = '', month = ''] = dayName(Date.parse(`${day}T00:00:00Z`)).split(' ');
    return { date, month };
  });
  const [first, last] = [names[0], names.at(-1)];
  if (first === undefined || last === undefined) return '';
  if (names.length === 1) return `${first.date} ${first.month}`;
  const start = first.month === last.month ? first.date : `${first.date} ${first.month}`;
  return `${start} ${names.length === 2 ? 'and' : 'to'} ${last.date} ${last.month}`;
}
