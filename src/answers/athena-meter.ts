import type { AskEars } from './ask-progress.js';
import type { AthenaProgress, RunStatement } from './athena-port.js';
import { priceOfScan } from './athena-scan.js';

/**
 * The same port, with the statements of one question joined into one progress: several run at once, and what a person
 * waits for is the question. Every statement tells what it read when it ends, as `onBilled` does.
 */
export function meterStatements(run: RunStatement, ears: AskEars, elapsedMs: () => number): RunStatement {
  const started = elapsedMs();
  const running = new Map<symbol, AthenaProgress>();
  let billed = 0;
  const tell = (): void => {
    const states = [...running.values()].map(({ state }) => state);
    const state = states.includes('running') ? 'running' : states.includes('reading') ? 'reading' : 'queued';
    const underWay = [...running.values()].map((each) => (each.state === 'running' ? each.bytesScanned : 0));
    const bytesScanned = underWay.reduce((sum, bytes) => sum + bytes, billed);
    ears.onProgress?.({
      engine: 'athena',
      state,
      waitedMs: elapsedMs() - started,
      bytesScanned,
      usd: priceOfScan(bytesScanned),
    });
  };
  return async (statement) => {
    const id = Symbol();
    running.set(id, { state: 'queued', waitedMs: 0 });
    tell();
    try {
      return await run({
        ...statement,
        onProgress: (progress) => {
          running.set(id, progress);
          tell();
        },
        onBilled: (bytes) => {
          billed += bytes;
          running.delete(id);
          ears.onBilled?.(bytes);
        },
      });
    } finally {
      running.delete(id);
    }
  };
}
