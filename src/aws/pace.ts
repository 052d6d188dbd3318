/** Lets calls begin one after another, at least `gapMs` apart, in the order in which they came. */
export type Pace = (signal: AbortSignal | undefined) => Promise<void>;

/** `elapsedMs` is a clock that never goes back. The wait ends early where the signal is aborted. */
export function createPace(gapMs: number, elapsedMs: () => number): Pace {
  let nextMs = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const nowMs = elapsedMs();
    const atMs = Math.max(nowMs, nextMs);
    nextMs = atMs + gapMs;
    if (atMs > nowMs) await wait(atMs - nowMs, signal);
  };
}

/** A wait that an abort ends; it does not reject, whoever waits looks at the signal. */
function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
