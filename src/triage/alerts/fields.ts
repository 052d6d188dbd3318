import { Decimal } from 'decimal.js';

/** A JSON object of unknown shape. */
export type Loose = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one for anything else. */
export function objectOf(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

/** The value as a list; an empty one for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The first of the named fields that holds text; names are compared without case (GetAnomalies and SNS differ in it). */
export function textOf(source: Loose, ...names: readonly string[]): string | undefined {
  const value = fieldOf(source, ...names);
  if (typeof value === 'string' && value.trim() !== '') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** The first of the named fields that is there, compared without case. */
export function fieldOf(source: Loose, ...names: readonly string[]): unknown {
  for (const name of names) {
    const key = Object.keys(source).find((one) => one.toLowerCase() === name.toLowerCase());
    if (key !== undefined && source[key] !== null && source[key] !== undefined) return source[key];
  }
  return undefined;
}

/** An amount as a decimal string; undefined for what is no number. */
export function amountOf(value: unknown): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const text = String(value).replace(/[$,\s]/g, '');
  if (!/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return undefined;
  return new Decimal(text).toFixed();
}

/** A moment in UTC milliseconds; AWS writes zones as "+0000", which Date does not take everywhere. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(ms) ? undefined : ms;
}

/** Every text without repeats, in order. */
export function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value): value is string => value !== undefined && value !== ''))];
}

const NAT_ID = /\bnat-[0-9a-f]{8,17}\b/gi;

/** Ids of NAT gateways that stand somewhere in a text. */
export function natIdsIn(text: string): string[] {
  return distinct([...text.matchAll(NAT_ID)].map((match) => match[0].toLowerCase()));
}

/** Region and account of an ARN. Alarms name their region for people elsewhere ("US East (N. Virginia)"): the ARN is right. */
export function arnParts(arn: string | undefined): { region: string | undefined; accountId: string | undefined } {
  const parts = (arn ?? '').split(':');
  if (parts[0] !== 'arn' || parts.length < 6) return { region: undefined, accountId: undefined };
  return { region: parts[3] || undefined, accountId: parts[4] || undefined };
}
