import type { Inventory } from '../../attribution/inventory.js';
import { NetcostError } from '../../errors.js';
import type { FlowTable } from '../../flows/ddl.js';
import { quoteLiteral } from '../../rollups/duckdb.js';
import type { Naming } from '../names.js';
import type { Query } from '../query.js';
import { type AddressValues, idOfAddress, valueRelations } from './address-values.js';
import { type ClientColumn, nameClients } from './client-names.js';
import { countedLegs, knowledgeRelations, legColumns } from './counted-legs.js';
import { athenaDimension, clientColumn } from './dimensions.js';
import { filtersSql } from './filters.js';
import type { AthenaKnowledge } from './knowledge.js';
import { nameRemotes, REMOTE_VALUES, type RemoteColumn } from './remote-names.js';
import { grainFor, type RollupTable, rollupLegs, splitStretches } from './rollup-legs.js';
import type { Minutes, ScanOptions } from './rows.js';

/** Athena refuses longer statements (bytes of UTF-8). */
export const LONGEST_STATEMENT = 262_144;

/** What a question is compiled against. */
export interface AthenaSources {
  readonly tables: readonly FlowTable[];
  readonly knowledge: AthenaKnowledge;
  readonly naming: Pick<Naming, 'owners' | 'remotes'>;
  readonly inventory: Pick<Inventory, 'placeOf'>;
  readonly inventoryBorders: readonly number[];
  readonly stretch: Minutes;
  readonly previous: Minutes | undefined;
  readonly scan?: ScanOptions;
  /** Sums by the hour that netcost keeps: the hours that it holds are not read from the tables. */
  readonly rollup?: RollupTable | undefined;
}

/** A compiled question. */
export interface AthenaStatement {
  readonly sql: string;
  /** Regions of the gateways, in the order of the columns of bytes. */
  readonly priceRegions: readonly string[];
}

const CLIENT_KEYS: ReadonlySet<string> = new Set(['team', 'env', 'account', 'vpc', 'az', 'workload']);
const REMOTE_KEYS: ReadonlySet<string> = new Set(['service', 'provider', 'region']);

/**
 * A question as one Athena statement that reads each row once. Its result has the columns of query/compile.ts (kind,
 * key1, key2, bytes, up, packets, flows, previous, groups, stand-in, bytes by Region and its twin) in rows of three kinds:
 * 0 the total, 1 a group, 2 an hour of coverage (key1 the hour from the window's beginning; bytes, up and packets are
 * then the rows of SKIPDATA, NODATA and REJECT). All values are text.
 * Values from people stand in it as quoted literals or checked numbers; nothing else of them does.
 * @throws NetcostError 'usage' where it would be longer than Athena takes.
 */
