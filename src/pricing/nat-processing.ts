import { Decimal } from 'decimal.js';
import { BYTES_PER_BILLED_GB } from '../units.js';
import { NAT_RATES, type NatRate } from './nat-rates.js';

/**
 * Decimal with room for every digit: bytes / 2^30 has up to 30 decimals, and the default of 20 significant digits
 * would round before the sum is made. Sums of charges start from `ZERO_USD`, so that they keep this precision.
 */
const Exact = Decimal.clone({ precision: 100 });

export const ZERO_USD: Decimal = new Exact(0);

/**
 * The NAT data-processing charge of so many bytes at a gateway in `region`, to the last digit, not rounded.
 * `rates` replaces the built-in list prices, as with a rate from the customer's own bill.
 * @returns undefined where the Region, or its price in USD, is not known: that is not zero, zero bytes included.
 */
export function natProcessingUsd(
  bytes: bigint,
  region: string | null,
  rates: ReadonlyMap<string, NatRate> = NAT_RATES,
): Decimal | undefined {
  const rate = region === null ? undefined : rates.get(region);
  return rate && new Exact(rate.usdPerGb).times(bytes.toString()).div(BYTES_PER_BILLED_GB);
}

/** Adds charges exactly; undefined as soon as one of them is not known. */
export function sumUsd(parts: readonly (Decimal | undefined)[]): Decimal | undefined {
  let sum = ZERO_USD;
  for (const part of parts) {
    if (part === undefined) return undefined;
    sum = sum.plus(part);
  }
  return sum;
}
