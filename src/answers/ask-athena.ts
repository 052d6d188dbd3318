import { createHash } from 'node:crypto';
import { describeCopies } from '../attribution/copy-states.js';
import type { Inventory } from '../attribution/inventory.js';
import { NetcostError } from '../errors.js';
import type { FlowTable } from '../flows/ddl.js';
import { BUNDLED_PRICES, type KnownPrices } from '../pricing/price-cache.js';
import { natRatesOf } from '../pricing/rate-card.js';
import { compileAthena } from '../query/athena/compile.js';
import { type AthenaKnowledge, learnFromSurvey } from '../query/athena/knowledge.js';
import { type RollupTable, snapToHours } from '../query/athena/rollup-legs.js';
import type { Minutes } from '../query/athena/rows.js';
import type { Naming } from '../query/names.js';
import { parseQuestion } from '../query/parse.js';
import type { Query } from '../query/query.js';
import { HOUR_MS, isoTime, MINUTE_MS } from '../units.js';
import type { Answer } from './answer.js';
import { type AskInput, toMinutes } from './ask.js';
import { athenaCaveats, REUSED, unseenSince } from './athena-caveats.js';
import { meterStatements } from './athena-meter.js';
import type { AthenaResult, RunStatement, SurveyBook } from './athena-port.js';
import { priceOfScan, touches, withoutDamaged } from './athena-scan.js';
import { surveyDays } from './athena-surveys.js';
import { writeCaveats } from './caveats.js';
import { completeUntil, summarizeCoverage } from './coverage.js';
import { readSums } from './read-sums.js';

export interface AskAthenaDeps {
  readonly tables: readonly FlowTable[];
  readonly naming: Naming;
  readonly inventory: Inventory;
  /** IPv4 addresses at which the inventory may say something else (query/athena/inventory-borders.ts). */
  readonly inventoryBorders: readonly number[];
  /** Since when which flow logs exist, as DescribeFlowLogs tells. */
  readonly flowLogsCreatedMs?: ReadonlyMap<string, number>;
  /** What is known of prices at this moment; the list prices that the program carries where absent. */
  readonly prices?: () => KnownPrices;
  readonly run: RunStatement;
  readonly book: SurveyBook;
  /** The hours that netcost keeps sums of, made from what is known now; undefined where there is no such table. */
  readonly rollupOf?: (knowledge: AthenaKnowledge, stretches: readonly Minutes[]) => Promise<RollupTable | undefined>;
  readonly elapsedMs: () => number;
}

/**
 * Answers a question by Athena over the raw flow-log tables, or over sums by the hour where they are kept: the same
 * Query, leg rule, choice among logs, names, prices and coverage as the embedded engine, and the same Answer.
 * Throws NetcostError('usage') for words that are not understood, ('upstream') in words for what Athena refuses.
 */
export async function askAthena(wired: AskAthenaDeps, input: AskInput): Promise<Answer> {
  const meter = meterStatements(wired.run, input, wired.elapsedMs);
  const deps = { ...wired, run: meter.run };
  const started = deps.elapsedMs();
  const query = parseQuestion(input.text, { nowMs: input.nowMs });
  if (query.by.includes('charge')) {
    throw new NetcostError('usage', 'by=charge is not answered by Athena.', {
      hint: 'It is put together of several questions: ask it of a store (data.buckets, data.flowLogs).',
    });
  }
  const asked = toMinutes(query.window);
  const earlier = query.compare && toMinutes(query.compare.window);
  const stretches = earlier === undefined ? [asked] : [asked, earlier];
  let bytesScanned = 0;
  const attempt = async (exceptPaths: readonly string[]): Promise<Answer> => {
    const scan = exceptPaths.length === 0 ? {} : { exceptPaths };
    const found = await surveyDays({ ...deps, scan }, stretches, input);
    bytesScanned += found.bytesScanned;
    const knowledge = learnFromSurvey(found.surveyed, {
      ...deps.inventory,
      ...(deps.flowLogsCreatedMs ? { createdMs: deps.flowLogsCreatedMs } : {}),
      isOpen: found.openSinceMs !== undefined,
    });
    const rollup = await deps.rollupOf?.(knowledge, stretches);
    const [stretch, previous] = snapToHours(rollup, [asked, earlier]);
    const statement = compileAthena(query, { ...deps, knowledge, stretch, previous, scan, rollup });
    const result = await deps.run({
      sql: statement.sql,
      token: tokenOf(input.nowMs, statement.sql),
      reuseMinutes: 60,
      signal: input.signal,
    });
    bytesScanned += result.bytesScanned;
    return toAnswer(deps, input, {
      query,
      asked,
      stretch,
      stretches,
      knowledge,
      result,
      exceptPaths,
      bytesScanned,
      unseenSinceMs: unseenSince(found.openSinceMs, stretches, input.nowMs),
      statement,
      started,
    });
  };
  return withoutDamaged(attempt).catch((error: unknown) => {
    throw meter.explain(error);
  });
}

