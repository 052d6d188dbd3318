import { DAY_MS } from '../units.js';
import type { Answer, AnswerRow } from './answer.js';
import { type DigestSpan, sinceDays } from './digest-span.js';
import type { Amount } from './forecast.js';

/** Where bytes went: a service of AWS, a named remote or a provider. */
export interface Destination extends Amount {
  /** "S3", "Datadog", "github"; null where nobody knows whose the address is. */
  readonly name: string | null;
  /** Bytes of the span that it is compared with. */
  readonly beforeBytes: bigint;
}

/** A place to which nothing had gone in four weeks. */
export interface Newcomer extends Amount {
  /** A name, or an address that nobody knows. */
  readonly name: string;
}

/** Of everything that is new, at least this share of the span's bytes, and this many bytes: the rest is noise. */
const LEAST_SHARE = 0.01;
const LEAST_BYTES = 64 * 1024 * 1024;
const MOST_NEWCOMERS = 3;

/** The rows of `by=service,provider compare=…` as destinations, the largest first. */
export function destinationsOf(answer: Answer): readonly Destination[] {
  const byName = new Map<string | null, Destination>();
  for (const row of answer.rows) {
    const name = nameOf(row);
    const known = byName.get(name);
    const bytes = row.bytes + (known?.bytes ?? 0n);
    const beforeBytes = (row.previous?.bytes ?? 0n) + (known?.beforeBytes ?? 0n);
    // Dollars of two rows are not added here: figures are those of an answer, or none.
    const usd = known === undefined && row.usd !== undefined ? { usd: row.usd } : {};
    byName.set(name, { name, bytes, beforeBytes, ...usd });
  }
  return [...byName.values()].filter(({ bytes }) => bytes > 0n).sort((a, b) => (a.bytes > b.bytes ? -1 : 1));
}

/** The service of the far end, else its provider; EC2 and AMAZON are AWS's whole range and say no more than "aws". */
function nameOf(row: Pick<AnswerRow, 'key'>): string | null {
  const { service, provider } = row.key;
  return service === null || service === undefined ? ((provider ?? null) as string | null) : String(service);
}

/**
 * Destinations of the span that the four weeks before did not have, and addresses that nobody knows and that nobody
 * talked to. Nothing is new where there is no history to be new against.
 */
export async function findNewcomers(input: {
  readonly ask: (text: string) => Promise<Answer>;
  /** The span's `by=service,provider`. */
  readonly now: Answer;
  readonly filter: string;
  readonly span: DigestSpan;
  readonly usualFromMs: number;
  readonly isKnownDay: (dayMs: number) => boolean;
}): Promise<readonly Newcomer[]> {
  const { ask, now, filter, span, usualFromMs } = input;
  const knownDays = Array.from({ length: (span.fromMs - usualFromMs) / DAY_MS }, (_, n) => usualFromMs + n * DAY_MS);
  // A week is the least that shows what comes only at weekends.
  if (knownDays.filter(input.isKnownDay).length < 7) return [];
  const history = sinceDays(usualFromMs, span.fromMs);
  const since = sinceDays(span.fromMs, span.toMs);
  const [before, addresses] = await Promise.all([
    ask(`${filter}${history} by=service,provider top=1000`),
    ask(`${filter}${since} by=remote,provider top=200`),
  ]);
  const least = Math.max(LEAST_BYTES, Number(now.total.bytes) * LEAST_SHARE);
  const seen = new Set(destinationsOf(before).map(({ name }) => name));
  const named = destinationsOf(now).flatMap(({ name, beforeBytes: _, ...amount }) =>
    name === null || seen.has(name) || Number(amount.bytes) < least ? [] : [{ name, ...amount }],
  );
  const nameless = addresses.rows.filter(({ key, bytes }) => key.provider === null && Number(bytes) >= least);
  const unknown = await neverSeen(ask, filter, history, nameless);
  return [...named, ...unknown].sort((a, b) => (a.bytes > b.bytes ? -1 : 1)).slice(0, MOST_NEWCOMERS);
}

async function neverSeen(
  ask: (text: string) => Promise<Answer>,
  filter: string,
  history: string,
  rows: readonly AnswerRow[],
): Promise<readonly Newcomer[]> {
  const asked = rows.flatMap((row) => (typeof row.key.remote === 'string' ? [{ ...row, name: row.key.remote }] : []));
  if (asked.length === 0) return [];
  const list = asked.map(({ name }) => name).join(',');
  const before = await ask(`${filter}remote=${list} ${history} by=remote top=1000`);
  const seen = new Set(before.rows.map(({ key }) => key.remote));
  return asked
    .filter(({ name }) => !seen.has(name))
    .map(({ name, bytes, usd }) => ({ name, bytes, ...(usd === undefined ? {} : { usd }) }));
}
