import { type Loose, listOf, objectOf } from '../alerts/fields.js';

/** Entries of a list under one of the names; a bare array is taken as the list itself. */
export function entries(document: unknown, name: string): readonly Loose[] {
  const list = Array.isArray(document) ? document : listOf(objectOf(document)[name]);
  return list.map(objectOf);
}

/** The texts of a list. */
export function texts(value: unknown): string[] {
  return listOf(value).filter((one): one is string => typeof one === 'string');
}

/** A number, also where AWS writes it as text. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
