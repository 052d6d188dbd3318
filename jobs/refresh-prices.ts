import { NetcostError } from '../src/errors.js';
import type { Rate, RateKind } from '../src/pricing/rate-card.js';

/** What the job works with; the wiring binds accounts and the store. */
export interface RefreshPricesDeps {
  /** Cron, five fields, UTC. List prices change a few times a year. */
  readonly when: string;
  /** The Regions of the gateways that are known. */
  readonly regions: () => Promise<readonly string[]>;
  readonly fetch: (region: string, signal: AbortSignal) => Promise<ReadonlyMap<RateKind, Pick<Rate, 'usd' | 'asOf'>>>;
  /** Keeps what was fetched; what is not in it keeps its price. */
  readonly keep: (fetched: ReadonlyMap<string, ReadonlyMap<RateKind, Pick<Rate, 'usd' | 'asOf'>>>) => void;
}

export const PRICES_JOB = 'refresh-prices';
const TEN_MINUTES_MS = 600_000;

/**
 * Reads list prices anew, Region by Region. One that fails keeps its old prices; the job fails, and names it, after the
 * others were kept.
 */
export function refreshPrices({ when, regions, fetch, keep }: RefreshPricesDeps) {
  return {
    name: PRICES_JOB,
    when,
    deadlineMs: TEN_MINUTES_MS,
    jitterMs: 600_000,
    run: async (signal: AbortSignal): Promise<string> => {
      const fetched = new Map<string, ReadonlyMap<RateKind, Pick<Rate, 'usd' | 'asOf'>>>();
      const failures: string[] = [];
      let cause: unknown;
      for (const region of await regions()) {
        signal.throwIfAborted();
        try {
          const rates = await fetch(region, signal);
          // Nothing at all is an answer to another question, as of a partition without a price list.
          if (rates.size > 0) fetched.set(region, rates);
          else failures.push(`${region}: the Price List API has nothing`);
        } catch (error) {
          if (!(error instanceof NetcostError) || signal.aborted) throw error;
          failures.push(`${region}: ${error.message}`);
          cause = error;
        }
      }
      if (fetched.size > 0) keep(fetched);
      const line = `prices of ${fetched.size} Regions`;
      if (failures.length === 0) return line;
      throw new NetcostError('upstream', `${line}; not ${failures.join('; ')}`, { cause });
    },
  };
}
