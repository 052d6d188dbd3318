import { createHash } from 'node:crypto';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { AthenaProgress, AthenaResult, AthenaRun, ResultRow, RunStatement } from '../answers/athena-port.js';
import { formatUsdOfScan } from '../answers/athena-scan.js';
import { NetcostError } from '../errors.js';
import { formatBytes } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { athenaFailure } from './athena-failure.js';
import { isThrottling } from './call-count.js';
import { awsFailure } from './failure.js';

export interface AthenaSettings {
  readonly workGroup: string;
  readonly database: string;
  readonly catalog?: string | undefined;
  /** `s3://bucket/prefix` for results; absent where the work group has its own place, or keeps results itself. */
  readonly outputLocation?: string | undefined;
  /** How long a statement may take, waiting included. */
  readonly timeoutMs: number;
}

export interface AthenaClock {
  /** UTC milliseconds; absent = nothing is known of when an execution was begun. */
  readonly nowMs?: () => number;
  /** Monotonic milliseconds. */
  readonly elapsedMs: () => number;
  /** Ends early, and without an error, where the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

interface Waited {
  readonly execution: QueryExecution;
  /** The token led to a statement that an earlier question began: its bytes are that one's. */
  readonly isFormer: boolean;
}

/** A statement that failed by no fault of its own is begun so often. */
const STARTS = 3;
/** And so many of the same question in the same hour are looked for before it is given up. */
const MOST_TOKENS = 30;
/** Our clock and Athena's may differ by so much. */
const SKEW_MS = 60_000;
const FIRST_POLL_MS = 200;
const LONGEST_POLL_MS = 2_000;
const PATIENT_TRIES = 6;
const PAGE_ROWS = 1_000;
/** What one statement may give; more is no answer for a person. */
const MOST_ROWS = 300_000;

