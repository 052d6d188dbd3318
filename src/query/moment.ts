import { isoTime, MINUTE_MS } from '../units.js';

const UNITS_MS: Readonly<Record<string, number>> = {
  m: MINUTE_MS,
  h: 60 * MINUTE_MS,
  d: 1440 * MINUTE_MS,
  w: 10_080 * MINUTE_MS,
};

/**
 * A moment as people write it: ISO 8601, UTC where it names no zone, a date being its begin; with `nowMs` also how long
 * ago (`90m`, `3h`, `2d`, `4w`). Undefined for anything else, dates that do not exist included.
 */
export function parseMoment(text: string, nowMs?: number): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6})([mhdw])$/i.exec(text.trim()) ?? [];
  if (amount !== undefined && nowMs !== undefined) return nowMs - Number(amount) * UNITS_MS[unit.toLowerCase()]!;
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(text.trim());
  const [, day, time = '00:00', zone = 'Z'] = parts ?? [];
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  const midnight = Date.parse(`${day}T00:00Z`);
  // Date.parse takes 2026-02-30 for the 2nd of March.
  const exists = day !== undefined && !Number.isNaN(midnight) && isoTime(midnight).startsWith(day);
  return exists && !Number.isNaN(ms) ? ms : undefined;
}
