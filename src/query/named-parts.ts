import { createHash } from 'node:crypto';
import type { AddressFact } from '../flows/parsed-object.js';
import type { Snapshot, Stretch } from '../rollups/relations.js';
import type { Store } from '../rollups/store.js';

/** The hours whose clients and remotes have names. */
export interface NamedParts {
  readonly clients: NamedPart[];
  readonly remotes: NamedPart[];
}

/** `of`: the clients whose legs were looked through; EVERYBODY for all. */
export interface NamedPart {
  readonly of: string;
  readonly stretch: Stretch;
}

/** Tables of names as an earlier snapshot left them. */
export interface NamedTables {
  readonly clients: string;
  readonly remotes: string;
  readonly named: NamedParts;
  readonly basis: string;
}

/** What names depend on besides owners, ranges and inventory: as long as it is the same, so are they. */
export function basisOf({ knowledge }: Snapshot, facts: readonly AddressFact[]): string {
  const hash = createHash('sha256')
    .update(knowledge.digest)
    .update(JSON.stringify([...knowledge.choices]));
  for (const { firstMinute, lastMinute, ...fact } of facts) hash.update(JSON.stringify(fact));
  return hash.digest('hex');
}

/**
 * Copies the tables of an earlier snapshot, which had `before` as its segments; undefined where they cannot serve. What
 * new segments tell is not named.
 */
export async function takeOver(
  store: Store,
  snapshot: Snapshot,
  old: NamedTables,
  before: Snapshot['segments'],
  clients: string,
  remotes: string,
): Promise<NamedParts | undefined> {
  const had = new Set(before.map(({ id }) => id));
  const fresh = snapshot.segments.filter(({ id }) => !had.has(id));
  const remaining = (parts: readonly NamedPart[]): NamedPart[] => {
    const changed = fresh.map(({ firstMinute, lastMinute }) =>
      wholeHours({ fromMinute: firstMinute, toMinute: lastMinute + 1 }),
    );
    return parts.flatMap(({ of, stretch }) => without(stretch, changed).map((part) => ({ of, stretch: part })));
  };
  // Named before the tables are copied, so that a table may hold more than its hours tell, and never less.
  const named = { clients: remaining(old.named.clients), remotes: remaining(old.named.remotes) };
  try {
    await store.query(`create table ${clients} as from ${old.clients}`);
    await store.query(`create table ${remotes} as from ${old.remotes}`);
    return named;
  } catch {
    // Dropped with its snapshot meanwhile: all is named again.
    await store.query(`drop table if exists ${clients}`);
    return undefined;
  }
}

/** What stands for no list of clients. */
export const EVERYBODY = '*';

const wholeHours = ({ fromMinute, toMinute }: Stretch): Stretch => ({
  fromMinute: Math.floor(fromMinute / 60) * 60,
  toMinute: Math.ceil(toMinute / 60) * 60,
});

/** A stretch widened to whole hours, and to the whole of a day whose sums are there: they are read faster than its parts. */
export function aroundWhole(snapshot: Snapshot, stretch: Stretch): Stretch {
  const { fromMinute, toMinute } = wholeHours(stretch);
  const [first, last] = [Math.floor(fromMinute / 1440), Math.ceil(toMinute / 1440)];
  return {
    fromMinute: snapshot.settled.has(first) ? first * 1440 : fromMinute,
    toMinute: snapshot.settled.has(last - 1) ? last * 1440 : toMinute,
  };
}

/** The parts of a stretch that none of the others holds. */
export function without(stretch: Stretch, others: readonly Stretch[]): Stretch[] {
  let parts = [stretch];
  for (const other of others) {
    parts = parts.flatMap((part) =>
      [
        { fromMinute: part.fromMinute, toMinute: Math.min(part.toMinute, other.fromMinute) },
        { fromMinute: Math.max(part.fromMinute, other.toMinute), toMinute: part.toMinute },
      ].filter(({ fromMinute, toMinute }) => fromMinute < toMinute),
    );
  }
  return parts;
}
