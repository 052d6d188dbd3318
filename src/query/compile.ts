import ipaddr from 'ipaddr.js';
import { NetcostError } from '../errors.js';
import { addressId } from '../flows/addresses.js';
import { quoteLiteral } from '../rollups/duckdb.js';
import { type Dimension, dimensionOf, type NameTable, PROTOCOL_NAMES } from './dimensions.js';
import { ANY_CLIENT } from './domain-names.js';
import type { FilterKey, FilterValue, GroupKey, Query } from './query.js';

/** Where the compiled statement reads: SQL relations and tables, given by the store. */
export interface Sources {
  /** The counted legs of the asked window, and of the window to compare with. */
  readonly legs: string;
  readonly previousLegs: string | undefined;
  readonly clients: string;
  readonly remotes: string;
  readonly gateways: string;
  /** What clients called remotes; only asked where a question needs it. */
  readonly domains?: string;
  readonly ipv6: string;
  /** Labels that some owner has, in lower case. */
  readonly labels: ReadonlySet<string>;
  /** Ids of the IPv6 addresses of the store inside a range. */
  readonly ipv6Within: (cidr: string) => readonly bigint[];
  /** Regions of the gateways, each priced by itself: a column of bytes for each, so that money stays exact. */
  readonly priceRegions: readonly string[];
  /** False where some source's Region is not known: its bytes have no price. */
  readonly everyRegionPriced: boolean;
  /**
   * Of addresses that changed hands: `legs`, the legs have a column with the client's period; `lasting`, all legs are of
   * the period that lasts; absent where no address changed hands.
   */
  readonly periods?: 'legs' | 'lasting' | undefined;
  /** True where `legs` are those of clients that pass the filters on clients, in every place and period that they have. */
  readonly areClientsFiltered?: boolean;
}

/**
 * A question as one SQL statement. Pure: the same Query and sources give the same text. The first row (kind 0) is the
 * total with the number of groups; the others (kind 1) are the groups, largest first, at most `top`.
 * Columns: kind, key1, key2, bytes, up, packets, flows, previous, groups, whether an id stands in for the client's, then one
 * column of bytes per price region and its twin for the earlier window.
 * Values from people stand in it as quoted literals or as numbers that were checked; nothing else of them does.
 */
