import {
  CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
  StopQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { Decimal } from 'decimal.js';
import { NetcostError } from '../errors.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask } from './ask.js';

/** What is asked of a log group: who talks with whom through a gateway's interfaces, or how much by time. */
export interface InsightsQuestion {
  readonly logGroup: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** The gateway's interfaces, and its private addresses, primary and secondary. */
  readonly interfaceIds: readonly string[];
  readonly ownAddresses: readonly string[];
  /** `talkers`: by client, remote and direction; `series`: by five minutes and direction. */
  readonly what: 'talkers' | 'series';
}

interface InsightsRow {
  readonly client: string | undefined;
  readonly remote: string | undefined;
  readonly isUp: boolean;
  /** Start of the five minutes; undefined for talkers. */
  readonly atMs: number | undefined;
  readonly bytes: number;
}

export interface InsightsAnswer {
  readonly rows: readonly InsightsRow[];
  /** As many rows as Insights gives: there are more, so the sums are a lower bound. */
  readonly isCut: boolean;
  readonly bytesScanned: number;
  /** 0.005 USD a GB (aws.amazon.com/cloudwatch/pricing, us-east-1, read in 2026-11). */
  readonly usd: string;
}

/** Logs Insights gives no more rows than this, whatever is asked. */
const MOST_ROWS = 10_000;
const USD_PER_GB = '0.005';
const POLL_MS = 500;

/**
 * The leg rule (flows/legs.ts) in Logs Insights' words, with its camel-case names: rows of the gateway whose packet has
 * none of its own addresses at either end and in which one side was rewritten, each billed byte once.
 */
export function insightsQuery({ interfaceIds, ownAddresses, what }: InsightsQuestion): string {
  const own = list(ownAddresses, /^[0-9a-f.:]+$/i);
  const filters = [
    `interfaceId in ${list(interfaceIds, /^eni-[0-9a-f]+$/)}`,
    'action = "ACCEPT"',
    'logStatus = "OK"',
    `pktSrcAddr not in ${own}`,
    `pktDstAddr not in ${own}`,
    '(srcAddr != pktSrcAddr or dstAddr != pktDstAddr)',
  ];
  const isUp = 'dstAddr != pktDstAddr as isUp';
  const stats =
    what === 'talkers'
      ? 'stats sum(bytes) as total by pktSrcAddr, pktDstAddr, isUp'
      : 'stats sum(bytes) as total by bin(5m) as slot, isUp';
  return `fields ${isUp} | filter ${filters.join(' and ')} | ${stats} | sort total desc | limit ${MOST_ROWS}`;
}

/** Runs it to its end; stops it in AWS where nobody waits any more. @throws NetcostError in words. */
export async function askInsights(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  question: InsightsQuestion,
  options: { readonly sleep: (ms: number) => Promise<void>; readonly mostMs: number; readonly signal?: AbortSignal },
): Promise<InsightsAnswer> {
  const client = access.client(CloudWatchLogsClient, place);
  const { signal } = options;
  const { queryId } = await ask('logs:StartQuery', place, signal, (send) =>
    client.send(
      new StartQueryCommand({
        logGroupName: question.logGroup,
        startTime: Math.floor(question.fromMs / 1000),
        // Insights takes the end in, a window does not.
        endTime: Math.ceil(question.toMs / 1000) - 1,
        queryString: insightsQuery(question),
        limit: MOST_ROWS,
      }),
      send,
    ),
  );
  for (let waited = 0; ; waited += POLL_MS) {
    const answer = await ask('logs:GetQueryResults', place, undefined, (send) =>
      client.send(new GetQueryResultsCommand({ queryId: queryId ?? '' }), send),
    );
    if (answer.status === 'Complete') return readAnswer(answer.results ?? [], answer.statistics?.bytesScanned ?? 0);
    if (answer.status !== 'Running' && answer.status !== 'Scheduled') throw ended(answer.status ?? 'Unknown');
    if (signal?.aborted || waited >= options.mostMs) {
      await client.send(new StopQueryCommand({ queryId: queryId ?? '' })).catch(() => undefined);
      if (signal?.aborted)
        throw new NetcostError('cancelled', 'The question was cancelled; Logs Insights bills what it had read.');
      throw ended('Timeout');
    }
    await options.sleep(POLL_MS);
  }
}

function readAnswer(
  results: readonly (readonly { readonly field?: string | undefined; readonly value?: string | undefined }[])[],
  bytesScanned: number,
): InsightsAnswer {
  const rows = results.map((fields): InsightsRow => {
    const value = (name: string): string | undefined => fields.find(({ field }) => field === name)?.value;
    const isUp = value('isUp') === '1';
    const [source, destination, slot] = [value('pktSrcAddr'), value('pktDstAddr'), value('slot')];
    return {
      isUp,
      client: isUp ? source : destination,
      remote: isUp ? destination : source,
      atMs: slot === undefined ? undefined : Date.parse(`${slot.replace(' ', 'T')}Z`),
      bytes: Number(value('total') ?? 0),
    };
  });
  const usd = new Decimal(bytesScanned).div(1e9).times(USD_PER_GB).toFixed(6);
  return { rows, isCut: rows.length >= MOST_ROWS, bytesScanned, usd };
}

const ended = (status: string): NetcostError =>
  new NetcostError('upstream', `Logs Insights did not finish: ${status}. What it had read is billed.`, {
    hint: 'Ask for a shorter window.',
  });

/** Names that AWS made, as a list in the query; anything else is refused, so that nothing has to be escaped. */
function list(values: readonly string[], form: RegExp): string {
  const odd = values.find((value) => !form.test(value));
  if (odd !== undefined || values.length === 0) {
    throw new NetcostError(
      'internal',
      `${JSON.stringify(odd ?? 'nothing')} cannot stand in a question to Logs Insights.`,
    );
  }
  return `[${values.map((value) => `"${value}"`).join(', ')}]`;
}
