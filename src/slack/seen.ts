const KEEP_MS = 10 * 60_000;
const MAX_IDS = 10_000;

/** Remembers ids, for ten minutes where nothing else is said: longer than Slack repeats an event. True where the id was seen before. */
export function createSeen(now: () => number, keepMs = KEEP_MS): (id: string) => boolean {
  const untilById = new Map<string, number>();
  return (id) => {
    const at = now();
    for (const [old, until] of untilById) {
      if (until > at && untilById.size <= MAX_IDS) break;
      untilById.delete(old);
    }
    if (untilById.has(id)) return true;
    untilById.set(id, at + keepMs);
    return false;
  };
}
