import { Decimal } from 'decimal.js';
import { BYTES_PER_BILLED_GB } from '../../units.js';
import type { Case } from '../case.js';

/** The hourly price of an interface endpoint in one zone and its price per GB: AWS list price, us-east-1, July 2026 (facts/flow-logs.md part 3). Other Regions differ by some percent. */
const INTERFACE_USD_PER_AZ_HOUR = 0.01;
const INTERFACE_USD_PER_GB = 0.01;
/** Inter-zone transfer, each side (the same list). */
export const CROSS_AZ_USD_PER_GB = 0.02;
const HOURS = 24;

/** Bytes a day while the excess lasts. */
export function bytesPerDay(found: Case, bytes: number): number {
  return bytes / Math.max(1 / 24, found.days);
}

/** The NAT data-processing charge of so many excess bytes, per day; null without a price. */
export function usdPerDay(found: Case, bytes: number): string | null {
  if (found.usdPerGb === null) return null;
  return usdText((bytesPerDay(found, bytes) / BYTES_PER_BILLED_GB) * found.usdPerGb);
}

/** The whole charge of so many bytes; null without a price. */
export function usdOf(found: Case, bytes: number): string | null {
  return found.usdPerGb === null ? null : usdText((bytes / BYTES_PER_BILLED_GB) * found.usdPerGb);
}

/** Gateways cost, per hour, what a GB costs (in every Region with a known price; see pricing/nat-rates). */
export function gatewayUsdPerDay(found: Case, gateways: number): string | null {
  return found.usdPerGb === null ? null : usdText(gateways * found.usdPerGb * HOURS);
}

/** What an interface endpoint costs a day: hours in each zone, and its own price per GB. */
export function interfaceUsdPerDay(bytesADay: number, zones: number): string {
  return usdText(zones * HOURS * INTERFACE_USD_PER_AZ_HOUR + (bytesADay / BYTES_PER_BILLED_GB) * INTERFACE_USD_PER_GB);
}

/** A decimal string to the cent; small amounts keep four decimals. */
export function usdText(usd: number): string {
  return new Decimal(usd).toFixed(usd < 1 ? 4 : 2);
}
