/** Waits for a channel's turn. */
export type Pace = (channel: string) => Promise<void>;

/** Slack takes one message a second in a channel, with short bursts (docs.slack.dev, rate limits). */
const EVERY_MS = 1_000;
const JITTER_MS = 250;

/**
 * One message a second per channel and a little more, at random, so that several netcosts do not fall into step.
 * Channels do not wait for each other.
 */
export function createPace(deps: {
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
}): Pace {
  const freeAt = new Map<string, number>();
  return async (channel) => {
    const nowMs = deps.now();
    for (const [other, at] of freeAt) if (at <= nowMs) freeAt.delete(other);
    const turnMs = Math.max(nowMs, freeAt.get(channel) ?? 0);
    freeAt.set(channel, turnMs + EVERY_MS + deps.random() * JITTER_MS);
    if (turnMs > nowMs) await deps.sleep(turnMs - nowMs);
  };
}
