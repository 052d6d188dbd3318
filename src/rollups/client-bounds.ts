import { quoteList } from './duckdb.js';
import { overlaps, type Snapshot, type Stretch } from './relations.js';
import type { Store } from './store.js';

/**
 * Over parquet_metadata of segments: ids of clients that cut their legs into so many parts of about one size, as a list.
 * Groups are of one size and sorted by client, so their bounds tell it without reading a row.
 */
export function boundsExpression(parts: number): string {
  const shares = Array.from({ length: parts - 1 }, (_, i) => (i + 1) / parts);
  return `list_sort(list_distinct(quantile_disc(stats_min_value::bigint, [${shares.join(', ')}]::double[])
    filter (where path_in_schema = 'near')))`;
}

/** Conditions on `near` that cut clients at such bounds, in ascending order; one that all meet where there are none. */
export function cutsAt(bounds: readonly bigint[]): readonly string[] {
  return [undefined, ...bounds].map((from, i) => {
    const to = bounds[i];
    const within = [...(from === undefined ? [] : [`near >= ${from}`]), ...(to === undefined ? [] : [`near < ${to}`])];
    return within.length === 0 ? 'true' : within.join(' and ');
  });
}

/** Legs of a stretch that are grouped in one go: of pairs, their sums take some tens of megabytes. */
const LEGS_AT_ONCE = 4_000_000;
const MOST_PARTS = 32;

/** The legs of a stretch, given as a relation, in parts by client so that no client is in two; one where they are few. */
export async function partsByClient(
  store: Store,
  snapshot: Snapshot,
  { fromMinute, toMinute }: Stretch,
  legs: string,
  legsAtOnce = LEGS_AT_ONCE,
): Promise<readonly string[]> {
  const segments = snapshot.segments.filter((segment) => segment.legs > 0 && overlaps(segment, fromMinute, toMinute));
  const count = segments.reduce((sum, segment) => sum + segment.legs, 0);
  const parts = Math.min(MOST_PARTS, Math.ceil(count / legsAtOnce));
  if (parts < 2) return [legs];
  const largest = segments.reduce((most, one) => (one.legs > most.legs ? one : most));
  const key = `bounds ${largest.legsFile} ${parts}`;
  const bounds =
    (snapshot.derived.get(key) as readonly bigint[] | undefined) ?? (await readBounds(store, largest.legsFile, parts));
  snapshot.derived.set(key, bounds);
  return cutsAt(bounds).map((clients) => `(select * from ${legs} where ${clients})`);
}

async function readBounds(store: Store, file: string, parts: number): Promise<readonly bigint[]> {
  const rows = await store.query(
    `select ${boundsExpression(parts)} from parquet_metadata(${quoteList([`${store.catalog.dir}/segments/${file}`])})`,
  );
  return (rows[0]![0] as { readonly items: readonly bigint[] } | null)?.items ?? [];
}