export function compileQuery(query: Query, sources: Sources): string {
  const keys = query.by.map((key) => dimensionOf(key, sources.ipv6, sources.labels));
  const filters = [...query.where]
    .map(([key, values]) => ({ key, values, dimension: dimensionOf(key, sources.ipv6, sources.labels) }))
    // What the legs hold already needs no name, and without names there are fewer groups.
    .filter(
      ({ key, values, dimension }) => !sources.areClientsFiltered || !isOfClients(values, dimension) || isPlace(key),
    );
  const hasOneRegion = sources.everyRegionPriced && sources.priceRegions.length === 1;
  const tables = new Set<NameTable>([...keys, ...filters.map((f) => f.dimension)].flatMap((d) => d.tables));
  // Prices go by the gateway's Region, so its names are needed unless there is but one.
  if (!hasOneRegion) tables.add('source');
  const usesStandIn = tables.has('client') && [...query.by, ...query.where.keys()].some(isPlace);
  const isOfRows = (filter: (typeof filters)[number]): boolean => filter.dimension.tables.length === 0;
  const textOf = (filter: (typeof filters)[number]): string =>
    filterSql(filter.key, filter.values, filter.dimension.sql, sources);
  const rowFilters = filters.filter(isOfRows).map(textOf);
  const nameFilters = filters.filter((filter) => !isOfRows(filter)).map(textOf);
  const priced = hasOneRegion ? [] : sources.priceRegions.map((region) => `s.price_region = ${quoteLiteral(region)}`);
  const grouped = keys.map(({ sql, group = [sql], show = ([column]) => column! }, k) => {
    const names = group.map((_, i) => `key${k}_${i}`);
    return { names, shown: show(names), columns: group.map((column, i) => `${column} as ${names[i]}`) };
  });
  const groupNames = grouped.flatMap((key) => key.names);
  const hasNames = tables.size > 0;
  const isCompared = sources.previousLegs !== undefined;
  // Summed by ids before names are looked up: a day of a team has fewer of them than rows, and numbers compare faster.
  const ofIds = grouped.filter((_, k) => keys[k]!.tables.length === 0);
  const ofNames = grouped.filter((_, k) => keys[k]!.tables.length > 0);
  const ids = idColumns(
    [...keys, ...filters.map((f) => f.dimension)].filter((d) => d.tables.length > 0),
    tables,
    sources.periods === 'legs',
  );
  const list = (columns: readonly string[]): string => columns.map((column) => `${column}, `).join('');
  const read = (legs: string, isPrevious: boolean): string => `
    select ${list([...ofIds.flatMap((key) => key.columns), ...ids.map((id) => `l.${id}`)])}${isCompared ? `${isPrevious} as is_previous, ` : ''}
      sum(l.bytes) as bytes, sum(l.bytes_up) as up, sum(l.packets) as packets, sum(l.flows) as flows
    from ${legs} l${rowFilters.length > 0 ? ` where ${rowFilters.join('\n      and ')}` : ''} group by all`;
  const all = isCompared
    ? `${read(sources.legs, false)}\n    union all ${read(sources.previousLegs!, true)}`
    : read(sources.legs, false);
  const named = `select ${list([...ofIds.flatMap((key) => key.names).map((name) => `l.${name}`), ...ofNames.flatMap((key) => key.columns)])}
      l.bytes, l.up, l.packets, l.flows${isCompared ? ', l.is_previous' : ''}${usesStandIn ? ', coalesce(c.is_stand_in, false) as stand_in' : ''}
      ${priced.map((condition, i) => `, case when ${condition} then l.bytes else 0 end as bytes_${i}`).join('')}
    from leg_ l
    ${tables.has('client') ? `left join ${sources.clients} c on c.near = l.near and c.context = l.context${PERIOD_JOIN[sources.periods ?? 'none']}` : ''}
    ${tables.has('remote') ? `left join ${sources.remotes} r on r.far = l.far and r.row_service = l.service` : ''}
    ${
      tables.has('domain')
        ? `left join ${sources.domains} d on d.near = l.near and d.far = l.far
      left join ${sources.domains} e on e.near = ${ANY_CLIENT} and e.far = l.far`
        : ''
    }
    ${tables.has('source') ? `left join ${sources.gateways} s on s.context = l.context` : ''}
    ${nameFilters.length > 0 ? `where ${nameFilters.join('\n      and ')}` : ''}`;
  const now = (column: string): string =>
    isCompared ? `coalesce(sum(case when is_previous then 0 else ${column} end), 0)` : `coalesce(sum(${column}), 0)`;
  const before = (column: string): string =>
    isCompared ? `coalesce(sum(case when is_previous then ${column} else 0 end), 0)` : '0::hugeint';
  const sums = [
    ...['bytes', 'up', 'packets', 'flows'].map((column) => `${now(column)} as ${column}`),
    `${before('bytes')} as previous`,
    `${usesStandIn ? 'coalesce(bool_or(stand_in), false)' : 'false'} as stand_in`,
    ...priced.flatMap((_, i) => [`${now(`bytes_${i}`)} as now_${i}`, `${before(`bytes_${i}`)} as before_${i}`]),
  ].join(', ');
  // Without names and without an earlier window the sums by ids are the groups.
  const groups =
    hasNames || isCompared
      ? `select ${list(groupNames)}${sums} from (${hasNames ? named : 'select * from leg_'}) ${groupNames.length > 0 ? `group by ${groupNames.join(', ')}` : ''}`
      : `select ${list(groupNames)}bytes, up, packets, flows, 0::hugeint as previous, false as stand_in from leg_`;
  const prices = hasOneRegion ? ', bytes, previous' : priced.map((_, i) => `, now_${i}, before_${i}`).join('');
  const totals = (hasOneRegion ? ['bytes', 'previous'] : priced.flatMap((_, i) => [`now_${i}`, `before_${i}`]))
    .map((column) => `, coalesce(sum(${column}), 0)`)
    .join('');
  return `with leg_ as (${all}),
  group_ as (${groups})
  select 0 as kind, null as key1, null as key2, coalesce(sum(bytes), 0), coalesce(sum(up), 0), coalesce(sum(packets), 0),
    coalesce(sum(flows), 0), coalesce(sum(previous), 0), count(*) as groups, coalesce(bool_or(stand_in), false)${totals} from group_
  union all
  select 1, ${grouped[0] ? `(${grouped[0].shown})::varchar` : 'null'}, ${grouped[1] ? `(${grouped[1].shown})::varchar` : 'null'}, bytes, up, packets, flows, previous, 0, stand_in${prices}
  from (select * from group_
    order by ${['bytes desc', 'previous desc', ...groupNames.map((column) => `${column} nulls last`)].join(', ')} limit ${query.by.length === 0 ? 0 : query.top})`;
}

