import { createHash } from 'node:crypto';
import { checkName, type FlowTable } from '../../flows/ddl.js';
import { quoteLiteral } from '../../rollups/duckdb.js';
import { besideWidened } from '../../rollups/relations.js';
import { countedLegs, knowledgeRelations, legColumns, PRESENCE } from './counted-legs.js';
import type { AthenaKnowledge } from './knowledge.js';
import type { Minutes, ScanOptions } from './rows.js';

/** An Athena table of sums by the hour, and which of its parts are whole. */
export interface RollupTable {
  readonly database: string;
  readonly name: string;
  /**
   * By hour (since 1970) the attempt that ended well. Only these are read, so an hour that was written twice, or half,
   * never counts twice.
   */
  readonly attempts: ReadonlyMap<number, string>;
}

/** Columns of the table: a leg's ids with its sums (piece 1), or what coverage is made of (piece 0). */
const COLUMNS = [
  ['piece', 'int', 'integer'],
  ['log', 'string', 'varchar'],
  ['source_key', 'string', 'varchar'],
  ['near', 'bigint', 'bigint'],
  ['near6', 'string', 'varchar'],
  ['far', 'bigint', 'bigint'],
  ['far6', 'string', 'varchar'],
  ['port', 'bigint', 'bigint'],
  ['protocol', 'bigint', 'bigint'],
  ['up', 'boolean', 'boolean'],
  ['row_service', 'string', 'varchar'],
  ['size', 'decimal(38,0)', 'decimal(38,0)'],
  ['packets', 'decimal(38,0)', 'decimal(38,0)'],
  ['flows', 'bigint', 'bigint'],
  ['skip_data', 'bigint', 'bigint'],
  ['no_data', 'bigint', 'bigint'],
  ['rejected', 'bigint', 'bigint'],
] as const;
const PARTITIONS = ['rollup_hour', 'rollup_attempt', 'rollup_grain'] as const;

/**
 * How fine the sums of an hour are: each hour is kept twice, so that a question which asks nothing of remotes reads the
 * few rows by client. Both hold the same legs and the same coverage; a statement reads one of them.
 */
export type RollupGrain = 'pair' | 'client';
/** What sums by client do not tell apart. */
const PAIR_IDS = ['far', 'far6', 'port', 'row_service'] as const;
const CLIENT_KEYS: ReadonlySet<string> = new Set([
  ...['client', 'team', 'env', 'account', 'vpc', 'az', 'workload', 'nat', 'nataz', 'crossaz'],
  ...['direction', 'protocol', 'hour', 'day'],
]);

/** The coarsest sums that hold every key of a question. */
export const grainFor = (keys: readonly string[]): RollupGrain =>
  keys.every((key) => CLIENT_KEYS.has(key) || key.startsWith('label.')) ? 'client' : 'pair';

/** The statement that makes the table in Athena (HiveQL); INSERT adds its partitions, two for each attempt at an hour. */
export function rollupDdl(database: string, name: string, location: string): string {
  checkName(database);
  checkName(name);
  return `CREATE EXTERNAL TABLE IF NOT EXISTS \`${database}\`.\`${name}\` (
${COLUMNS.map(([column, type]) => `  \`${column}\` ${type}`).join(',\n')}
)
PARTITIONED BY (${PARTITIONS.map((column) => `\`${column}\` string`).join(', ')})
STORED AS PARQUET
LOCATION '${location.replace(/\/+$/, '')}/'
TBLPROPERTIES ('parquet.compression' = 'ZSTD')`;
}

/** The columns with the types of Trino, for tests. */
export const ROLLUP_COLUMNS: readonly (readonly [name: string, trinoType: string])[] = [
  ...COLUMNS.map(([name, , type]) => [name, type] as const),
  ...PARTITIONS.map((name) => [name, 'varchar'] as const),
];

/** The hour as it stands in a partition: 2026-11-21-10. */
const hourName = (hour: number): string => new Date(hour * 3_600_000).toISOString().slice(0, 13).replace('T', '-');

/** Sums one hour of the raw tables into the rollup, as one INSERT into two partitions that nobody else writes to. */
export function compileRollup(
  tables: readonly FlowTable[],
  knowledge: AthenaKnowledge,
  rollup: Pick<RollupTable, 'database' | 'name'>,
  hour: number,
  attempt: string,
  scan: ScanOptions = {},
): string {
  const legs = countedLegs(tables, [{ fromMinute: hour * 60, toMinute: (hour + 1) * 60 }], scan);
  const isLeg = `piece <> ${PRESENCE}`;
  const ids = ['near', 'near6', 'far', 'far6', 'port', 'protocol', 'up', 'row_service'].map((id) => {
    const isOfPair = (PAIR_IDS as readonly string[]).includes(id);
    return `if(${isLeg}${isOfPair ? " and grain = 'pair'" : ''}, ${id})`;
  });
  const count = (condition: string): string => `count_if(not (${isLeg}) and ${condition})`;
  const big = (column: string): string => `coalesce(sum(cast(if(${isLeg}, ${column}, 0) as decimal(38, 0))), 0)`;
  return `insert into "${rollup.database}"."${rollup.name}"
