import { NetcostError } from '../errors.js';
import type { InsightsRow } from '../query/insights/lines.js';
import { LAST_CHARACTERS, MOST_ROWS, type Slice } from '../query/insights/statements.js';

/** The first slice of a window, seconds: what it gives tells how long the next ones may be. */
const FIRST_SECONDS = 6 * 3600;
const SHORTEST_SECONDS = 60;
/** Rows that the next slice is to give; fewer than Logs Insights gives, since hours differ. */
const AIMED_ROWS = MOST_ROWS * 0.6;
const FASTEST_GROWTH = 8;

/** How many statements a question may still run. */
export interface SliceBudget {
  left: number;
}

/**
 * Reads a stretch slice by slice, each short enough for all its rows to be given: a slice of which Logs Insights gives
 * all that it can is read again in halves, and a minute of which that is true by the last character of an address. So
 * nothing is cut; what was read twice is billed twice. `expected`: rows a second that an earlier part gave.
 * @throws NetcostError 'usage' where that takes more statements than a question may run.
 */
export async function readSlices(
  { fromSecond, toSecond }: Slice,
  ask: (slice: Slice) => Promise<readonly InsightsRow[]>,
  budget: SliceBudget,
  onRows: (rows: readonly InsightsRow[]) => void | Promise<void>,
): Promise<void> {
  let length = Math.min(toSecond - fromSecond, FIRST_SECONDS);
  for (let at = fromSecond; at < toSecond; ) {
    const end = Math.min(toSecond, at + length);
    const rows = await spend(budget, () => ask({ fromSecond: at, toSecond: end }));
    if (rows.length < MOST_ROWS) {
      await onRows(rows);
      const growth = Math.min(FASTEST_GROWTH, AIMED_ROWS / Math.max(1, rows.length));
      length = Math.max(SHORTEST_SECONDS, Math.floor((end - at) * growth));
      at = end;
    } else if (end - at > SHORTEST_SECONDS) length = Math.max(SHORTEST_SECONDS, Math.ceil((end - at) / 2));
    else {
      for (const lastCharacter of LAST_CHARACTERS) {
        const some = await spend(budget, () => ask({ fromSecond: at, toSecond: end, lastCharacter }));
        if (some.length >= MOST_ROWS) throw tooMany(`${MOST_ROWS * LAST_CHARACTERS.length} groups in a minute`);
        await onRows(some);
      }
      at = end;
    }
  }
}

async function spend<T>(budget: SliceBudget, work: () => Promise<T>): Promise<T> {
  budget.left -= 1;
  if (budget.left < 0) throw tooMany('statements for one question');
  return work();
}

const tooMany = (what: string): NetcostError =>
  new NetcostError('usage', `That takes too many ${what}: Logs Insights gives ${MOST_ROWS} rows a statement.`, {
    hint: 'Ask for a shorter window or fewer keys, or let the embedded engine read the log group (engine: embedded).',
  });
