import { canonicalIpv6 } from '../flows/addresses.js';
import { apportionUsd } from '../pricing/apportion.js';
import { natProcessingUsd, sumUsd, ZERO_USD } from '../pricing/nat-processing.js';
import { clientsSql, compileQuery } from '../query/compile.js';
import { dimensionOf, type NameTable } from '../query/dimensions.js';
import { type Names, type Naming, openNames } from '../query/names.js';
import { parseQuestion } from '../query/parse.js';
import type { GroupKey, Query, TimeWindow } from '../query/query.js';
import { type Grain, legRelation, type Snapshot, type Stretch, snapStretch } from '../rollups/relations.js';
import type { Store } from '../rollups/store.js';
import { HOUR_MS, isoTime, MINUTE_MS } from '../units.js';
import type { Answer, AnswerRow, KeyValue } from './answer.js';
import { writeCaveats } from './caveats.js';
import { measureCoverage } from './coverage.js';
import { isInRange } from './ip-range.js';

export interface AskDeps {
  readonly store: Store;
  readonly naming: Naming;
  /** Monotonic milliseconds, for `tookMs`. */
  readonly elapsedMs: () => number;
}

export interface AskInput {
  readonly text: string;
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Answers one question over a store: text → Query → SQL → sums with names and dollars, coverage and caveats.
 * Throws NetcostError('usage') for words that are not understood, ('cancelled') when the signal stops it.
 */
export async function askQuestion(deps: AskDeps, input: AskInput): Promise<Answer> {
  return answerQuery(deps, parseQuestion(input.text, { nowMs: input.nowMs }), input);
}

/** The same for a question that is understood already. */
async function answerQuery(deps: AskDeps, query: Query, input: Omit<AskInput, 'text'>): Promise<Answer> {
  const started = deps.elapsedMs();
  const { store } = deps;
  const snapshot = await store.snapshot();
  const names = await openNames(store, snapshot, deps.naming);
  const asked = toMinutes(query.window);
  const stretch = snapStretch(snapshot, asked);
  const isSnapped = stretch.fromMinute !== asked.fromMinute || stretch.toMinute !== asked.toMinute;
  const previous = query.compare && snapStretch(snapshot, toMinutes(query.compare.window));
  const grain = grainOf(query.by);
  const legs = legRelation(store.catalog.dir, snapshot, stretch, grain);
  const previousLegs = previous && alignedLegs(store, snapshot, stretch, previous, query.by);
  for (const part of previous ? [stretch, previous] : [stretch]) {
    if (needs(query, 'client', names)) await names.nameClients(part);
    if (needs(query, 'remote', names)) await names.nameRemotes(part);
  }
  const tables = {
    clients: names.clients,
    remotes: names.remotes,
    gateways: names.gateways,
    ipv6: names.ipv6,
    labels: names.labels,
    priceRegions: names.priceRegions,
    ipv6Within: (cidr: string) => [...names.ipv6Of].filter(([, address]) => isInRange(address, cidr)).map(([id]) => id),
  };
  const clientIds = await findClients(store, clientsSql(query, tables), input.signal);
  const statement = compileQuery(query, { ...tables, legs, previousLegs, clientIds });
  const [rows, measured] = await Promise.all([
    store.query(statement, input.signal),
    measureCoverage(store, snapshot, stretch, isSnapped ? toWindow(stretch) : query.window, input.nowMs, input.signal),
  ]);
  const sums = readSums(rows as readonly unknown[][], query, names);
  return {
    query,
    window: { from: isoTime(stretch.fromMinute * MINUTE_MS), to: isoTime(stretch.toMinute * MINUTE_MS) },
    ...sums.answer,
    coverage: measured.coverage,
    caveats: writeCaveats({
      query,
      snapshot,
      measured,
      owners: deps.naming.owners,
      isSnapped,
      hasStandIns: sums.hasStandIns,
      unpriced: sums.unpriced,
      hasUnknownRemotes: hasUnknownRemotes(snapshot),
      malformed: store.catalog.malformed(),
    }),
    cost: { engine: 'embedded', bytesScanned: 0, usd: '0' },
    tookMs: Math.round(deps.elapsedMs() - started),
    statement,
  };
}

/** More clients than this in a statement cost more to read than they save. */
const MOST_CLIENTS = 2_000;

async function findClients(
  store: Store,
  sql: string | undefined,
  signal: AbortSignal | undefined,
): Promise<bigint[] | undefined> {
  if (sql === undefined) return undefined;
  const rows = await store.query(`${sql} limit ${MOST_CLIENTS + 1}`, signal);
  return rows.length > MOST_CLIENTS ? undefined : rows.map(([near]) => near as bigint);
}

const needs = (query: Query, table: NameTable, names: Names): boolean =>
  [...query.by, ...query.where.keys()].some((key) => dimensionOf(key, names.ipv6, names.labels).tables.includes(table));

/** Outward to whole minutes, the finest that the store keeps. */
function toMinutes(window: TimeWindow): Stretch {
  return { fromMinute: Math.floor(window.fromMs / MINUTE_MS), toMinute: Math.ceil(window.toMs / MINUTE_MS) };
}

/** The legs of the earlier window; by hour or day they are moved to the hour or day that they are compared with. */
function alignedLegs(
  store: Store,
  snapshot: Snapshot,
  stretch: Stretch,
  previous: Stretch,
  by: readonly GroupKey[],
): string {
  const shift = stretch.fromMinute - previous.fromMinute;
  const isByTime = by.includes('hour') || by.includes('day');
  // A day's sum can be moved by whole days alone, an hour's by whole hours.
  const grain = !isByTime || shift % 1440 === 0 ? grainOf(by) : shift % 60 === 0 ? 'hour' : 'minute';
  const legs = legRelation(store.catalog.dir, snapshot, previous, grain);
  return isByTime ? `(select * replace (t + ${shift} as t) from ${legs})` : legs;
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

interface Group {
  readonly key: Record<string, KeyValue>;
  readonly bytes: bigint;
  readonly up: bigint;
  readonly packets: bigint;
  readonly flows: bigint;
  readonly previous: bigint;
  readonly byRegion: readonly bigint[];
  readonly previousByRegion: readonly bigint[];
}

function readSums(rows: readonly unknown[][], query: Query, names: Names) {
  const big = (value: unknown): bigint => BigInt(value as bigint | number | string);
  const read = (row: unknown[]): Group => ({
    key: Object.fromEntries(query.by.map((key, i) => [key, keyValue(key, row[1 + i])])),
    bytes: big(row[3]),
    up: big(row[4]),
    packets: big(row[5]),
    flows: big(row[6]),
    previous: big(row[7]),
    byRegion: names.priceRegions.map((_, i) => big(row[10 + 2 * i])),
    previousByRegion: names.priceRegions.map((_, i) => big(row[11 + 2 * i])),
  });
  const totalRow = rows.find((row) => row[0] === 0)!;
  const total = read(totalRow);
  const groups = rows.filter((row) => row[0] === 1).map(read);
  const priceOf = (bytes: bigint, byRegion: readonly bigint[]) => {
    const known = byRegion.reduce((sum, b) => sum + b, 0n);
    if (known !== bytes) return undefined;
    return sumUsd(byRegion.map((b, i) => (b === 0n ? ZERO_USD : natProcessingUsd(b, names.priceRegions[i]!))));
  };
  const sub = (a: readonly bigint[], list: readonly (readonly bigint[])[]): bigint[] =>
    a.map((value, i) => list.reduce((sum, b) => sum - b[i]!, value));
  const restBytes = groups.reduce((sum, g) => sum - g.bytes, total.bytes);
  const restUsd = priceOf(
    restBytes,
    sub(
      total.byRegion,
      groups.map((g) => g.byRegion),
    ),
  );
  const totalUsd = priceOf(total.bytes, total.byRegion);
  const hasRest = query.by.length > 0;
  const apportioned = apportionUsd(
    hasRest ? [...groups.map((g) => priceOf(g.bytes, g.byRegion)), restUsd] : [totalUsd],
  );
  const previousOf = (group: Group) => {
    const usd = apportionUsd([priceOf(group.previous, group.previousByRegion)]).total;
    return { previous: { bytes: group.previous, ...(usd === undefined ? {} : { usd }) } };
  };
  const withUsd = (usd: string | undefined) => (usd === undefined ? {} : { usd });
  const answerRows: AnswerRow[] = groups.map((group, i) => ({
    key: group.key,
    bytes: group.bytes,
    bytesUp: group.up,
    bytesDown: group.bytes - group.up,
    packets: group.packets,
    flows: group.flows,
    ...withUsd(apportioned.parts[i]),
    ...(query.compare ? previousOf(group) : {}),
  }));
  const byTime = query.by.find((key) => key === 'hour' || key === 'day');
  if (byTime) {
    answerRows.sort((a, b) =>
      String(a.key[byTime]) < String(b.key[byTime])
        ? -1
        : String(a.key[byTime]) > String(b.key[byTime])
          ? 1
          : a.bytes > b.bytes
            ? -1
            : 1,
    );
  }
  const groupCount = Number(totalRow[8]);
  return {
    hasStandIns: totalRow[9] === true,
    unpriced: totalUsd === undefined,
    answer: {
      rows: answerRows,
      rest: {
        groups: hasRest ? groupCount - groups.length : 0,
        bytes: hasRest ? restBytes : 0n,
        ...withUsd(hasRest ? apportioned.parts.at(-1) : '0.000000'),
      },
      total: {
        bytes: total.bytes,
        bytesUp: total.up,
        bytesDown: total.bytes - total.up,
        packets: total.packets,
        flows: total.flows,
        ...withUsd(apportioned.total),
        ...(query.compare ? previousOf(total) : {}),
      },
    },
  };
}

function keyValue(key: GroupKey, value: unknown): KeyValue {
  // Nobody's rows are a group with a name, so that they are asked for like any other (contract, part 2).
  if (value === null || value === undefined) return key === 'team' ? 'unattributed' : null;
  const text = String(value);
  switch (key) {
    case 'hour':
      return isoTime(Number(text) * HOUR_MS);
    case 'day':
      return isoTime(Number(text) * 24 * HOUR_MS).slice(0, 10);
    case 'port':
      return Number(text);
    case 'client':
    case 'remote':
      return canonicalIpv6(text) ?? text;
    default:
      return text;
  }
}
