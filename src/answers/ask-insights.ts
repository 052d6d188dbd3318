import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexInventory } from '../attribution/inventory.js';
import type { InventoryFiles } from '../attribution/inventory-files.js';
import { NetcostError } from '../errors.js';
import type { Layout } from '../flows/layout.js';
import type { KnownPrices } from '../pricing/price-cache.js';
import { findHandovers } from '../query/handovers.js';
import { sidesOf } from '../query/insights/asked-sides.js';
import type { InsightsLog } from '../query/insights/gateway-rows.js';
import { headerOf, isRounded, linesOf, unweighLegs } from '../query/insights/lines.js';
import { canSplit, coveragePart, type InsightsPart, insightsParts } from '../query/insights/statements.js';
import type { Naming } from '../query/names.js';
import { parseQuestion } from '../query/parse.js';
import type { Query } from '../query/query.js';
import { limitConcurrency } from '../rollups/limit.js';
import type { Stretch } from '../rollups/relations.js';
import { openStore } from '../rollups/store.js';
import { putInventory } from '../rollups/stored-inventory.js';
import { DAY_MS, formatBytes, MINUTE_MS } from '../units.js';
import type { Answer } from './answer.js';
import { type AskInput, askQuestion, toMinutes } from './ask.js';
import { ingestInto } from './ingest-into.js';
import { meterInsights } from './insights-meter.js';
import type { RunInsights } from './insights-port.js';
import { readSlices, type SliceBudget } from './insights-slices.js';

/** A log group of CloudWatch Logs with a flow log, and how statements over it are run. */
export interface InsightsSource {
  /** As a person knows it. */
  readonly name: string;
  readonly flowLogId: string;
  /** Twelve digits, or 'unknown'. */
  readonly accountId: string;
  readonly region: string;
  readonly layout: Layout;
  readonly interfaces: readonly string[] | undefined;
  readonly run: RunInsights;
}

export interface AskInsightsDeps {
  readonly sources: readonly InsightsSource[];
  /** What EC2 tells of gateways and of who has which address. */
  readonly inventory: InventoryFiles;
  readonly naming: Naming;
  readonly prices?: () => KnownPrices;
  /** A question that has read more is stopped. */
  readonly mostBytes: number;
  readonly elapsedMs: () => number;
}

/** Statements of a question in all, and at once: an account may have thirty, and others ask too. */
const MOST_STATEMENTS = 300;
const STATEMENTS_AT_ONCE = 5;
/** A longer window is asked direction by direction: more is scanned, and far fewer groups come back. */
const LONG_MS = 2 * DAY_MS;
/** More lines are read in threads, so that others are answered meanwhile. */
const MANY_LINES = 20_000;

/**
 * Answers a question by Logs Insights over log groups: it sums the rows of gateways by what the question needs, and the
 * embedded engine reads these sums as rows of a flow log, by the same rule, names, prices, coverage and caveats.
 * @throws NetcostError 'usage' for what is not understood or not answered here, 'upstream' in words for what AWS refuses.
 */
