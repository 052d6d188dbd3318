import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { isoTime } from '../units.js';
import { BUNDLED_CARD, layCards, type Rate, type RateCard, type RateKind } from './rate-card.js';

/** Prices that were fetched, as they are kept on disk beside the store's rows. */
const Cached = z.object({
  fetchedAt: z.string(),
  regions: z.record(
    z.string(),
    z.record(z.string(), z.object({ usd: z.string().regex(/^\d+(?:\.\d+)?$/), asOf: z.string() })),
  ),
});

const FILE = 'prices.json';
const SOURCE = 'AWS Price List API';

/** What is known of prices, and where from, in words for a person. */
export interface KnownPrices {
  readonly card: RateCard;
  readonly says: string;
}

/** Without a cache. */
export const BUNDLED_PRICES: KnownPrices = {
  card: BUNDLED_CARD,
  says: 'list prices that netcost carries (2021 to 2026)',
};

/**
 * The prices of a store's folder: the fetched ones on top of the bundled card. Without a cache, or with one that cannot
 * be read, the bundled card alone. What it gives follows the file; reading is cheap where that did not change.
 */
export function openPrices(dir: string): () => KnownPrices {
  const path = join(dir, FILE);
  let read: { readonly mtimeMs: number; readonly known: KnownPrices } | undefined;
  return () => {
    const mtimeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (mtimeMs === undefined) return BUNDLED_PRICES;
    if (read?.mtimeMs !== mtimeMs) read = { mtimeMs, known: readCache(path) };
    return read.known;
  };
}

function readCache(path: string): KnownPrices {
  try {
    const { fetchedAt, regions } = Cached.parse(readJson(path));
    const card: RateCard = new Map(
      Object.entries(regions).map(([region, rates]) => [
        region,
        new Map(
          Object.entries(rates).map(([kind, { usd, asOf }]): [RateKind, Rate] => [
            kind as RateKind,
            { usd, source: SOURCE, asOf },
          ]),
        ),
      ]),
    );
    return { card: layCards(card, BUNDLED_CARD), says: `${SOURCE}, read ${fetchedAt.slice(0, 10)}` };
  } catch {
    return { ...BUNDLED_PRICES, says: `${BUNDLED_PRICES.says}; ${path} cannot be read` };
  }
}

/** Keeps fetched prices in a store's folder, whole or not at all; Regions that were not fetched keep what they had. */
export function writePrices(
  dir: string,
  fetched: ReadonlyMap<string, ReadonlyMap<RateKind, Pick<Rate, 'usd' | 'asOf'>>>,
  nowMs: number,
): void {
  const path = join(dir, FILE);
  const before = Cached.safeParse(readJson(path));
  const regions = {
    ...(before.success ? before.data.regions : {}),
    ...Object.fromEntries([...fetched].map(([region, rates]) => [region, Object.fromEntries(rates)])),
  };
  const beside = `${path}.new`;
  writeFileSync(beside, `${JSON.stringify({ fetchedAt: isoTime(nowMs), regions }, undefined, 1)}\n`);
  renameSync(beside, path);
}

/** Undefined where there is none, or no JSON. */
function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}
