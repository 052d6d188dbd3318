import { Decimal } from 'decimal.js';
import { ZERO_USD } from './nat-processing.js';

export interface Apportioned {
  /** As long as what was given; undefined where the charge is not known. */
  readonly parts: readonly (string | undefined)[];
  /** The exact sum rounded once, half up; undefined where a part is not known. */
  readonly total: string | undefined;
}

/** Decimals of every charge that we print: a row of a few MB is still more than zero. */
const USD_DECIMALS = 6;

/**
 * Rounds charges so that they add up: the exact sum of what is known is rounded once, every part is cut off, and the
 * units that are then missing go to the parts that lost most, the earlier one where two lost the same. Digit by digit,
 * parts = total. Charges are ≥ 0.
 */
export function apportionUsd(charges: readonly (Decimal | undefined)[], decimals = USD_DECIMALS): Apportioned {
  let sum = ZERO_USD;
  for (const charge of charges) if (charge) sum = sum.plus(charge);
  const total = sum.toDecimalPlaces(decimals, Decimal.ROUND_HALF_UP);
  const unit = ZERO_USD.plus(1).div(ZERO_USD.plus(10).pow(decimals));
  const cut = charges.map((charge) => charge?.toDecimalPlaces(decimals, Decimal.ROUND_DOWN));
  let missing = total
    .minus(cut.reduce<Decimal>((a, b) => (b ? a.plus(b) : a), ZERO_USD))
    .div(unit)
    .toNumber();
  const byLoss = charges
    .map((charge, index) => ({ index, loss: charge ? charge.minus(cut[index]!) : undefined }))
    .filter((part): part is { index: number; loss: Decimal } => part.loss !== undefined)
    .sort((a, b) => b.loss.cmp(a.loss) || a.index - b.index);
  for (const { index } of byLoss) {
    if (missing <= 0) break;
    cut[index] = cut[index]!.plus(unit);
    missing -= 1;
  }
  return {
    parts: cut.map((charge) => charge?.toFixed(decimals)),
    total: charges.includes(undefined) ? undefined : total.toFixed(decimals),
  };
}
