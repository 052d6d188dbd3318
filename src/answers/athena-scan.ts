import { Decimal } from 'decimal.js';
import { NetcostError } from '../errors.js';
import { readObjectName } from '../flows/object-names.js';
import { formatUsd, MINUTE_MS } from '../units.js';

/** USD per TB (of 2^40 bytes) of what a statement reads, and the least that is billed (aws.amazon.com/athena/pricing, read in 2026-11). */
const USD_PER_TB = 5;
const BYTES_PER_TB = 2 ** 40;
const BYTES_PER_MB = 2 ** 20;
const LEAST_MB = 10;

/** What reading so many bytes costs: whole megabytes, at least ten; nothing where nothing was read. A decimal string. */
export function priceOfScan(bytes: number): string {
  if (bytes === 0) return '0';
  const billed = Math.max(LEAST_MB, Math.ceil(bytes / BYTES_PER_MB)) * BYTES_PER_MB;
  return new Decimal(billed).times(USD_PER_TB).div(BYTES_PER_TB).toFixed(6);
}

/** The same for people: "$6.03". */
export const formatUsdOfScan = (bytes: number): string => formatUsd(priceOfScan(bytes));

/** Objects that Athena could not read and that were left out; more than this is no accident. */
const MOST_DAMAGED = 5;

/** Does the work again without the objects that Athena names as those that it cannot read. */
export async function withoutDamaged<T>(work: (exceptPaths: readonly string[]) => Promise<T>): Promise<T> {
  const exceptPaths: string[] = [];
  for (;;) {
    try {
      return await work([...exceptPaths]);
    } catch (error) {
      const damaged = readDamaged(error);
      if (damaged === undefined || exceptPaths.includes(damaged) || exceptPaths.length >= MOST_DAMAGED) throw error;
      exceptPaths.push(damaged);
    }
  }
}

/** An object's rows lie in the minutes around its name's time; one without a time may hold any. */
export function touches(path: string, fromMs: number, toMs: number): boolean {
  const { timeMs } = readObjectName(path);
  return timeMs === undefined || (timeMs >= fromMs - 15 * MINUTE_MS && timeMs < toMs + 15 * MINUTE_MS);
}

/** The object that made a statement fail, where its message names one that cannot be read. */
export function readDamaged(error: unknown): string | undefined {
  if (!(error instanceof NetcostError) || !(error.cause instanceof Error)) return undefined;
  const { message } = error.cause;
  if (!/HIVE_CURSOR_ERROR|HIVE_BAD_DATA|HIVE_CANNOT_OPEN_SPLIT|Failed to read|Error opening|corrupt/i.test(message))
    return undefined;
  return /((?:s3|local):\/\/\S+?\.(?:log|gz|parquet)(?:\.gz|\.parquet)?)(?=[\s:,'"]|$)/.exec(message)?.[1];
}