/**
 * The columns of the legs that a question reads: those of its keys and of its filters as they are written, and those that
 * remotes and domains are looked up by. What clients and gateways are looked up by is always there.
 */
export function columnsRead(
  query: Query,
  sources: Pick<Sources, 'ipv6' | 'labels' | 'ipv6Within'>,
): ReadonlySet<string> {
  const dimension = (key: GroupKey | FilterKey): Dimension => dimensionOf(key, sources.ipv6, sources.labels);
  const keys = query.by.map(dimension);
  const filters = [...query.where].map(([key, values]) => filterSql(key, values, dimension(key).sql, sources));
  const texts = [...keys.flatMap(({ sql, group = [] }) => [sql, ...group]), ...filters].join(' ');
  const tables = new Set([...keys, ...[...query.where.keys()].map(dimension)].flatMap((one) => one.tables));
  return new Set([
    ...[...texts.matchAll(/\bl\.([a-z_]+)/g)].map(([, column]) => column!),
    ...(tables.has('remote') ? ['far', 'service'] : []),
    ...(tables.has('domain') ? ['far'] : []),
  ]);
}

/** Which of a client's rows is meant, where it has one per period. */
const PERIOD_JOIN = { none: '', lasting: ' and c.period = 0', legs: ' and c.period = l.period' } as const;

/** Columns of the legs that names are looked up by, and that keys and filters on names are made of. */
function idColumns(dimensions: readonly Dimension[], tables: ReadonlySet<NameTable>, hasPeriods: boolean): string[] {
  const texts = dimensions.flatMap(({ sql, group = [] }) => [sql, ...group]).join(' ');
  const used = [...texts.matchAll(/\bl\.([a-z_]+)/g)].map(([, column]) => column!);
  const joined = [
    ...(tables.has('client') ? ['near', 'context', ...(hasPeriods ? ['period'] : [])] : []),
    ...(tables.has('remote') ? ['far', 'service'] : []),
    ...(tables.has('domain') ? ['near', 'far'] : []),
    ...(tables.has('source') ? ['context'] : []),
  ];
  return [...new Set([...used, ...joined])];
}

/**
 * Finds the largest pairs of a question about pairs of everybody: a statement of one row, the number of pairs and of the
 * largest `top` a list of `less`, their bytes below zero, and `client` (null where the rows tell no remote). Undefined for other questions. There are
 * millions of pairs: one sum for each fits into memory, all that an answer says of them does not, and nothing is kept of
 * them but the largest so far. With `atLeast` bytes alone they are among the largest: what is less need not be compared.
 */
export function compileLargestPairs(query: Query, sources: Sources, atLeast = 0): string | undefined {
  const isOfPairs = query.by.includes('pair') || (query.by.includes('client') && query.by.includes('remote'));
  const dimension = (key: GroupKey | FilterKey): Dimension => dimensionOf(key, sources.ipv6, sources.labels);
  const needsNames = [...query.by, ...query.where.keys()].some((key) => dimension(key).tables.length > 0);
  if (!isOfPairs || needsNames || query.compare !== undefined || query.top === 0) return undefined;
  const columns = query.by.flatMap((key) => dimension(key).group ?? [dimension(key).sql]);
  const client = columns.findIndex((column) => column.includes('l.near'));
  const names = columns.map((_, i) => `key${i}`);
  const where = [...query.where].map(([key, values]) => filterSql(key, values, dimension(key).sql, sources));
  // The smallest of (-bytes, keys) are the largest, ties in the order of their keys, as in the answer. Bytes are whole
  // numbers, so that sums of doubles are exact up to 9 PB, and a fifth faster; the answer's own sums are made of integers.
  const inOrder = `{less: -bytes, ${names.map((name) => `${name}: ${name}`).join(', ')}}`;
  const among = atLeast > 0 ? ` filter (where bytes >= ${atLeast})` : '';
  return `select count(*), list_transform(coalesce(min(${inOrder}, ${query.top})${among}, []), lambda pair: {less: pair.less, client: pair.${names[client]}})
  from (select ${columns.map((column, i) => `${column} as ${names[i]}`).join(', ')}, sum(l.bytes::double) as bytes
    from ${sources.legs} l${where.length > 0 ? ` where ${where.join(' and ')}` : ''} group by all)`;
}

