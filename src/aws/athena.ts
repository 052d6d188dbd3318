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
  /** Monotonic milliseconds. */
  readonly elapsedMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A statement that failed by no fault of its own is begun so often. */
const STARTS = 3;
const FIRST_POLL_MS = 200;
const LONGEST_POLL_MS = 2_000;
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
      try {
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
          run.signal === undefined ? {} : { abortSignal: run.signal },
        );
        if (QueryExecutionId === undefined) throw athenaFailure('it gave no id for the statement');
        return QueryExecutionId;
      } catch (cause) {
        if (run.signal?.aborted) throw new NetcostError('cancelled', 'The question was cancelled.', { cause });
        // The quota of statements at once is a matter of waiting; the SDK has given up by now.
        if (!isThrottling(cause) || clock.elapsedMs() + wait > untilMs)
          throw refusal(cause, 'athena:StartQueryExecution', place);
        run.onProgress?.({ state: 'queued', waitedMs: 0 });
        await clock.sleep(wait);
      }
    }
  };

  const describe = async (id: string): Promise<QueryExecution> => {
    try {
      const { QueryExecution: execution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
      return execution ?? {};
    } catch (cause) {
      throw refusal(cause, 'athena:GetQueryExecution', place);
    }
  };

  /** Stops the statement and tells what it had read: that is billed. */
  const stop = async (id: string): Promise<number | undefined> => {
    try {
      await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
      for (let n = 0; n < 10; n++) {
        const execution = await describe(id);
        if (isOver(execution)) return execution.Statistics?.DataScannedInBytes;
        await clock.sleep(LONGEST_POLL_MS / 4);
      }
    } catch {
      // Whoever waited has gone; a statement that could not be stopped ends by the limit of the work group.
    }
    return undefined;
  };

  const waitFor = async (id: string, run: AthenaRun, startedMs: number): Promise<QueryExecution> => {
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, LONGEST_POLL_MS)) {
      const execution = await describe(id);
      if (isOver(execution)) return execution;
      const waitedMs = clock.elapsedMs() - startedMs;
      run.onProgress?.(progressOf(execution, waitedMs));
      if (run.signal?.aborted)
        throw new NetcostError('cancelled', `The question was cancelled.${billed(await stop(id))}`);
      if (waitedMs > settings.timeoutMs) {
        const read = await stop(id);
        throw new NetcostError(
          'upstream',
          `Athena did not answer within ${Math.round(settings.timeoutMs / 1000)} s and was stopped.${billed(read)}`,
          { hint: 'Ask for a shorter window, or set data.athena.timeoutSeconds higher.' },
        );
      }
      await clock.sleep(wait);
    }
  };

  const readPages = async (id: string, run: AthenaRun): Promise<readonly ResultRow[]> => {
    const rows: ResultRow[] = [];
    let token: string | undefined;
    do {
      run.signal?.throwIfAborted();
      try {
        const page = await client.send(
          new GetQueryResultsCommand({
            QueryExecutionId: id,
            MaxResults: PAGE_ROWS,
            ...(token && { NextToken: token }),
          }),
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
      } catch (cause) {
        throw refusal(cause, 'athena:GetQueryResults', place);
      }
      run.onProgress?.({ state: 'reading', rows: rows.length });
      if (rows.length > MOST_ROWS) throw athenaFailure(`more than ${MOST_ROWS} rows: exhausted resources`);
    } while (token !== undefined && token !== '');
    return rows;
  };

  return async (run): Promise<AthenaResult> => {
    const startedMs = clock.elapsedMs();
    let bytesOfFailures = 0;
    for (let nth = 1; ; nth++) {
      const id = await start(run, nth, startedMs + settings.timeoutMs);
      const execution = await waitFor(id, run, startedMs);
      const { State, StateChangeReason = '', AthenaError } = execution.Status ?? {};
      const bytes = execution.Statistics?.DataScannedInBytes ?? 0;
      if (State === 'SUCCEEDED') {
        const isReused = execution.Statistics?.ResultReuseInformation?.ReusedPreviousResult === true;
        return { rows: await readPages(id, run), bytesScanned: bytesOfFailures + (isReused ? 0 : bytes), isReused };
      }
      const said = AthenaError?.ErrorMessage || StateChangeReason;
      // The same token gives the same execution: one that somebody cancelled before has to be begun anew.
      const wasStopped = State === 'CANCELLED' && !/limit|exceeded|cutoff/i.test(said);
      if ((AthenaError?.Retryable !== true && !wasStopped) || nth >= STARTS) {
        if (wasStopped)
          throw new NetcostError('cancelled', `Somebody cancelled the statement in Athena.${billed(bytes)}`);
        throw athenaFailure(said);
      }
      // A failed statement costs nothing, a cancelled one what it had read.
      if (State === 'CANCELLED') bytesOfFailures += bytes;
    }
  };
}

function isOver({ Status }: QueryExecution): boolean {
  return Status?.State === 'SUCCEEDED' || Status?.State === 'FAILED' || Status?.State === 'CANCELLED';
}

function progressOf({ Status, Statistics }: QueryExecution, waitedMs: number): AthenaProgress {
  return Status?.State === 'RUNNING'
    ? { state: 'running', waitedMs, bytesScanned: Statistics?.DataScannedInBytes ?? 0 }
    : { state: 'queued', waitedMs };
}

/** 32 to 128 characters, as Athena wants them. */
const tokenOf = (token: string, nth: number): string => createHash('sha256').update(`${token}\n${nth}`).digest('hex');

const billed = (bytes: number | undefined): string =>
  bytes === undefined
    ? ' Athena bills what it had read.'
    : ` Athena bills what it had read: ${formatBytes(bytes)}, ${formatUsdOfScan(bytes)}.`;

function refusal(cause: unknown, call: string, place: AwsPlace): NetcostError {
  if (cause instanceof NetcostError) return cause;
  const { name = '', message = '' } = (cause ?? {}) as { name?: string; message?: string };
  return /InvalidRequest|ResourceNotFound|MetadataException|TooManyRequests/i.test(name)
    ? athenaFailure(`${name}: ${message}`, cause)
    : awsFailure(cause, call, place);
}
