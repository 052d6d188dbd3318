import { DAY_MS, HOUR_MS, isoTime, MINUTE_MS } from '../units.js';

const formats = new Map<string, Intl.DateTimeFormat>();
const furthest = new Map<string, number>();

/** The IANA name of a zone however it is written (`europe/berlin`); undefined for what is none. */
export function zoneName(text: string): string | undefined {
  if (!/^[A-Za-z][\w+/-]{1,60}$/.test(text)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** How far the clocks of a zone are ahead of UTC at a moment. Milliseconds. */
export function zoneOffsetMs(zone: string, atMs: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(atMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
}

/** What the calendar on the wall says at a moment: `2026-11-20`. */
export function localDate(zone: string, atMs: number): string {
  return isoTime(atMs + zoneOffsetMs(zone, atMs)).slice(0, 10);
}

/**
 * The moment at which the clocks of a zone show `minute` (of the day) on a date. Where they show it twice, the first
 * time; where they skip it, the first moment after the gap. Undefined where the whole date was skipped, as by Samoa in
 * 2011.
 */
export function momentOf(zone: string, date: string, minute: number): number | undefined {
  const wall = Date.parse(`${date}T00:00:00Z`) + minute * MINUTE_MS;
  // No zone is more than a day away from UTC, and none changes twice within two days.
  const before = zoneOffsetMs(zone, wall - DAY_MS);
  const after = zoneOffsetMs(zone, wall + DAY_MS);
  const exact = [wall - before, wall - after]
    .filter((at) => at + zoneOffsetMs(zone, at) === wall)
    .sort((a, b) => a - b)[0];
  const at = exact ?? firstAfterGap(zone, wall - DAY_MS, wall + DAY_MS);
  return localDate(zone, at) === date ? at : undefined;
}

/** The moment between two at which a zone's offset changes. */
function firstAfterGap(zone: string, fromMs: number, toMs: number): number {
  const before = zoneOffsetMs(zone, fromMs);
  let [low, high] = [fromMs, toMs];
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (zoneOffsetMs(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** The furthest ahead of UTC that a zone's clocks are in a year. Milliseconds. */
export function furthestAheadMs(zone: string, year: number): number {
  const key = `${zone} ${year}`;
  const known = furthest.get(key);
  if (known !== undefined) return known;
  const offsets = Array.from({ length: 12 }, (_, month) => zoneOffsetMs(zone, Date.UTC(year, month, 1, 12)));
  const most = Math.max(...offsets);
  furthest.set(key, most);
  return most;
}

/** "09:00". */
export function showMinute(minute: number): string {
  return `${String(Math.floor((minute * MINUTE_MS) / HOUR_MS)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
