import { Decimal } from 'decimal.js';
import type { AskEars } from './ask-progress.js';
import type { InsightsProgress, RunInsights } from './insights-port.js';
import { priceOfInsights } from './insights-price.js';
import { followStatements } from './running-statements.js';

export interface InsightsMeter {
  /** The same port, with what it tells joined into the question's own progress and bill. */
  readonly measured: (run: RunInsights, region: string) => RunInsights;
  /** What the statements that have ended read, and what it costs: a decimal string. */
  readonly bytesScanned: () => number;
  readonly usd: () => string;
}

/** Joins the statements of one question into one progress: several run at once, and what a person waits for is the question. */
export function meterInsights(ears: AskEars, elapsedMs: () => number): InsightsMeter {
  const started = elapsedMs();
  const billed = new Map<string, number>();
  const total = (): number => [...billed.values()].reduce((sum, bytes) => sum + bytes, 0);
  const usd = (): string => {
    const sum = [...billed].reduce(
      (dollars, [region, bytes]) => dollars.plus(priceOfInsights(bytes, region)),
      new Decimal(0),
    );
    return sum.isZero() ? '0' : sum.toFixed(6);
  };
  const tell = (): void => {
    const now = running.now();
    ears.onProgress?.({
      engine: 'logs-insights',
      state: now.some(({ state }) => state === 'running') ? 'running' : 'queued',
      waitedMs: elapsedMs() - started,
      bytesScanned: now.reduce((sum, { bytesScanned }) => sum + bytesScanned, total()),
      usd: usd(),
    });
  };
  const running = followStatements<InsightsProgress>(tell);
  return {
    bytesScanned: total,
    usd,
    measured: (run, region) => (statement) =>
      running.follow(run, statement, { state: 'queued', bytesScanned: 0 }, (bytes) => {
        billed.set(region, (billed.get(region) ?? 0) + bytes);
        ears.onBilled?.(bytes);
      }),
  };
}
