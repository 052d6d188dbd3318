import { NetcostError } from '../errors.js';
import { formatQuestion } from '../query/parse.js';
import type { Query } from '../query/query.js';
import { DAY_MS, formatBytes, MINUTE_MS } from '../units.js';
import type { Caller, ConfirmReply } from './reply.js';

/** What questions may make an engine of AWS read. */
export interface ScanLimits {
  /** Above this a question is asked back first. */
  readonly confirmBytes: number;
  /** A question above this is refused, whoever confirms it. */
  readonly questionBytes: number;
  /** What one person's questions may read on a day (UTC). */
  readonly dayBytes: number;
}

/** What a question would make an engine read. */
export interface ScanOffer {
  readonly query: Query;
  /** The most that it reads; undefined where it could not be found out. */
  readonly bytes: number | undefined;
  /** What else there is to know of it, a sentence each. */
  readonly notes: readonly string[];
  readonly engine: string;
  /** Where the limits stand in the config. */
  readonly limitsKey: string;
  /** Dollars of so many bytes, for people. */
  readonly usdOf: (bytes: number) => string;
}

/** A price is good for so long; after it the logs, and what was read of them, have changed. */
const GOOD_MS = 30 * MINUTE_MS;

/**
 * Holds an offer against the limits: what is said in place of the question, for the person to confirm, else what it will
 * read at most, 0 where that could not be found out and the person said yes to that.
 * @throws NetcostError 'denied' where it is above a limit.
 */
export async function judgeScan(
  offer: ScanOffer,
  deps: {
    readonly limits: ScanLimits;
    readonly readBytes: (person: string, day: number) => Promise<number>;
  },
  caller: Caller,
  nowMs: number,
  isConfirmed: boolean,
): Promise<{ readonly instead: ConfirmReply } | { readonly bytes: number }> {
  const { bytes, usdOf, limitsKey } = offer;
  const { confirmBytes, questionBytes, dayBytes } = deps.limits;
  const read = await deps.readBytes(caller.id, Math.floor(nowMs / DAY_MS));
  if (read + (bytes ?? 0) > dayBytes) {
    const said = read > 0 ? `Your questions have read ${formatBytes(read)} today; this one would` : 'This would';
    throw new NetcostError(
      'denied',
      `${said} read ${bytes === undefined ? 'more' : formatBytes(bytes)}; a person may read ${formatBytes(dayBytes)} a day.`,
      { hint: `Ask for a shorter window, or tomorrow; an admin sets ${limitsKey}.` },
    );
  }
  if (bytes !== undefined && bytes > questionBytes) {
    throw new NetcostError(
      'denied',
      `This would scan ${formatBytes(bytes)}, about ${usdOf(bytes)}; one question may scan ${formatBytes(questionBytes)}.`,
      { hint: `Ask for a shorter window; an admin sets ${limitsKey}.` },
    );
  }
  if (isConfirmed || (bytes !== undefined && bytes <= confirmBytes)) return { bytes: bytes ?? 0 };
  return { instead: confirmReply(offer, nowMs) };
}

/** The question again, with its window fixed, as a line that a button sends. */
function confirmReply({ query, bytes, notes, engine, usdOf }: ScanOffer, nowMs: number): ConfirmReply {
  const since = `${momentOf(query.window.fromMs)}..${momentOf(query.window.toMs)}`;
  const line = `scan ${formatQuestion({ ...query, since })}`;
  return {
    kind: 'confirm',
    title:
      bytes === undefined
        ? 'How much this will scan is not known'
        : `This will scan ${formatBytes(bytes)}, about ${usdOf(bytes)}`,
    question: query.text,
    says: [`${engine}, ${windowText(query.window)}`],
    label: bytes === undefined ? 'Scan all the same' : `Scan ${formatBytes(bytes)} for ${usdOf(bytes)}`,
    line,
    untilMs: nowMs + GOOD_MS,
    notes: [...notes, 'AWS bills what was read, also where the question is cancelled or cut off on the way.'],
    json: { confirm: line, bytes: bytes ?? null },
  };
}

/** "2026-11-15 12:00 to 2026-11-22 12:00 UTC" */
function windowText({ fromMs, toMs }: Query['window']): string {
  return `${[fromMs, toMs].map((ms) => momentOf(ms).replace('T', ' ')).join(' to ')} UTC`;
}

/** A moment as `since` reads it: to the minute, outward for the end would only add what has not arrived. */
const momentOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
