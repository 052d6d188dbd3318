import type { V4Range } from '../attribution/addresses.js';
import { describeCopies } from '../attribution/copy-states.js';
import { type Owners, rangesOfTeams } from '../attribution/owners.js';
import { BUNDLED_PRICES, type KnownPrices } from '../pricing/price-cache.js';
import { natRatesOf } from '../pricing/rate-card.js';
import { clientsSql, columnsRead, compileLargestPairs, compileQuery, type Sources } from '../query/compile.js';
import { dimensionOf, type NameTable } from '../query/dimensions.js';
import { datedLegs, isDated } from '../query/handovers.js';
import { type Names, type Naming, openNames } from '../query/names.js';
import { parseQuestion } from '../query/parse.js';
import type { GroupKey, Query, TimeWindow } from '../query/query.js';
import { partsByClient } from '../rollups/client-bounds.js';
import { type Grain, legRelation, type Snapshot, type Stretch, snapStretches } from '../rollups/relations.js';
import type { Store } from '../rollups/store.js';
import { isoTime, MINUTE_MS } from '../units.js';
import type { Answer } from './answer.js';
import type { AskEars } from './ask-progress.js';
import { writeCaveats } from './caveats.js';
import { answerCharges } from './charges.js';
import { measureCoverage } from './coverage.js';
import { readGatewayKinds } from './gateway-kinds.js';
import { isInRange } from './ip-range.js';
import { readSums } from './read-sums.js';

export interface AskDeps {
  readonly store: Store;
  readonly naming: Naming;
  /** What is known of prices at this moment; the list prices that the program carries where absent. */
  readonly prices?: () => KnownPrices;
  /** Monotonic milliseconds, for `tookMs`. */
  readonly elapsedMs: () => number;
  /** What the rows of the store stand for, where that is not one flow record each: a relation of legs made of another. */
  readonly legs?: (relation: string) => string;
}