/** Runs statements in Athena at one place, each to its end: start, wait, read all pages; stop where nobody waits. */
export function openAthena(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  settings: AthenaSettings,
  clock: AthenaClock,
): RunStatement {
  const client = access.client(AthenaClient, place);

  const start = async (run: AthenaRun, nth: number, untilMs: number): Promise<string> => {
    for (let wait = 1_000; ; wait = Math.min(wait * 2, 15_000)) {
      if (run.signal?.aborted) throw cancelled();
      try {
        // Not to be aborted half-way: what Athena has begun already would run on, and nobody would know its id.
        const { QueryExecutionId } = await client.send(
          new StartQueryExecutionCommand({
            QueryString: run.sql,
            QueryExecutionContext: {
              Database: settings.database,
              ...(settings.catalog === undefined ? {} : { Catalog: settings.catalog }),
            },
            WorkGroup: settings.workGroup,
            ClientRequestToken: tokenOf(run.token, nth),
            // Managed results must not name a place (SDK, ManagedQueryResultsConfiguration).
            ...(settings.outputLocation === undefined
              ? {}
              : { ResultConfiguration: { OutputLocation: settings.outputLocation } }),
            ...(run.reuseMinutes > 0
              ? {
                  ResultReuseConfiguration: {
                    ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: run.reuseMinutes },
                  },
                }
              : {}),
          }),
        );
        if (QueryExecutionId === undefined) throw athenaFailure('it gave no id for the statement');
        return QueryExecutionId;
      } catch (cause) {
        // The quota of statements at once is a matter of waiting; the SDK has given up by now.
        if (!isThrottling(cause) || clock.elapsedMs() + wait > untilMs)
          throw refusal(cause, 'athena:StartQueryExecution', place);
        run.onProgress?.({ state: 'queued', waitedMs: 0 });
        await clock.sleep(wait, run.signal);
      }
    }
  };

  /** Asks once more where Athena is asked too often: a statement that runs, or is paid for, is not given up for that. */
  const patiently = async <T>(call: string, send: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await send();
      } catch (cause) {
        if (!isThrottling(cause) || tries >= PATIENT_TRIES) throw refusal(cause, call, place);
        await clock.sleep(LONGEST_POLL_MS * tries);
      }
    }
  };

  const describe = async (id: string): Promise<QueryExecution> => {
    const { QueryExecution: execution } = await patiently('athena:GetQueryExecution', () =>
      client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
    );
    return execution ?? {};
  };

  /** Stops the statement and tells what it had read, which is billed; undefined where that could not be found out. */
  const stop = async (id: string): Promise<number | undefined> => {
    try {
      await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
      for (let n = 0; n < 10; n++) {
        const execution = await describe(id);
        if (isOver(execution)) return billedBytes(execution);
        await clock.sleep(LONGEST_POLL_MS / 4);
      }
    } catch {
      // Whoever waited has gone; a statement that could not be stopped ends by the limit of the work group.
    }
    return undefined;
  };

  const waitFor = async (id: string, run: AthenaRun, startedMs: number): Promise<Waited> => {
    let seen = 0;
    const beganMs = clock.nowMs?.();
    /** Nobody waits any more: the statement must not go on. What is billed is told, in words and in bytes. */
    const giveUp = async (): Promise<string> => {
      const read = await stop(id);
      run.onBilled?.(read ?? seen);
      return billed(read, seen);
    };
    for (let [wait, isFirst] = [FIRST_POLL_MS, true]; ; wait = Math.min(wait * 1.5, LONGEST_POLL_MS), isFirst = false) {
      let execution: QueryExecution;
      try {
        execution = await describe(id);
      } catch (error) {
        await giveUp();
        throw error;
      }
      if (isOver(execution)) {
        const wasCancelled = isFirst && execution.Status?.State === 'CANCELLED';
        return { execution, isFormer: wasCancelled || wasBegunBefore(execution, beganMs) };
      }
      seen = execution.Statistics?.DataScannedInBytes ?? seen;
      const waitedMs = clock.elapsedMs() - startedMs;
      run.onProgress?.(progressOf(execution, waitedMs));
      if (run.signal?.aborted) throw cancelled(await giveUp());
      if (waitedMs > settings.timeoutMs) {
        const read = await giveUp();
        throw new NetcostError(
          'upstream',
          `Athena did not answer within ${Math.round(settings.timeoutMs / 1000)} s and was stopped. ${read}`,
          { hint: 'Ask for a shorter window, or set data.athena.timeoutSeconds higher.' },
        );
      }
      await clock.sleep(wait, run.signal);
    }
  };

  const readPages = async (id: string, run: AthenaRun): Promise<readonly ResultRow[]> => {
    const rows: ResultRow[] = [];
    let token: string | undefined;
    do {
      // The statement has ended by now and is paid for: what it read is known to whoever hears onBilled.
      if (run.signal?.aborted) throw cancelled('Athena had read everything by then, and bills it.');
      const page = await patiently('athena:GetQueryResults', () =>
        client.send(
          new GetQueryResultsCommand({
            QueryExecutionId: id,
            MaxResults: PAGE_ROWS,
            ...(token && { NextToken: token }),
          }),
        ),
      );
      const labels = page.ResultSet?.ResultSetMetadata?.ColumnInfo?.map(({ Name }) => Name ?? '') ?? [];
      const read = (page.ResultSet?.Rows ?? []).map(({ Data }) =>
        (Data ?? []).map((datum) => datum.VarCharValue ?? null),
      );
      // A SELECT's names of columns are the first row of the first page alone.
      const isHeader =
        token === undefined &&
        read[0] !== undefined &&
        labels.length > 0 &&
        read[0].every((value, i) => value === labels[i]);
      for (const row of isHeader ? read.slice(1) : read) rows.push(row);
      token = page.NextToken;
      run.onProgress?.({ state: 'reading', rows: rows.length });
      if (rows.length > MOST_ROWS) throw athenaFailure(`more than ${MOST_ROWS} rows: exhausted resources`);
    } while (token !== undefined && token !== '');
    return rows;
  };

  return async (run): Promise<AthenaResult> => {
    const startedMs = clock.elapsedMs();
    let bytesOfFailures = 0;
    let starts = 0;
    for (let nth = 1; ; nth++) {
      const id = await start(run, nth, startedMs + settings.timeoutMs);
      const { execution, isFormer } = await waitFor(id, run, startedMs);
      const { State, StateChangeReason = '', AthenaError } = execution.Status ?? {};
      const bytes = execution.Statistics?.DataScannedInBytes ?? 0;
      if (State === 'SUCCEEDED') {
        const isReused = isFormer || execution.Statistics?.ResultReuseInformation?.ReusedPreviousResult === true;
        const read = isReused ? 0 : bytes;
        run.onBilled?.(read);
        return { rows: await readPages(id, run), bytesScanned: bytesOfFailures + read, isReused };
      }
      const said = AthenaError?.ErrorMessage || StateChangeReason;
      // The same token gives the same execution: one that was cancelled before this question has to be begun anew. Who
      // cancels it in Athena while it runs means it.
      const wasStopped = State === 'CANCELLED' && !/limit|exceeded|cutoff/i.test(said);
      // A failed statement costs nothing, a cancelled one what it had read; if an earlier question began it, that one.
      const lost = isFormer ? 0 : billedBytes(execution);
      bytesOfFailures += lost;
      run.onBilled?.(lost);
      // What was cancelled before, or failed for a reason that may be mended by now, is passed over.
      const isPast = isFormer && (wasStopped || State === 'FAILED');
      if (!isFormer) starts += 1;
      if ((AthenaError?.Retryable !== true && !isPast) || starts >= STARTS || nth >= MOST_TOKENS) {
        if (wasStopped)
          throw new NetcostError('cancelled', 'Somebody cancelled the statement in Athena.', { hint: billed(bytes) });
        throw athenaFailure(said);
      }
    }
  };
}

