import { choicesOfDay } from './knowledge.js';
import { overlaps, presenceRelation, type Snapshot, type Stretch } from './relations.js';
import type { Store } from './store.js';

/** Rows of all gateways together in one hour of a stretch: hour from its beginning, SKIPDATA, NODATA, rejected. */
export type PresenceOfHour = readonly [hour: number, skipData: number, noData: number, rejected: number];

const DAY_MINUTES = 1440;

/** Minute by minute of a day; `counts` has four numbers a minute, of which the first is 1 where there is any row. */
interface PresenceOfDay {
  snapshot: Snapshot;
  readonly madeOf: string;
  readonly counts: Promise<Float64Array>;
}

/**
 * Of each hour of a stretch that has rows, what they are; hours are counted from the stretch's beginning. Each day is
 * read once and kept, as long as its rows are the same: a bot is asked about the same days all day long.
 */
export async function presenceByHour(
  store: Store,
  snapshot: Snapshot,
  { fromMinute, toMinute }: Stretch,
  signal?: AbortSignal,
): Promise<PresenceOfHour[]> {
  const hours = new Map<number, [number, number, number, number]>();
  for (let day = Math.floor(fromMinute / DAY_MINUTES); day * DAY_MINUTES < toMinute; day++) {
    // Between days alone: a day that is being read may be waited for by others.
    signal?.throwIfAborted();
    const counts = await presenceOfDay(store, snapshot, day);
    const first = day * DAY_MINUTES;
    for (let minute = Math.max(first, fromMinute); minute < Math.min(first + DAY_MINUTES, toMinute); minute++) {
      const at = (minute - first) * 4;
      if (counts[at] === 0) continue;
      const hour = Math.floor((minute - fromMinute) / 60);
      const sums = hours.get(hour) ?? [hour, 0, 0, 0];
      for (let column = 1; column < 4; column++) sums[column]! += counts[at + column]!;
      hours.set(hour, sums);
    }
  }
  return [...hours.values()];
}

function presenceOfDay(store: Store, snapshot: Snapshot, day: number): Promise<Float64Array> {
  const kept =
    (snapshot.derived.get(KEPT) as Map<number, PresenceOfDay> | undefined) ?? new Map<number, PresenceOfDay>();
  snapshot.derived.set(KEPT, kept);
  const known = kept.get(day);
  if (known?.snapshot === snapshot) return known.counts;
  const madeOf = sourcesOfDay(snapshot, day);
  if (known?.madeOf === madeOf) {
    known.snapshot = snapshot;
    return known.counts;
  }
  const counts = readDay(store, snapshot, day);
  kept.set(day, { snapshot, madeOf, counts });
  counts.catch(() => kept.delete(day));
  return counts;
}

const KEPT = 'presence of days';

/** What the presence of a day comes from: the same text, the same rows. */
const sourcesOfDay = (snapshot: Snapshot, day: number): string =>
  JSON.stringify([
    snapshot.knowledge.digest,
    choicesOfDay(snapshot.knowledge, day),
    snapshot.finalDays.has(day),
    snapshot.replaced,
    snapshot.segments
      .filter((segment) => overlaps(segment, day * DAY_MINUTES, (day + 1) * DAY_MINUTES))
      .map(({ id }) => id),
  ]);

async function readDay(store: Store, snapshot: Snapshot, day: number): Promise<Float64Array> {
  const stretch = { fromMinute: day * DAY_MINUTES, toMinute: (day + 1) * DAY_MINUTES };
  const rows = (await store.query(
    `select "minute" - ${stretch.fromMinute}, sum(skip_data)::double, sum(no_data)::double, sum(rejected)::double
     from ${presenceRelation(store.catalog.dir, snapshot, stretch)} group by "minute"`,
  )) as unknown as (readonly [number, number, number, number])[];
  const counts = new Float64Array(DAY_MINUTES * 4);
  for (const [minute, ...values] of rows) counts.set([1, ...values], minute * 4);
  return counts;
}