/** One question. The signal stops it, also in AWS; what it tells meanwhile goes to this asker alone. */
export interface AskInput extends AskEars {
  readonly text: string;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Answers one question over a store: text → Query → SQL → sums with names and dollars, coverage and caveats.
 * Throws NetcostError('usage') for words that are not understood, ('cancelled') when the signal stops it.
 */
export async function askQuestion(deps: AskDeps, input: AskInput): Promise<Answer> {
  const query = parseQuestion(input.text, { nowMs: input.nowMs });
  return query.by.includes('charge') ? askCharges(deps, query, input) : answerQuery(deps, query, input);
}

/** What the gateways cost, charge by charge: put together of several questions about bytes. */
async function askCharges(deps: AskDeps, query: Query, input: Omit<AskInput, 'text'>): Promise<Answer> {
  const started = deps.elapsedMs();
  const { store } = deps;
  const { gateways, withoutLogs } = (await store.snapshot()).knowledge.gateways;
  // A gateway without logs stands in the Region of its VPC, as another one's logs tell it.
  const silent = store.inventory.natGateways
    .filter(({ natGatewayId }) => withoutLogs.includes(natGatewayId))
    .map(({ natGatewayId: id, region, vpcId }) => ({
      id,
      region: region || (gateways.find((each) => each.vpcId === vpcId)?.region ?? ''),
    }));
  const answer = await answerCharges(
    {
      ask: (part) => answerQuery(deps, part, input),
      gateways: [...gateways, ...silent],
      kinds: readGatewayKinds(store.catalog.meta('inventory')),
      prices: deps.prices?.() ?? BUNDLED_PRICES,
      nowMs: input.nowMs,
    },
    query,
  );
  return { ...answer, tookMs: Math.round(deps.elapsedMs() - started) };
}

/** The same for a question that is understood already. */
async function answerQuery(deps: AskDeps, query: Query, input: Omit<AskInput, 'text'>): Promise<Answer> {
  const started = deps.elapsedMs();
  const { store } = deps;
  const snapshot = await store.snapshot();
  const names = await openNames(store, snapshot, deps.naming);
  const asked = toMinutes(query.window);
  const earlier = query.compare && toMinutes(query.compare.window);
  const [stretch, previous] = snapStretches(snapshot, asked, earlier);
  const isSnapped = stretch.fromMinute !== asked.fromMinute || stretch.toMinute !== asked.toMinute;
  const grain = grainOf(query.by);
  const stretches = previous ? [stretch, previous] : [stretch];
  // Read while clients are named.
  const measuring = measureCoverage(
    store,
    snapshot,
    stretch,
    isSnapped ? toWindow(stretch) : query.window,
    input.nowMs,
    input.signal,
  );
  // Waited for below; until then its failure is nobody's.
  measuring.catch(() => undefined);
  const within = rangesAsked(query, deps.naming.owners);
  if (needs(query, 'client', names)) for (const part of stretches) await names.nameClients(part, within);
  const lacksDomains = needs(query, 'domain', names) && !(await names.nameDomains());
  const tables = {
    domains: names.domains,
    clients: names.clients,
    remotes: names.remotes,
    gateways: names.gateways,
    ipv6: names.ipv6,
    labels: names.labels,
    priceRegions: names.priceRegions,
    everyRegionPriced: names.everyRegionPriced,
    ipv6Within: (cidr: string) => [...names.ipv6Of].filter(([, address]) => isInRange(address, cidr)).map(([id]) => id),
  };
  const found = await findClients(names, clientsSql(query, tables), input.signal);
  const clientIds = found?.ids;
  if (needs(query, 'remote', names)) for (const part of stretches) await names.nameRemotes(part, clientIds);
  const periods = needs(query, 'client', names) ? periodsOf(names, stretches) : undefined;
  const relation = (part: Stretch, fineness: Grain, asks: Query, clients = clientIds): string => {
    const read = columnsRead(asks, tables);
    const byRemote = ['far', 'port', 'protocol', 'service'].some((column) => read.has(column));
    const needed = { grain: fineness, clients, byDirection: read.has('up'), byRemote };
    const legs =
      periods === 'legs'
        ? datedLegs(names.handovers, store.catalog.dir, snapshot, part, needed)
        : legRelation(store.catalog.dir, snapshot, part, needed);
    return deps.legs?.(legs) ?? legs;
  };
  const sources = { ...tables, periods, areClientsFiltered: found?.areWhole ?? false };
  const legs = relation(stretch, grain, query);
  const previousLegs =
    previous && alignedLegs((part, fineness) => relation(part, fineness, query), stretch, previous, query.by);
  const [{ rows, statement }, measured] = await Promise.all([
    sumUp(
      store,
      query,
      { ...sources, legs, previousLegs },
      (asks, clients) => relation(stretch, grain, asks, clients),
      // What tells no remote is one group, whoever its client is.
      async () => (hasUnknownRemotes(snapshot) ? [legs] : partsByClient(store, snapshot, stretch, legs)),
      input.signal,
    ),
    measuring,
  ]);
  const rates = natRatesOf((deps.prices?.() ?? BUNDLED_PRICES).card);
  const sums = readSums(rows, query, names.priceRegions, rates);
  return {
    query,
    window: { from: isoTime(stretch.fromMinute * MINUTE_MS), to: isoTime(stretch.toMinute * MINUTE_MS) },
    ...sums.answer,
    coverage: measured.coverage,
    caveats: writeCaveats({
      query,
      gateways: snapshot.knowledge.gateways,
      measured,
      owners: deps.naming.owners,
      copyNotes: [...(lacksDomains ? [NO_DOMAINS] : []), ...describeCopies(deps.naming.copies ?? [], input.nowMs)],
      isSnapped,
      hasStandIns: sums.hasStandIns,
      unpriced: sums.unpriced,
      rates,
      hasUnknownRemotes: hasUnknownRemotes(snapshot),
      malformed: store.catalog.malformed(),
    }),
    cost: { engine: 'embedded', bytesScanned: 0, usd: '0' },
    tookMs: Math.round(deps.elapsedMs() - started),
    statement,
  };
}

/**
 * The sums of a question, as rows of compileQuery's statement; `legsOf` gives the same legs for another question, of some
 * clients alone, `parts` all of them in parts of which no pair is in two.
 */
async function sumUp(
  store: Store,
  query: Query,
  sources: Sources,
  legsOf: (asks: Query, clients?: readonly bigint[]) => string,
  parts: () => Promise<readonly string[]>,
  signal: AbortSignal | undefined,
): Promise<{ readonly rows: readonly unknown[][]; readonly statement: string }> {
  const read = async (sql: string): Promise<unknown[][]> => (await store.query(sql, signal)) as unknown[][];
  const isOfPairs = compileLargestPairs(query, sources) !== undefined;
  const ofPairs: string[] = [];
  const largest: LargePair['entries'][] = [];
  let pairs = 0n;
  /** The bytes, below zero, of the last one that is among the largest so far; none where there are fewer. */
  const leastSoFar = (): number | undefined => largest.sort((a, b) => a.less - b.less)[query.top - 1]?.less;
  for (const legs of isOfPairs ? await parts() : []) {
    const statement = compileLargestPairs(query, { ...sources, legs }, -(leastSoFar() ?? 0))!;
    ofPairs.push(statement);
    const [[count, list] = [0n, null]] = (await read(statement)) as [bigint, { readonly items: LargePair[] } | null][];
    pairs += count;
    largest.push(...(list?.items ?? []).map(({ entries }) => entries));
  }
  const least = leastSoFar() ?? 0;
  const clients = new Set(largest.filter(({ less }) => less <= least).map(({ client }) => client));
  if (clients.size === 0 || clients.has(null)) {
    const statement = compileQuery(query, sources);
    return { rows: await read(statement), statement };
  }
  // The largest pairs of everybody are the largest of their clients: all else is summed for these, and for all at once.
  const all = { ...query, by: [] };
  const inTotal = compileQuery(all, { ...sources, legs: legsOf(all) });
  const ofClients = compileQuery(query, { ...sources, legs: legsOf(query, [...clients] as bigint[]) });
  const [[total], groups] = await Promise.all([read(inTotal), read(ofClients)]);
  const rows = [total!.with(GROUPS_COLUMN, pairs), ...groups.filter(([kind]) => kind === 1)];
  return { rows, statement: [...ofPairs, inTotal, ofClients].join(';\n') };
}

/** A large pair as the database gives it. */
interface LargePair {
  readonly entries: { readonly less: number; readonly client: bigint | null };
}

/** Where compileQuery's statement has the number of groups. */
const GROUPS_COLUMN = 8;

/** What a question about domains lacks. */
const NO_DOMAINS =
  'No Route 53 Resolver query logs were read, so no remote has a domain: put them below the flow logs, or into dns-logs/ beside them.';

/** More clients than this in a statement cost more to read than they save. */
const MOST_CLIENTS = 2_000;

/** Ids of the clients that a question is about, and whether all that they have is meant; undefined where too many are. */
async function findClients(
  names: Names,
  sql: string | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly ids: readonly bigint[]; readonly areWhole: boolean } | undefined> {
  if (sql === undefined) return undefined;
  const rows = await names.ofClients(`${sql} limit ${MOST_CLIENTS + 1}`, signal);
  if (rows.length > MOST_CLIENTS) return undefined;
  return { ids: rows.map(([near]) => near as bigint), areWhole: rows.every(([, isWhole]) => isWhole === true) };
}

/** The addresses that a question about teams can be about; undefined where that is not known beforehand. */
function rangesAsked({ where }: Query, owners: Owners): readonly V4Range[] | undefined {
  const teams = (where.get('team') ?? []).filter(({ negated }) => !negated).map(({ value }) => value.toLowerCase());
  if (teams.includes('unattributed')) return undefined;
  return teams.length === 0 ? undefined : rangesOfTeams(owners, teams);
}

const needs = (query: Query, table: NameTable, names: Names): boolean =>
  [...query.by, ...query.where.keys()].some((key) => dimensionOf(key, names.ipv6, names.labels).tables.includes(table));

/** Outward to whole minutes, the finest that the store keeps. */
export function toMinutes(window: TimeWindow): Stretch {
  return { fromMinute: Math.floor(window.fromMs / MINUTE_MS), toMinute: Math.ceil(window.toMs / MINUTE_MS) };
}

/** The legs of the earlier window; by hour or day they are moved to the hour or day that they are compared with. */
function alignedLegs(
  relation: (part: Stretch, grain: Grain) => string,
  stretch: Stretch,
  previous: Stretch,
  by: readonly GroupKey[],
): string {
  const shift = stretch.fromMinute - previous.fromMinute;
  const isByTime = by.includes('hour') || by.includes('day');
  // A day's sum can be moved by whole days alone, an hour's by whole hours.
  const grain = !isByTime || shift % 1440 === 0 ? grainOf(by) : shift % 60 === 0 ? 'hour' : 'minute';
  const legs = relation(previous, grain);
  return isByTime ? `(select * replace (t + ${shift} as t) from ${legs})` : legs;
}

/** How names of clients are joined: by period only where an address changed hands. */
function periodsOf({ handovers }: Names, stretches: readonly Stretch[]): 'legs' | 'lasting' | undefined {
  if (handovers.periods.size === 0) return undefined;
  return isDated(handovers, stretches) ? 'legs' : 'lasting';
}

const toWindow = ({ fromMinute, toMinute }: Stretch): TimeWindow => ({
  fromMs: fromMinute * MINUTE_MS,
  toMs: toMinute * MINUTE_MS,
});

function grainOf(by: readonly GroupKey[]): Grain {
  return by.includes('hour') ? 'hour' : 'day';
}

const hasUnknownRemotes = (snapshot: Snapshot): boolean =>
  snapshot.knowledge.gateways.sources.some(({ source }) => !source.hasPacketAddresses);