export function compileAthena(query: Query, sources: AthenaSources): AthenaStatement {
  const { knowledge, naming, stretch, previous } = sources;
  const { gateways } = knowledge.gateways;
  const labels = new Set(naming.owners.labelNames);
  const asked = [...query.by, ...query.where.keys()];
  const clientColumns = clientColumnsOf(asked, labels);
  const remoteColumns = new Set(asked.filter((key) => REMOTE_KEYS.has(key)) as RemoteColumn[]);
  const clients =
    clientColumns.length === 0
      ? undefined
      : nameClients(knowledge, naming.owners, sources.inventory, sources.inventoryBorders, clientColumns);
  const remotes =
    remoteColumns.size === 0 ? undefined : nameRemotes(naming.remotes, remoteColumns, knowledge.surveyed.ipv6);
  const regionOf = knowledge.counted.map(
    ({ gateway, surveyed }) => gateways[gateway]!.region || surveyed.context.region,
  );
  const priceRegions = [...new Set(gateways.map((gateway) => gateway.region).concat(regionOf))]
    .filter((region) => region !== '')
    .sort();
  const facts = {
    labels,
    ipv6: knowledge.surveyed.ipv6,
    sourcesOf: (name: string): readonly number[] => sourcesNamed(knowledge, name),
  };
  const stretches = previous === undefined ? [stretch] : [stretch, previous];
  const { hours, rest } = splitStretches(sources.rollup, stretches);
  const legs = [
    ...(hours.length > 0 ? [rollupLegs(sources.rollup!, hours, grainFor(asked))] : []),
    ...(rest.length > 0 ? [rawLegs(sources, rest)] : []),
  ].join(' union all ');
  const keys = query.by.map((key) => {
    const dimension = athenaDimension(key, labels);
    return { group: dimension.group ?? [dimension.sql], show: dimension.show ?? (([column]) => column!) };
  });
  const names = keys.map(({ group }, k) => group.map((_, i) => `key${k}_${i}`));
  const groupNames = names.flat();
  const shift = previous === undefined ? 0 : stretch.fromMinute - previous.fromMinute;
  const inPrevious =
    previous === undefined ? 'false' : `minute >= ${previous.fromMinute} and minute < ${previous.toMinute}`;
  const inNow = `minute >= ${stretch.fromMinute} and minute < ${stretch.toMinute}`;
  const filters = filtersSql(query, facts);
  const isLeg = 'kind = 1';
  const big = (column: string): string => `sum(cast(${column} as decimal(38, 0)))`;
  const now = (value: string): string => `coalesce(${big(`case when is_previous then 0 else ${value} end`)}, 0)`;
  const before = (value: string): string => `coalesce(${big(`case when is_previous then ${value} else 0 end`)}, 0)`;
  const priced = priceRegions.map((region) => `price_region = ${quoteLiteral(region)}`);
  const sums = [
    `${now('size')} as bytes`,
    `${now('case when up then size else 0 end')} as bytes_up`,
    `${now('packets')} as packets`,
    `${now('flows')} as flows`,
    `${before('size')} as previous`,
    'coalesce(bool_or(stand_in), false) as stand_in',
    ...priced.flatMap((condition, i) => [
      `${now(`case when ${condition} then size else 0 end`)} as now_${i}`,
      `${before(`case when ${condition} then size else 0 end`)} as before_${i}`,
    ]),
  ];
  const summed = [
    'bytes',
    'bytes_up',
    'packets',
    'flows',
    'previous',
    ...priced.flatMap((_, i) => [`now_${i}`, `before_${i}`]),
  ];
  const text = (column: string): string => `cast(${column} as varchar)`;
  const shown = [0, 1].map((k) => (keys[k] ? text(keys[k].show(names[k]!)) : 'cast(null as varchar)'));
  const sourceRows = knowledge.counted.map(({ surveyed, gateway, isNextHop }, i) => {
    const nat = gateways[gateway]!;
    // A regional gateway is in several zones: the row's own zone is then the zone of the bytes.
    const zone = (isNextHop ? surveyed.context.nextHopAzId : surveyed.context.azId) || nat.azId;
    return `(${i}, ${quoteLiteral(nat.id)}, ${nullable(zone)}, ${nullable(regionOf[i]!)}, ${clients?.viewOf[i] ?? 0})`;
  });
  const sql = `with ${knowledgeRelations(knowledge)},
source_name as (select source_no, nat, cast(nat_zone as varchar) as nat_zone, cast(price_region as varchar) as price_region, view_no
  from (values ${sourceRows.length > 0 ? sourceRows.join(', ') : "(-1, '', '', '', 0)"}) as t(source_no, nat, nat_zone, price_region, view_no)),
${clients ? `${valueRelations('client', clients.values)},\n` : ''}${remotes ? `${valueRelations('remote', remotes)},\n` : ''}leg as (${legs}),
piece as (select * from (select leg.*, case when piece = 0 then 2 else 1 end as kind, w.is_previous,
    leg.minute + case when w.is_previous then ${query.by.some((key) => key === 'hour' || key === 'day') ? shift : 0} else 0 end as shown_minute
  from leg cross join unnest(${previous === undefined ? 'array[false]' : `filter(array[case when ${inNow} then false end, case when ${inPrevious} and piece > 0 then true end], one -> one is not null)`}) as w(is_previous))),
named as (${namedLegs(clients?.values, clientColumns, remotes, remoteColumns)}),
kept as (select * from named where kind = 2${filters.length === 0 ? ' or kind = 1' : ` or (kind = 1 and ${filters.join(' and ')})`}),
group_ as (select kind, case when kind = 2 then (minute - ${stretch.fromMinute}) / 60 end as hour_no,
    ${keys.flatMap(({ group }, k) => group.map((column, i) => `case when ${isLeg} then ${column} end as ${names[k]![i]},`)).join(' ')}
    ${sums.join(', ')}, ${COVERAGE.map((column) => `sum(case when kind = 2 then ${column} else 0 end) as ${column}`).join(', ')}
  from kept group by 1, 2${groupNames.map((_, i) => `, ${i + 3}`).join('')}),
ranked as (select *, row_number() over (partition by kind order by ${['bytes desc', 'previous desc', ...groupNames.map((name) => `${name} nulls last`)].join(', ')}) as nth,
    count(*) over (partition by kind) as group_count, bool_or(stand_in) over (partition by kind) as any_stand_in,
    ${summed.map((column) => `sum(${column}) over (partition by kind) as all_${column}`).join(', ')} from group_)
select kinds.kind, case kinds.kind when 2 then ${text('hour_no')} when 1 then ${shown[0]} end as key1,
  case kinds.kind when 1 then ${shown[1]} end as key2,
  ${['bytes', 'bytes_up', 'packets'].map((column, i) => `case kinds.kind when 0 then ${text(`all_${column}`)} when 1 then ${text(column)} else ${text(COVERAGE[i]!)} end as ${column}`).join(',\n  ')},
  ${['flows', 'previous'].map((column) => `case kinds.kind when 0 then ${text(`all_${column}`)} else ${text(column)} end as ${column}`).join(', ')},
  ${text('group_count')} as groups, case when kinds.kind = 0 then any_stand_in else stand_in end as stand_in${priced
    .flatMap((_, i) => [`now_${i}`, `before_${i}`])
    .map((column) => `,\n  case kinds.kind when 0 then ${text(`all_${column}`)} else ${text(column)} end as ${column}`)
    .join('')}
from ranked cross join unnest(case when ranked.kind = 2 then array[2] when nth = 1 then array[0, 1] else array[1] end) as kinds(kind)
where ranked.kind = 2 or (kinds.kind = 0 and nth = 1) or (kinds.kind = 1 and nth <= ${query.by.length === 0 ? 0 : query.top})
order by kinds.kind, nth`;
  checkLength(sql, query);
  return { sql, priceRegions };
}