/** Of which the gateway's stands in where the client's is not known: an answer says so, so that its name is needed. */
const isPlace = (key: GroupKey | FilterKey): boolean => key === 'account' || key === 'vpc';

/** A filter on clients alone that does not exclude: an exclusion keeps what has no name. */
const isOfClients = (values: readonly FilterValue[], { tables }: Dimension): boolean =>
  tables.length === 1 && tables[0] === 'client' && values.every((value) => !value.negated);

/**
 * The clients that pass a question's filters on clients, as SQL over the names of clients, each with whether it does in
 * all its places and periods; undefined where there is no such filter, or one that excludes.
 */
export function clientsSql(
  query: Query,
  sources: Pick<Sources, 'clients' | 'ipv6' | 'labels' | 'ipv6Within'>,
): string | undefined {
  const tests = [...query.where].flatMap(([key, values]) => {
    const dimension = dimensionOf(key, sources.ipv6, sources.labels);
    return isOfClients(values, dimension) ? [filterSql(key, values, dimension.sql, sources)] : [];
  });
  if (tests.length === 0) return undefined;
  return `select near, bool_and(passes) from (select c.near, coalesce(${tests.join(' and ')}, false) as passes from ${sources.clients} c)
    group by near having bool_or(passes)`;
}

/** Values are an OR, exclusions an AND; an exclusion keeps what has no value (contract, part 2). */
function filterSql(
  key: FilterKey,
  values: readonly FilterValue[],
  sql: string,
  sources: Pick<Sources, 'ipv6Within'>,
): string {
  const test = (value: string): string => testSql(key, value, sql, sources);
  const wanted = values.filter((v) => !v.negated).map((v) => test(v.value));
  const unwanted = values.filter((v) => v.negated).map((v) => `coalesce(not (${test(v.value)}), true)`);
  return [...(wanted.length > 0 ? [`(${wanted.join(' or ')})`] : []), ...unwanted].join(' and ');
}

function testSql(key: FilterKey, value: string, sql: string, sources: Pick<Sources, 'ipv6Within'>): string {
  switch (key) {
    case 'client':
      return rangeSql('l.near', value, sources);
    case 'remote':
      return rangeSql('l.far', value, sources);
    case 'port':
      return `l.port = ${wholeNumber(value)}`;
    case 'direction':
      return `l.up = ${value.toLowerCase() === 'up' ? 1 : 0}`;
    case 'protocol': {
      const known = PROTOCOL_NAMES.find(([, name]) => name === value.toLowerCase())?.[0];
      return `l.protocol = ${known ?? wholeNumber(value)}`;
    }
    case 'team':
      return value.toLowerCase() === 'unattributed'
        ? 'c.team is null'
        : `lower(c.team) = ${quoteLiteral(value.toLowerCase())}`;
    case 'domain':
      return `(lower(${sql}) = ${quoteLiteral(value.toLowerCase())} or ends_with(lower(${sql}), ${quoteLiteral(`.${value.toLowerCase()}`)}))`;
    case 'nat':
      return `list_contains(s.nat_names, ${quoteLiteral(value.toLowerCase())})`;
    default:
      return `lower(${sql}) = ${quoteLiteral(value.toLowerCase())}`;
  }
}

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new NetcostError('usage', `${value} is no number.`);
  return Number(value);
}

/** An address or a CIDR range as a test on a column of address ids. */
function rangeSql(column: string, value: string, sources: Pick<Sources, 'ipv6Within'>): string {
  const [address, length] = value.split('/') as [string, string | undefined];
  const id = addressId(address);
  if (id === undefined) throw new NetcostError('usage', `${value} is no address and no range.`);
  if (length === undefined) return `${column} = ${id}`;
  if (ipaddr.IPv4.isValid(address)) {
    const size = 2n ** BigInt(32 - wholeNumber(length));
    const first = (id / size) * size;
    return `(${column} >= ${first} and ${column} <= ${first + size - 1n})`;
  }
  const ids = sources.ipv6Within(value);
  return ids.length === 0 ? 'false' : `${column} in (${ids.join(', ')})`;
}
