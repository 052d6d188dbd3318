import type { Pace } from './pace.js';

/**
 * Lets short bursts through and then one each `everyMs`: Slack takes a message a second in a channel "with short
 * bursts", and a person who was woken should not wait for the second message of a thread.
 */
export function createBurstPace(deps: {
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly burst: number;
  readonly everyMs: number;
}): Pace {
  /** When the bucket of a channel would be full again. */
  const fullAt = new Map<string, number>();
  return async (channel) => {
    const nowMs = deps.now();
    for (const [other, at] of fullAt) if (at <= nowMs) fullAt.delete(other);
    const at = Math.max(nowMs, fullAt.get(channel) ?? 0) + deps.everyMs;
    fullAt.set(channel, at);
    const waitMs = at - nowMs - deps.burst * deps.everyMs;
    if (waitMs > 0) await deps.sleep(waitMs);
  };
}
