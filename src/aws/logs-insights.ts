import {
  CloudWatchLogsClient,
  GetQueryResultsCommand,
  type GetQueryResultsResponse,
  StartQueryCommand,
  StopQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { InsightsRun, RunInsights } from '../answers/insights-port.js';
import { NetcostError } from '../errors.js';
import type { InsightsRow } from '../query/insights/lines.js';
import { MOST_ROWS } from '../query/insights/statements.js';
import { formatBytes } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { isThrottling } from './call-count.js';
import { insightsEnded, insightsFailure } from './insights-failure.js';

export interface InsightsClock {
  /** Monotonic milliseconds. */
  readonly elapsedMs: () => number;
  /** Ends early, and without an error, where the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const FIRST_POLL_MS = 200;
const LONGEST_POLL_MS = 2_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
const STOP_POLLS = 10;
/** More pages of one result than this are not followed: a statement gives no more than MOST_ROWS rows. */
const MOST_PAGES = 20;

/**
 * Runs statements over one log group, each to its end: start, wait, read; stop where nobody waits. `timeoutMs`: how long
 * one may take, waiting for its turn included; Logs Insights itself ends one after sixty minutes.
 */
export function openInsights(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  logGroup: string,
  { timeoutMs }: { readonly timeoutMs: number },
  clock: InsightsClock,
): RunInsights {
  const client = access.client(CloudWatchLogsClient, place);
  const refused = (cause: unknown, call: string): NetcostError => insightsFailure(cause, call, place, logGroup);

  const start = async (run: InsightsRun, untilMs: number): Promise<string> => {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      if (run.signal?.aborted) throw cancelled(0);
      try {
        // Not to be aborted half-way: what has begun already would run on, and nobody would know its id.
        const { queryId } = await client.send(
          new StartQueryCommand({
            logGroupName: logGroup,
            startTime: run.fromSecond,
            // Logs Insights takes the end in, a slice does not.
            endTime: run.toSecond - 1,
            queryString: run.statement,
            limit: MOST_ROWS,
          }),
        );
        if (queryId !== undefined) return queryId;
      } catch (cause) {
        // How many run at once is a matter of waiting; the SDK has given up by now.
        if (!isThrottling(cause) || clock.elapsedMs() + wait > untilMs) throw refused(cause, 'logs:StartQuery');
        run.onProgress?.({ state: 'queued', bytesScanned: 0 });
        await clock.sleep(wait, run.signal);
        continue;
      }
      throw refused({ name: 'NoQueryId', message: 'it gave no id for the statement' }, 'logs:StartQuery');
    }
  };

  const look = async (queryId: string, nextToken?: string): Promise<GetQueryResultsResponse> => {
    try {
      return await client.send(
        new GetQueryResultsCommand({ queryId, ...(nextToken === undefined ? {} : { nextToken }) }),
      );
    } catch (cause) {
      throw refused(cause, 'logs:GetQueryResults');
    }
  };

  /** Stops a statement and tells what it had scanned, which is billed; `seen` where that could not be found out. */
  const stop = async (queryId: string, seen: number): Promise<number> => {
    try {
      await client.send(new StopQueryCommand({ queryId }));
      for (let n = 0; n < STOP_POLLS; n++) {
        const { status, statistics } = await look(queryId);
        if (!isUnderWay(status)) return Math.max(seen, statistics?.bytesScanned ?? 0);
        await clock.sleep(LONGEST_POLL_MS / 4);
      }
    } catch {
      // Whoever waited has gone. What could not be stopped ends by itself, at the latest after sixty minutes.
    }
    return seen;
  };

  return async (run) => {
    const startedMs = clock.elapsedMs();
    const queryId = await start(run, startedMs + timeoutMs);
    let seen = 0;
    const giveUp = async (): Promise<number> => {
      const read = await stop(queryId, seen);
      run.onBilled?.(read);
      return read;
    };
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, LONGEST_POLL_MS)) {
      let answer: GetQueryResultsResponse;
      try {
        answer = await look(queryId);
      } catch (error) {
        await giveUp();
        throw error;
      }
      const { status, statistics } = answer;
      seen = Math.max(seen, statistics?.bytesScanned ?? 0);
      if (status === 'Complete') {
        run.onBilled?.(seen);
        return readRows(answer, (token) => look(queryId, token));
      }
      if (!isUnderWay(status)) {
        // A statement that failed is not billed, one that was stopped or ran out of time is (CloudWatch pricing).
        run.onBilled?.(status === 'Failed' ? 0 : seen);
        throw insightsEnded(status ?? 'Unknown', seen, logGroup);
      }
      run.onProgress?.({ state: status === 'Scheduled' ? 'queued' : 'running', bytesScanned: seen });
      if (run.signal?.aborted) throw cancelled(await giveUp());
      if (clock.elapsedMs() - startedMs >= timeoutMs) {
        throw insightsEnded('Late', await giveUp(), logGroup, Math.round(timeoutMs / 1000));
      }
      await clock.sleep(wait, run.signal);
    }
  };
}

const isUnderWay = (status: string | undefined): boolean => status === 'Running' || status === 'Scheduled';

async function readRows(
  first: GetQueryResultsResponse,
  next: (token: string) => Promise<GetQueryResultsResponse>,
): Promise<readonly InsightsRow[]> {
  const rows: InsightsRow[] = [];
  for (let [page, pages] = [first, 1]; ; pages++) {
    for (const fields of page.results ?? []) {
      rows.push(new Map(fields.flatMap(({ field, value }) => (field === undefined ? [] : [[field, value ?? '']]))));
    }
    const { nextToken } = page;
    if (nextToken === undefined || pages >= MOST_PAGES) return rows;
    page = await next(nextToken);
    if (page.nextToken === nextToken) return rows;
  }
}

const cancelled = (bytes: number): NetcostError =>
  new NetcostError(
    'cancelled',
    bytes === 0
      ? 'The question was cancelled.'
      : `The question was cancelled; ${formatBytes(bytes)} that were scanned are billed.`,
  );
