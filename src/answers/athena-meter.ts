import { NetcostError } from '../errors.js';
import { formatBytes } from '../units.js';
import type { AskEars } from './ask-progress.js';
import type { AthenaProgress, RunStatement } from './athena-port.js';
import { formatUsdOfScan, priceOfScan } from './athena-scan.js';

interface Metered {
  readonly run: RunStatement;
  /** A question that was cancelled names what its last statement cost; with what those before it did. */
  readonly explain: (error: unknown) => unknown;
}

/**
 * The same port, with the statements of one question joined into one progress: several run at once, and what a person
 * waits for is the question. Every statement tells what it read when it ends, as `onBilled` does.
 */
export function meterStatements(run: RunStatement, ears: AskEars, elapsedMs: () => number): Metered {
  const started = elapsedMs();
  const running = new Map<symbol, AthenaProgress>();
  let billed = 0;
  let statements = 0;
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
  const metered: RunStatement = async (statement) => {
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
          if (bytes > 0) statements += 1;
          running.delete(id);
          ears.onBilled?.(bytes);
        },
      });
    } finally {
      running.delete(id);
    }
  };
  return {
    run: metered,
    explain: (error) => {
      if (!(error instanceof NetcostError) || error.code !== 'cancelled' || statements < 2) return error;
      const all = `The question’s ${statements} statements together: ${formatBytes(billed)}, ${formatUsdOfScan(billed)}.`;
      const hint = [error.hint, all].filter((text) => text !== undefined).join(' ');
      return new NetcostError('cancelled', error.message, { cause: error, hint });
    },
  };
}
