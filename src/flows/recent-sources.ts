import { KEY_SLOTS, type LineReader } from './line-reader.js';
import type { Source, Sources } from './sources.js';

/** The sources of the last rows, found by all bytes of their keys in a few nanoseconds; others are asked of `Sources`. */
export interface RecentSources {
  /** From now on rows are of these sources, whose keys are made of these columns. */
  use(sources: Sources, columns: readonly number[]): void;
  /** The source of the line that the reader has read last. */
  find(hasData: boolean): Source;
}

/** A cache in front of `Sources.find`: each key has one slot, and takes it from the one that was there. */
export function createRecentSources({ memory, starts, useKey, findKey, keepKey }: LineReader): RecentSources {
  const kept = new Array<Source | undefined>(KEY_SLOTS).fill(undefined);
  let sources: Sources;
  return {
    use(next, columns) {
      if (next === sources) return;
      sources = next;
      useKey(columns);
    },
    find(hasData) {
      const found = findKey();
      if (found >= 0) {
        const source = kept[found]!;
        if (!hasData || !source.isProvisional) return source;
      }
      const source = sources.find(memory, starts, hasData);
      const slot = found >= 0 ? found : ~found;
      kept[slot] = source;
      keepKey(slot, source.key);
      return source;
    },
  };
}
