import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { NetcostError } from '../errors.js';
import { type AddressRange, parseAddress } from './addresses.js';
import { buildPrefixTable, type PrefixEntry, type PrefixTable } from './prefixes.js';

/** Who announces an address on the internet. */
export interface AutonomousSystem {
  readonly asn: number;
  readonly organisation: string;
}

export type AsnTable = PrefixTable<AutonomousSystem>;

/**
 * Reads an AS table: CSV with `start,end,asn,organisation` (header optional, quotes as in RFC 4180, IPv4 and IPv6).
 * @throws NetcostError 'input' where the file cannot be read, or where no line of it is such a row.
 */
export async function loadAsnTable(path: string): Promise<AsnTable> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new NetcostError('input', `The AS table ${path} cannot be read.`, {
      cause,
      hint: 'Check the path of --asn.',
    });
  }
  return parseAsnTable(text, path);
}

/** As `loadAsnTable`, from text. Rows that are none (comments, reversed ranges) are passed over. */
export function parseAsnTable(text: string, name = 'asn.csv'): AsnTable {
  let rows: string[][];
  try {
    rows = parse(text, { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    throw new NetcostError('input', `The AS table ${name} is no CSV of start,end,asn,organisation.`, { cause });
  }
  const entries: PrefixEntry<AutonomousSystem>[] = [];
  const known = new Map<string, AutonomousSystem>();
  for (const [start = '', end = '', number = '', organisation = ''] of rows) {
    const range = rangeOf(start, end);
    const digits = /^(?:AS)?(\d{1,10})$/i.exec(number)?.[1];
    if (!range || digits === undefined) continue;
    const key = `${digits} ${organisation}`;
    const system = known.get(key) ?? { asn: Number(digits), organisation };
    known.set(key, system);
    entries.push({ range, value: system });
  }
  if (entries.length === 0 && rows.length > 1) {
    throw new NetcostError('input', `The AS table ${name} has no row of the form start,end,asn,organisation.`, {
      hint: 'A row looks like: 140.82.112.0,140.82.127.255,36459,"GitHub, Inc."',
    });
  }
  return buildPrefixTable(entries);
}

function rangeOf(start: string, end: string): AddressRange | undefined {
  const first = parseAddress(start);
  const last = parseAddress(end);
  if (!first || !last) return undefined;
  if (first.family === 4 && last.family === 4 && first.value <= last.value) {
    return { family: 4, first: first.value, last: last.value };
  }
  if (first.family === 6 && last.family === 6 && first.value <= last.value) {
    return { family: 6, first: first.value, last: last.value };
  }
  return undefined;
}