function isOver({ Status }: QueryExecution): boolean {
  return Status?.State === 'SUCCEEDED' || Status?.State === 'FAILED' || Status?.State === 'CANCELLED';
}

/** Whether the token led to an execution from before this question. */
function wasBegunBefore({ Status }: QueryExecution, beganMs: number | undefined): boolean {
  const submitted = Status?.SubmissionDateTime?.getTime();
  return submitted !== undefined && beganMs !== undefined && submitted < beganMs - SKEW_MS;
}

/** What an execution that is over costs: failed ones are free (aws.amazon.com/athena/pricing). */
function billedBytes({ Status, Statistics }: QueryExecution): number {
  return Status?.State === 'FAILED' ? 0 : (Statistics?.DataScannedInBytes ?? 0);
}

function progressOf({ Status, Statistics }: QueryExecution, waitedMs: number): AthenaProgress {
  return Status?.State === 'RUNNING'
    ? { state: 'running', waitedMs, bytesScanned: Statistics?.DataScannedInBytes ?? 0 }
    : { state: 'queued', waitedMs };
}

/** 32 to 128 characters, as Athena wants them. */
const tokenOf = (token: string, nth: number): string => createHash('sha256').update(`${token}\n${nth}`).digest('hex');

/** @param seen what it had read when it was last looked at */
function billed(bytes: number | undefined, seen = 0): string {
  if (bytes === 0) return 'Athena had read nothing yet, and bills nothing.';
  if (bytes !== undefined) return `Athena bills what it had read: ${formatBytes(bytes)}, ${formatUsdOfScan(bytes)}.`;
  const least = seen === 0 ? '' : `: ${formatBytes(seen)} or more, ${formatUsdOfScan(seen)} or more`;
  return `Athena was told to stop, and did not say that it has. It bills what it reads until then${least}.`;
}

const cancelled = (hint?: string): NetcostError =>
  new NetcostError('cancelled', 'The question was cancelled.', hint === undefined ? {} : { hint });

function refusal(cause: unknown, call: string, place: AwsPlace): NetcostError {
  if (cause instanceof NetcostError) return cause;
  const { name = '', message = '' } = (cause ?? {}) as { name?: string; message?: string };
  return /InvalidRequest|ResourceNotFound|MetadataException|TooManyRequests/i.test(name)
    ? athenaFailure(`${name}: ${message}`, cause)
    : awsFailure(cause, call, place);
}
