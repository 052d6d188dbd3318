import { expect, it } from 'vitest';
import type { AskProgress } from '../../src/answers/ask-progress.js';
import { meterStatements } from '../../src/answers/athena-meter.js';
import type { AthenaRun, RunStatement } from '../../src/answers/athena-port.js';
import { surveyDays } from '../../src/answers/athena-surveys.js';
import { NetcostError } from '../../src/errors.js';
import { flowTable } from '../fixtures/athena-sources.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const THREE_DAYS = [{ fromMinute: (NOW - 3 * 86_400_000) / 60_000, toMinute: NOW / 60_000 - 1440 }];
const book = { read: async () => undefined, write: async () => {} };
const GIB = 2 ** 30;

/** Statements that run until they are stopped, the nth of which takes n turns to stop and had read n GiB. */
function endless(fail?: (nth: number) => Error | undefined): {
  readonly run: RunStatement;
  readonly stopped: number[];
} {
  const stopped: number[] = [];
  let begun = 0;
  const run = async ({ signal, onProgress, onBilled }: AthenaRun) => {
    begun += 1;
    const nth = begun;
    onProgress?.({ state: 'running', waitedMs: 1_000, bytesScanned: nth * GIB });
    const failure = fail?.(nth);
    if (failure !== undefined) throw failure;
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    for (let turn = 0; turn < nth * 10; turn++) await Promise.resolve();
    stopped.push(nth);
    onBilled?.(nth * GIB);
    throw new NetcostError('cancelled', 'The question was cancelled.', { hint: `Athena bills ${nth} GiB.` });
  };
  return { run, stopped };
}

it('joins the statements of a question into one progress, and tells when all of them have stopped', async () => {
  const { run, stopped } = endless();
  const told: AskProgress[] = [];
  const billed: number[] = [];
  const stop = new AbortController();
  const ears = {
    onProgress: (progress: AskProgress) => told.push(progress),
    onBilled: (bytes: number) => billed.push(bytes),
  };
  const meter = meterStatements(run, ears, () => 0);
  const deps = { tables: [flowTable()], run: meter.run, book };
  const surveys = surveyDays(deps, THREE_DAYS, { nowMs: NOW, signal: stop.signal });
  setTimeout(() => stop.abort(), 10);
  const error = await surveys.catch((cause: unknown) => meter.explain(cause));
  expect(stopped).toEqual([1, 2, 3]);
  expect(billed).toEqual([GIB, 2 * GIB, 3 * GIB]);
  expect(told[0]).toEqual({ engine: 'athena', state: 'queued', waitedMs: 0, bytesScanned: 0, usd: '0' });
  expect(told.at(-1)).toMatchObject({ state: 'running', bytesScanned: 6 * GIB, usd: '0.029297' });
  expect(error).toMatchObject({
    code: 'cancelled',
    hint: 'Athena bills 1 GiB. The question’s 3 statements together: 6.00 GiB, $0.03.',
  });
});

it('stops the other statements where one fails, and tells of that one', async () => {
  const failure = new NetcostError('upstream', 'Athena does not know the table.');
  const { run, stopped } = endless((nth) => (nth === 2 ? failure : undefined));
  const deps = { tables: [flowTable()], run: meterStatements(run, {}, () => 0).run, book };
  await expect(surveyDays(deps, THREE_DAYS, { nowMs: NOW })).rejects.toBe(failure);
  expect(stopped).toEqual([1, 3]);
});
