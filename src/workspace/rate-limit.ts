/** Slack allows one post a second to a channel, with short bursts. */
const POSTS = new Set(['chat.postMessage', 'chat.postEphemeral']);
const BURST = 10;
const WINDOW_MS = 5_000;

/** Counts posts per channel. Returns the seconds to wait (Retry-After), 0 where the call may go on. */
export function createRateLimit(now: () => number): (method: string, channel: string) => number {
  const posts = new Map<string, number[]>();
  return (method, channel) => {
    if (!POSTS.has(method)) return 0;
    const at = now();
    const recent = (posts.get(channel) ?? []).filter((time) => time > at - WINDOW_MS);
    if (recent.length >= BURST) return Math.max(1, Math.ceil((recent[0]! + WINDOW_MS - at) / 1000));
    posts.set(channel, [...recent, at]);
    return 0;
  };
}
