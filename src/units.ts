import { Decimal } from 'decimal.js';

/** AWS meters a GB of NAT data processing as 2^30 bytes (facts/flow-logs.md 2.4; OpenCost divides likewise). */
export const BYTES_PER_BILLED_GB = 1024 ** 3;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** ISO 8601 in UTC with seconds, without needless milliseconds: "2026-11-21T12:00:00Z". */
export function isoTime(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}

/** Binary sizes for people: "1.5 GiB". `bytes` ≥ 0. */
export function formatBytes(bytes: bigint | number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`;
}

/** Dollars for people: "$12.34", "<$0.01" for what is less than a cent, "$0.00" for nothing. `usd` is a decimal string. */
export function formatUsd(usd: string): string {
  const value = new Decimal(usd);
  if (value.isZero()) return '$0.00';
  if (value.abs().lt('0.01')) return value.isNeg() ? '>-$0.01' : '<$0.01';
  const text = value
    .abs()
    .toFixed(2)
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return value.isNeg() ? `-$${text}` : `$${text}`;
}

/** "1 minute", "2 hours", "5 days": how long something is past. */
export function formatAge(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / MINUTE_MS));
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
