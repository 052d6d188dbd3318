import { NetcostError } from '../errors.js';
import { formatBytes } from '../units.js';
import type { AskEars } from './ask-progress.js';
import type { AthenaProgress, RunStatement } from './athena-port.js';
import { formatUsdOfScan, priceOfScan } from './athena-scan.js';
import { followStatements } from './running-statements.js';

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
  let billed = 0;
  let statements = 0;
  const tell = (): void => {
    const now = running.now();
    const states = now.map(({ state }) => state);
    const state = states.includes('running') ? 'running' : states.includes('reading') ? 'reading' : 'queued';
    const underWay = now.map((each) => (each.state === 'running' ? each.bytesScanned : 0));
    const bytesScanned = underWay.reduce((sum, bytes) => sum + bytes, billed);
    ears.onProgress?.({
      engine: 'athena',
      state,
      waitedMs: elapsedMs() - started,
      bytesScanned,
      usd: priceOfScan(bytesScanned),
    });
  };
  const running = followStatements<AthenaProgress>(tell);
  const metered: RunStatement = (statement) =>
    running.follow(run, statement, { state: 'queued', waitedMs: 0 }, (bytes) => {
      billed += bytes;
      if (bytes > 0) statements += 1;
      ears.onBilled?.(bytes);
    });
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