interface Worked {
  readonly query: Query;
  readonly asked: Minutes;
  readonly stretch: Minutes;
  readonly stretches: readonly Minutes[];
  readonly knowledge: AthenaKnowledge;
  readonly result: AthenaResult;
  readonly exceptPaths: readonly string[];
  readonly bytesScanned: number;
  /** Rows that came since were judged by what was known then; undefined where all were seen. */
  readonly unseenSinceMs: number | undefined;
  readonly statement: { readonly sql: string; readonly priceRegions: readonly string[] };
  readonly started: number;
}

function toAnswer(deps: AskAthenaDeps, input: AskInput, worked: Worked): Answer {
  const { query, asked, stretch, knowledge, result, statement, unseenSinceMs } = worked;
  const rows = result.rows.map((row) => [Number(row[0]), ...row.slice(1, 9), row[9] === 'true', ...row.slice(10)]);
  const rates = natRatesOf((deps.prices?.() ?? BUNDLED_PRICES).card);
  const totals = rows.some((row) => row[0] === 0)
    ? rows
    : [[0, null, null, 0, 0, 0, 0, 0, 0, false, ...statement.priceRegions.flatMap(() => [0, 0])], ...rows];
  const sums = readSums(totals, query, statement.priceRegions, rates);
  const isSnapped = stretch.fromMinute !== asked.fromMinute || stretch.toMinute !== asked.toMinute;
  const [fromMs, toMs] = [stretch.fromMinute * MINUTE_MS, stretch.toMinute * MINUTE_MS];
  const { gateways, surveyed } = knowledge;
  const measured = summarizeCoverage({
    hours: rows
      .filter((row) => row[0] === 2)
      .map((row) => [row[1], row[3], row[4], row[5]].map(Number) as [number, number, number, number]),
    fromMs,
    asked: isSnapped ? { fromMs, toMs } : query.window,
    nowMs: input.nowMs,
    completeUntilMs: completeUntil(gateways, surveyed.lives),
    damaged: worked.exceptPaths.filter((path) => touches(path, fromMs, toMs)).map((path) => ({ path })),
    gatewaysWithoutLogs: gateways.withoutLogs,
    malformedLines: [...surveyed.malformed.values()].reduce((sum, lines) => sum + lines, 0),
    failedSources: [],
  });
  const caveats = writeCaveats({
    query,
    gateways,
    measured,
    owners: deps.naming.owners,
    copyNotes: describeCopies(deps.naming.copies ?? [], input.nowMs),
    rates,
    isSnapped,
    hasStandIns: sums.hasStandIns,
    unpriced: sums.unpriced,
    hasUnknownRemotes: gateways.sources.some(({ source }) => !source.hasPacketAddresses),
    // Hive gives no line as it stood, so there is no example.
    malformed: new Map(),
  });
  return {
    query,
    window: { from: isoTime(fromMs), to: isoTime(toMs) },
    ...sums.answer,
    coverage: { ...measured.coverage, lowerBound: measured.coverage.lowerBound || unseenSinceMs !== undefined },
    caveats: [
      ...athenaCaveats(query, deps.naming, worked.stretches, unseenSinceMs),
      ...caveats,
      ...(result.isReused ? [REUSED] : []),
    ],
    cost: { engine: 'athena', bytesScanned: worked.bytesScanned, usd: priceOfScan(worked.bytesScanned) },
    tookMs: Math.round(deps.elapsedMs() - worked.started),
    statement: statement.sql,
  };
}

/**
 * The same statement in the same hour is the same run, whoever asks and however often a lost call is repeated. In another
 * hour it is another one: rows may have come, and Athena forgets results.
 */
function tokenOf(nowMs: number, sql: string): string {
  return createHash('sha256')
    .update(`${Math.floor(nowMs / HOUR_MS)}\n${sql}`)
    .digest('hex');
}