const COVERAGE = ['skip_data', 'no_data', 'rejected'] as const;

/** Legs of the raw tables in the columns that a rollup has too. */
function rawLegs({ tables, scan }: AthenaSources, stretches: readonly Minutes[]): string {
  const big = (column: string): string => `cast(${column} as decimal(38, 0)) as ${column}`;
  const row = (condition: string, name: string): string => `if(${condition}, bigint '1', bigint '0') as ${name}`;
  return `select cast(minute as integer) as minute, source_no, piece, protocol, ${big('size')}, ${big('packets')}, bigint '1' as flows, up, near, near6, far, far6,
      port, row_service, ${row("status = 'S'", 'skip_data')}, ${row("status = 'N'", 'no_data')}, ${row("status = 'O' and action = 'R'", 'rejected')}
    from (select minute, source_no, piece, protocol, size, packets, status, action, ${legColumns('l')}
      from (${countedLegs(tables, stretches, scan)}) l)`;
}

function clientColumnsOf(asked: readonly string[], labels: ReadonlySet<string>): readonly ClientColumn[] {
  const columns = new Set<ClientColumn>();
  for (const key of asked) {
    if (CLIENT_KEYS.has(key)) columns.add(key as ClientColumn);
    if (key === 'crossaz') columns.add('az');
    const label = key.startsWith('label.') ? key.toLowerCase() : undefined;
    if (label !== undefined && labels.has(label.slice('label.'.length))) columns.add(label as ClientColumn);
  }
  return [...columns];
}

/** Legs with the names of their ends, one column for each key that is asked. */
function namedLegs(
  clients: AddressValues | undefined,
  clientColumns: readonly ClientColumn[],
  remotes: AddressValues | undefined,
  remoteColumns: ReadonlySet<RemoteColumn>,
): string {
  const columns = [
    ...clientColumns.map((column, i) => `cv.v${i} as ${clientColumn(column)}`),
    `${clients ? `cv.v${clientColumns.length} is not null` : 'false'} as stand_in`,
    ...[...remoteColumns].map((column) => `${remoteSql(column)} as remote_${column}`),
  ];
  const clientId = `coalesce(${idOfAddress('cm', 'p.near')}, c6.id)`;
  const remoteId = `coalesce(${idOfAddress('rm', 'p.far')}, r6.id)`;
  return `select p.*, n.nat, n.nat_zone, n.price_region, ${columns.join(', ')} from piece p
  left join source_name n on n.source_no = p.source_no
  ${clients ? `left join client_map cm on cm.view_no = n.view_no left join client_ipv6 c6 on c6.view_no = n.view_no and c6.address = p.near6 left join client_value cv on cv.id = ${clientId}` : ''}
  ${remotes ? `left join remote_map rm on rm.view_no = 0 left join remote_ipv6 r6 on r6.address = p.far6 left join remote_value rv on rv.id = ${remoteId}` : ''}`;
}

/** The rule for the one service of a remote (attribution/ranges.ts), with the row's own service. */
function remoteSql(column: RemoteColumn): string {
  const [named, service, provider, region, overrides] = REMOTE_VALUES.map((_, i) => `rv.v${i}`);
  const told = 'p.row_service';
  switch (column) {
    case 'service':
      return `coalesce(${named}, nullif(${told}, 'AMAZON'), ${service}, ${told})`;
    case 'provider':
      return `case when ${told} is not null then case when p.far is null and p.far6 is null then null else 'aws' end else ${provider} end`;
    case 'region':
      return `coalesce(case when ${overrides} is not null and ${told} is not null then element_at(split_to_map(${overrides}, ';', '='), ${told}) end, ${region})`;
  }
}

function sourcesNamed({ counted, gateways }: AthenaKnowledge, name: string): readonly number[] {
  return counted.flatMap(({ surveyed: { context }, gateway, isNextHop }, i) =>
    [
      gateways.gateways[gateway]!.id,
      context.nextHopInterfaceId,
      context.resourceId,
      isNextHop ? '' : context.interfaceId,
    ].some((one) => one !== '' && one.toLowerCase() === name)
      ? [i]
      : [],
  );
}

const nullable = (text: string): string => (text === '' ? 'null' : quoteLiteral(text));

function checkLength(sql: string, query: Query): void {
  const length = Buffer.byteLength(sql);
  if (length <= LONGEST_STATEMENT) return;
  throw new NetcostError(
    'usage',
    `What ${[...query.by, ...query.where.keys()].join(', ')} needs makes a statement of ${Math.ceil(length / 1024)} KiB; Athena takes ${LONGEST_STATEMENT / 1024}.`,
    { hint: 'Ask for fewer keys at once, for one gateway or a shorter window, or of the embedded engine.' },
  );
}