export async function askInsights(deps: AskInsightsDeps, input: AskInput): Promise<Answer> {
  const started = deps.elapsedMs();
  const query = parseQuestion(input.text, { nowMs: input.nowMs });
  refuseOthers(query);
  const dir = await mkdtemp(join(tmpdir(), 'netcost-insights-'));
  const failed = new AbortController();
  const signal = input.signal === undefined ? failed.signal : AbortSignal.any([input.signal, failed.signal]);
  const meter = meterInsights(input, deps.elapsedMs);
  try {
    const plans = planOf(deps, query);
    const limit = limitConcurrency(STATEMENTS_AT_ONCE);
    const budget: SliceBudget = { left: MOST_STATEMENTS };
    let lines = 0;
    let wasRounded = false;
    const folder = join(dir, 'logs');
    await mkdir(folder);
    const read = async ({ source, part, stretch }: PlannedPart, nth: number): Promise<void> => {
      const run = meter.measured(source.run, source.region);
      const file = join(
        folder,
        `${source.accountId}_vpcflowlogs_${source.region}_${source.flowLogId}_${timeOf(stretch)}Z_${nth}.log`,
      );
      await writeFile(file, `${headerOf(source.layout)}\n`);
      for (const slice of cutAtHandovers(query, deps.naming, stretch)) {
        await readSlices(
          slice,
          (one) =>
            limit(() => {
              stopAbove(deps.mostBytes, meter.bytesScanned());
              const { fromSecond, toSecond } = one;
              return run({ statement: part.statementOf(one), fromSecond, toSecond, signal });
            }),
          budget,
          async (rows) => {
            const made = linesOf(source.layout, part, rows);
            lines += made.length;
            wasRounded ||= isRounded(rows);
            if (made.length > 0) await appendFile(file, `${made.join('\n')}\n`);
          },
        );
      }
    };
    // The first failure stops what else runs in AWS for the question, and is told when all of it has ended.
    const failures: unknown[] = [];
    await Promise.all(
      plans.map((plan, nth) =>
        read(plan, nth).catch((error: unknown) => {
          failures.push(error);
          failed.abort();
        }),
      ),
    );
    if (failures.length > 0) throw failures[0];
    const answer = await answerFromLines(deps, input, dir, folder, lines > MANY_LINES);
    return {
      ...answer,
      caveats: [...(wasRounded ? [ROUNDED] : []), ...caveatsOf(deps.sources), ...answer.caveats],
      cost: { engine: 'logs-insights', bytesScanned: meter.bytesScanned(), usd: meter.usd() },
      tookMs: Math.round(deps.elapsedMs() - started),
      statement: plans.map(({ part, stretch }) => part.statementOf(secondsOf(stretch))).join('\n\n'),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface PlannedPart {
  readonly source: InsightsSource;
  readonly part: InsightsPart;
  readonly stretch: Stretch;
}

function planOf({ sources, inventory }: AskInsightsDeps, query: Query): readonly PlannedPart[] {
  const stretch = toMinutes(query.window);
  const previous = query.compare && toMinutes(query.compare.window);
  const { natGateways } = indexInventory(inventory);
  return sources.flatMap((source) => {
    const log: InsightsLog = {
      layout: source.layout,
      interfaces: source.interfaces,
      gateways: natGateways.filter(({ region }) => region === '' || region === source.region),
    };
    const parts = (shiftSeconds: number): readonly InsightsPart[] =>
      insightsParts(log, query, { isSplit: splits(log, query), slotSeconds: slotOf(query), shiftSeconds });
    return [
      { source, part: coveragePart(log, stretch.fromMinute * 60), stretch },
      ...parts(0).map((part) => ({ source, part, stretch })),
      ...(previous === undefined
        ? []
        : parts((stretch.fromMinute - previous.fromMinute) * 60).map((part) => ({ source, part, stretch: previous }))),
    ];
  });
}

/** How often a question reads the rows of its windows, for the estimate before it is asked. */
export function scansOf(query: Query, canBeSplit: boolean): { readonly now: number; readonly previous: number } {
  const legs = canBeSplit && wantsSplit(query) ? 3 : 1;
  return { now: legs + 1, previous: query.compare ? legs : 0 };
}

const splits = (log: InsightsLog, query: Query): boolean => canSplit(log) && wantsSplit(query);

function wantsSplit(query: Query): boolean {
  const asked = sidesOf(query);
  const isLong = query.window.toMs - query.window.fromMs > LONG_MS;
  return asked.port || (isLong && !(asked.client && asked.remote));
}

function slotOf({ by }: Query): number | undefined {
  return by.includes('hour') ? 3600 : by.includes('day') ? 86_400 : undefined;
}

/** Where an address changed hands the sums are cut: what came before is named by who had it then. */
function cutAtHandovers(query: Query, { holders }: Naming, stretch: Stretch) {
  const { periods } = findHandovers([], holders);
  const cuts = sidesOf(query).client
    ? [...periods.values()].flatMap((list) => list.map(({ fromMinute }) => fromMinute))
    : [];
  const inside = [...new Set(cuts)]
    .filter((minute) => minute > stretch.fromMinute && minute < stretch.toMinute)
    .sort((a, b) => a - b);
  const edges = [stretch.fromMinute, ...inside, stretch.toMinute];
  return edges.slice(1).map((toMinute, i) => secondsOf({ fromMinute: edges[i]!, toMinute }));
}

const secondsOf = ({ fromMinute, toMinute }: Stretch) => ({ fromSecond: fromMinute * 60, toSecond: toMinute * 60 });

const timeOf = ({ fromMinute }: Stretch): string =>
  new Date(fromMinute * MINUTE_MS).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');

/** The lines as a flow log in a store of their own, asked like any other. */
async function answerFromLines(
  deps: AskInsightsDeps,
  { text, nowMs, signal }: AskInput,
  dir: string,
  folder: string,
  keepLoopFree: boolean,
): Promise<Answer> {
  const at = join(dir, 'store');
  const empty = await openStore(at, { create: true });
  putInventory(empty.catalog, deps.inventory);
  empty.close();
  const { naming, prices, elapsedMs } = deps;
  await ingestInto(at, folder, undefined, { elapsedMs, keepLoopFree, areSums: true, ...(signal && { signal }) }, false);
  const store = await openStore(at, { create: false });
  try {
    const { knowledge } = await store.snapshot();
    if (knowledge.choices.size > 0) {
      const names = deps.sources.map(({ name }) => name).join(', ');
      throw new NetcostError(
        'input',
        `A gateway is in more than one of ${names}: sums cannot tell which rows are the same.`,
        {
          hint: 'Keep one of them in data.logGroups, or give them engine: embedded.',
        },
      );
    }
    return await askQuestion(
      { store, naming, elapsedMs, legs: unweighLegs, ...(prices && { prices }) },
      { text, nowMs, ...(signal && { signal }) },
    );
  } finally {
    store.close();
  }
}

/** The key of a question that sums cannot answer. */
export const unanswered = ({ by, where }: Query): string | undefined =>
  [...by, ...where.keys()].find((key) => key === 'charge' || key === 'domain');

function refuseOthers(query: Query): void {
  const odd = unanswered(query);
  if (odd === undefined) return;
  throw new NetcostError('usage', `${odd} is not answered by Logs Insights.`, {
    hint: 'The embedded engine answers it: engine: embedded in data.logGroups, and netcost ingest.',
  });
}

function stopAbove(mostBytes: number, read: number): void {
  if (read <= mostBytes) return;
  throw new NetcostError(
    'denied',
    `The question has made Logs Insights scan ${formatBytes(read)}; one question may scan ${formatBytes(mostBytes)}. What was scanned is billed.`,
    { hint: 'Ask for a shorter window; an admin sets data.insights.limits.' },
  );
}

const ROUNDED = 'Logs Insights counts in doubles: the last digits of sums above 9 PB are not exact.';

/** Rows of workloads towards a gateway (version 11) are not asked for: whether the gateway's own tell the same, only rows can say. */
const caveatsOf = (sources: readonly InsightsSource[]): readonly string[] =>
  sources.some(({ layout }) => layout.at['next-hop-interface-type'] >= 0)
    ? [
        "A gateway that only rows of its workloads tell of (next-hop fields) is not in these totals: Logs Insights is asked for gateways' own rows. The embedded engine counts both.",
      ]
    : [];