with ${knowledgeRelations(knowledge)},
leg as (select source_log, its_key, piece, size, packets, status, action, protocol, ${legColumns('l')} from (${legs}) l)
select if(${isLeg}, 1, 0), source_log, its_key, ${ids.join(', ')},
  ${big('size')}, ${big('packets')}, count_if(${isLeg}),
  ${count("status = 'S'")}, ${count("status = 'N'")}, ${count("status = 'O' and action = 'R'")},
  ${quoteLiteral(hourName(hour))}, ${quoteLiteral(attempt)}, grain
from leg cross join unnest(array['pair', 'client']) as g(grain)
group by grain, ${Array.from({ length: 3 + ids.length }, (_, i) => i + 1).join(', ')}`;
}

/** The legs and coverage of whole hours out of the rollup, in the columns that compile.ts reads. */
export function rollupLegs(rollup: RollupTable, hours: readonly number[], grain: RollupGrain): string {
  const named = hours.map((hour) => [
    quoteLiteral(hourName(hour)),
    quoteLiteral(rollup.attempts.get(hour)!),
    hour * 60,
  ]);
  const unique = (i: number): string => [...new Set(named.map((one) => one[i]))].join(', ');
  return `select a.minute, s.source_no, r.piece, r.protocol, r.size, r.packets, r.flows, r.up, r.near, r.near6, r.far, r.far6,
      r.port, r.row_service, r.skip_data, r.no_data, r.rejected
    from "${rollup.database}"."${rollup.name}" r
    join (values ${named.map((one) => `(${one.join(', ')})`).join(', ')}) as a(its_hour, its_attempt, minute)
      on a.its_hour = r.rollup_hour and a.its_attempt = r.rollup_attempt
    join source s on s.source_log = r.log and s.its_key = r.source_key
    where r.rollup_hour in (${unique(0)}) and r.rollup_attempt in (${unique(1)}) and r.rollup_grain = '${grain}'`;
}

/**
 * What an hour's sums were made from: they are good as long as this is the same. The bytes of its slots are part of it, so
 * that an hour of which an object arrives late is summed anew.
 */
export function digestOfHour({ counted, gateways }: AthenaKnowledge, hour: number): string {
  const [from, to] = [hour * 60, (hour + 1) * 60];
  const there = counted
    .filter(({ surveyed }) => [...surveyed.slots.keys()].some((slot) => slot * 10 >= from && slot * 10 < to))
    .map(({ surveyed, gateway, isNextHop, choices }) => [
      surveyed.log,
      surveyed.key,
      gateways.gateways[gateway]!.id,
      [...gateways.gateways[gateway]!.ownAddresses].sort(),
      isNextHop,
      choices
        ?.filter((choice) => choice.toMinute > from && choice.fromMinute < to)
        .map((choice) => [Math.max(from, choice.fromMinute), Math.min(to, choice.toMinute)]),
      [...surveyed.slots]
        .filter(([slot]) => slot * 10 >= from && slot * 10 < to)
        .map(([slot, { bytes, skipped }]) => [slot, bytes, skipped])
        .sort(([a], [b]) => Number(a) - Number(b)),
    ])
    .map((one) => JSON.stringify(one))
    .sort();
  return createHash('sha256').update(there.join('\n')).digest('hex').slice(0, 24);
}

/** Cuts stretches into the hours that the rollup holds and the rest. */
export function splitStretches(
  rollup: RollupTable | undefined,
  stretches: readonly Minutes[],
): { readonly hours: readonly number[]; readonly rest: readonly Minutes[] } {
  if (rollup === undefined) return { hours: [], rest: stretches };
  const hours = new Set<number>();
  const rest: Minutes[] = [];
  for (const { fromMinute, toMinute } of stretches) {
    for (let at = fromMinute; at < toMinute; ) {
      const hour = Math.floor(at / 60);
      const end = Math.min(toMinute, (hour + 1) * 60);
      if (at === hour * 60 && end === at + 60 && rollup.attempts.has(hour)) hours.add(hour);
      else {
        const last = rest.at(-1);
        if (last?.toMinute === at) rest[rest.length - 1] = { ...last, toMinute: end };
        else rest.push({ fromMinute: at, toMinute: end });
      }
      at = end;
    }
  }
  return { hours: [...hours].sort((a, b) => a - b), rest };
}

/**
 * A window outward to whole hours where the rollup holds the hour at that end: reading a day of rows for some minutes is
 * dear. An earlier window that it is compared with becomes as long, or two lengths of time would be compared.
 */
export function snapToHours(
  rollup: RollupTable | undefined,
  [asked, earlier]: readonly [Minutes, Minutes | undefined],
): readonly [Minutes, Minutes | undefined] {
  const holds = (minute: number): boolean => rollup?.attempts.has(Math.floor(minute / 60)) === true;
  const stretch = {
    fromMinute: holds(asked.fromMinute) ? Math.floor(asked.fromMinute / 60) * 60 : asked.fromMinute,
    toMinute: holds(asked.toMinute - 1) ? Math.ceil(asked.toMinute / 60) * 60 : asked.toMinute,
  };
  return [stretch, earlier && besideWidened(asked, earlier, stretch)];
}
