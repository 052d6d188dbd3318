import { canonicalIpv6 } from '../flows/addresses.js';
import { apportionUsd } from '../pricing/apportion.js';
import { natProcessingUsd, sumUsd, ZERO_USD } from '../pricing/nat-processing.js';
import { NAT_RATES, type NatRate } from '../pricing/nat-rates.js';
import type { GroupKey, Query } from '../query/query.js';
import { HOUR_MS, isoTime } from '../units.js';
import type { AnswerRow, KeyValue } from './answer.js';

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

/**
 * Rows of a compiled statement (query/compile.ts says their columns) as the rows, rest and total of an answer, priced by
 * Region; `priceRegions` are those that the statement was compiled with.
 */
export function readSums(
  rows: readonly unknown[][],
  query: Query,
  priceRegions: readonly string[],
  rates: ReadonlyMap<string, NatRate> = NAT_RATES,
) {
  const big = (value: unknown): bigint => BigInt(value as bigint | number | string);
  const read = (row: unknown[]): Group => ({
    key: Object.fromEntries(query.by.map((key, i) => [key, keyValue(key, row[1 + i])])),
    bytes: big(row[3]),
    up: big(row[4]),
    packets: big(row[5]),
    flows: big(row[6]),
    previous: big(row[7]),
    byRegion: priceRegions.map((_, i) => big(row[10 + 2 * i])),
    previousByRegion: priceRegions.map((_, i) => big(row[11 + 2 * i])),
  });
  const totalRow = rows.find((row) => row[0] === 0)!;
  const total = read(totalRow);
  const groups = rows.filter((row) => row[0] === 1).map(read);
  const priceOf = (bytes: bigint, byRegion: readonly bigint[]) => {
    const known = byRegion.reduce((sum, b) => sum + b, 0n);
    if (known !== bytes) return undefined;
    return sumUsd(byRegion.map((b, i) => (b === 0n ? ZERO_USD : natProcessingUsd(b, priceRegions[i]!, rates))));
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
