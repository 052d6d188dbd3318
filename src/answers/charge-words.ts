import { Decimal } from 'decimal.js';
import type { AnswerRow } from './answer.js';

/** What a charge is taken on, for people: "17.80 GB", "96 h"; "" where the row is none of by=charge. */
export function takenOn({ charge }: Pick<AnswerRow, 'charge'>): string {
  if (charge === undefined) return '';
  if (charge.unit === 'hour') return `${grouped(charge.units)} h`;
  const units = new Decimal(charge.units);
  return units.gt(0) && units.lt('0.01') ? '<0.01 GB' : `${grouped(units.toFixed(2))} GB`;
}

/** "$0.045"; "several" where Regions have rates of their own, "no price" where one is not known. */
export function rateText({ charge, usd }: Pick<AnswerRow, 'charge' | 'usd'>): string {
  if (charge?.usdPerUnit !== undefined && usd !== undefined) return `$${charge.usdPerUnit}`;
  return usd === undefined ? 'no price' : 'several';
}

const grouped = (text: string): string => text.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',');
