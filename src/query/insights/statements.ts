import { NetcostError } from '../../errors.js';
import type { Query } from '../query.js';
import { sidesOf } from './asked-sides.js';
import {
  type Columns,
  columnsOf,
  type InsightsLog,
  negate,
  rewritten,
  SOMEBODY,
  SOMEWHERE,
  side,
  sourceFields,
  sourceFilters,
} from './gateway-rows.js';

/** Logs Insights takes no longer statement (StartQuery, queryString), and gives no more rows, whatever is asked. */
const LONGEST_STATEMENT = 10_000;
export const MOST_ROWS = 10_000;

/** A stretch of time in whole seconds since 1970: from ≤ start of a row < to. */
export interface Slice {
  readonly fromSecond: number;
  readonly toSecond: number;
  /** Only rows whose partner ends so; undefined = all. For seconds that have more groups than one statement gives. */
  readonly lastCharacter?: string | undefined;
}

/** What is asked of the rows of one log group. */
export interface InsightsPart {
  readonly name: 'legs' | 'up' | 'down' | 'other' | 'coverage';
  readonly statementOf: (slice: Slice) => string;
  /** Fields of a line that the rows of the result have, and those that are the same in all of them. */
  readonly keys: readonly string[];
  readonly fixed: Readonly<Record<string, string>>;
  /** Fields that are as another one is: field → the other. */
  readonly copied: Readonly<Record<string, string>>;
}

/** Names of what a statement gives beside its keys. */
export const SUMS = {
  bytes: 'flowBytesSum',
  packets: 'flowPacketsSum',
  flows: 'flowRecords',
  first: 'flowFirst',
  last: 'flowLast',
} as const;

/**
 * The statements that answer a question over one log group: sums of the rows of gateways by what the question needs,
 * which the embedded engine then judges, names and prices as if they were rows. `isSplit`: one statement for each
 * direction, so that neither the port of a client nor an end that nobody asks for makes groups of its own; only where
 * all addresses of all gateways are known. `slotSeconds`: length of the time that makes groups, `shiftSeconds` added to
 * the row's before; undefined = none.
 */
export function insightsParts(
  log: InsightsLog,
  query: Query,
  options: {
    readonly isSplit: boolean;
    readonly slotSeconds: number | undefined;
    readonly shiftSeconds: number;
  },
): readonly InsightsPart[] {
  const columns = columnsOf(log.layout);
  const { has, name } = columns;
  const asked = sidesOf(query);
  const counted = [
    ...(has('log-status') ? [`${name('log-status')} = "OK"`] : []),
    ...(has('action') ? [`${name('action')} != "REJECT"`] : []),
  ];
  const base = [...sourceFilters(log, columns), ...counted];
  const accepted = { 'log-status': 'OK', action: 'ACCEPT' };
  const time = options.slotSeconds === undefined ? undefined : slot(columns, options.slotSeconds, options.shiftSeconds);
  const always = [...sourceFields(columns), ...['flow-direction'].filter(has)];
  const sums = legSums(columns);
  const make = (
    part: InsightsPart['name'],
    filters: readonly string[],
    fields: readonly string[],
    { fixed = {}, copied = {} }: Partial<Pick<InsightsPart, 'fixed' | 'copied'>> = {},
  ): InsightsPart => {
    const told = { ...accepted, ...fixed };
    const keys = [...always, ...fields];
    return partOf(columns, { name: part, filters: [...base, ...filters], keys, fixed: told, copied, sums, time });
  };
  const protocol = asked.protocol && has('protocol') ? ['protocol'] : [];
  const addresses = ['srcaddr', 'dstaddr', 'pkt-srcaddr', 'pkt-dstaddr'].filter(has);
  const ports = asked.port ? ['srcport', 'dstport'].filter(has) : [];
  const services = asked.remote ? ['pkt-src-aws-service', 'pkt-dst-aws-service'].filter(has) : [];
  const all = [...addresses, ...services, ...ports, ...protocol];
  if (!options.isSplit) return [make('legs', rewritten(columns), all)];
  const up = side(columns, 'src', 'dst', asked, log.gateways);
  const down = side(columns, 'dst', 'src', asked, log.gateways);
  return [
    make('up', up.filters, [...up.keys, ...protocol], up),
    make('down', down.filters, [...down.keys, ...protocol], down),
    make('other', [...rewritten(columns), ...[up, down].map(({ shape }) => negate(shape))], all),
  ];
}

/** Which hours have rows, and how many of them tell of nothing, of something lost, or of a refusal. */
export function coveragePart(log: InsightsLog, fromSecond: number): InsightsPart {
  const columns = columnsOf(log.layout);
  const { has, name } = columns;
  return partOf(columns, {
    name: 'coverage',
    filters: sourceFilters(log, columns),
    keys: [...sourceFields(columns), ...['log-status', 'action'].filter(has)],
    // Rows between these two are no leg of anything: they only are there.
    fixed: { srcaddr: SOMEBODY, dstaddr: SOMEWHERE, 'pkt-srcaddr': SOMEBODY, 'pkt-dstaddr': SOMEWHERE },
    copied: {},
    sums: [
      `count(*) as ${SUMS.flows}`,
      `min(${name('start')}) as ${SUMS.first}`,
      `max(${name(has('end') ? 'end' : 'start')}) as ${SUMS.last}`,
    ],
    time: slot(columns, 3600, -fromSecond),
  });
}

/** Whether directions can be told apart by rows alone: packet addresses, and every address of every gateway known. */
export function canSplit({ layout, gateways }: InsightsLog): boolean {
  return (
    layout.at['pkt-srcaddr'] >= 0 &&
    layout.at['pkt-dstaddr'] >= 0 &&
    layout.at['interface-id'] >= 0 &&
    gateways.length > 0 &&
    gateways.every(({ addresses, interfaceIds }) => addresses.length > 0 && interfaceIds.length > 0)
  );
}

const legSums = ({ has, name }: Columns): readonly string[] => [
  `sum(${name('bytes')}) as ${SUMS.bytes}`,
  ...(has('packets') ? [`sum(${name('packets')}) as ${SUMS.packets}`] : []),
  `count(*) as ${SUMS.flows}`,
  `min(${name('start')}) as ${SUMS.first}`,
];

function partOf(
  { name, parse, has }: Columns,
  part: Omit<InsightsPart, 'statementOf'> & {
    readonly filters: readonly string[];
    readonly sums: readonly string[];
    readonly time: string | undefined;
  },
): InsightsPart {
  const keys = part.keys.map(name);
  const partner = has('pkt-dstaddr') && part.keys.includes('pkt-dstaddr') ? 'pkt-dstaddr' : 'dstaddr';
  return {
    name: part.name,
    keys: part.keys,
    fixed: part.fixed,
    copied: part.copied,
    statementOf: ({ fromSecond, toSecond, lastCharacter }) => {
      const start = name('start');
      const filters = [
        `${start} >= ${fromSecond} and ${start} < ${toSecond}`,
        ...part.filters,
        ...(lastCharacter === undefined ? [] : [endsWith(name(partner), lastCharacter)]),
      ];
      const statement = [
        parse,
        `filter ${filters.join(' and ')}`,
        ...(part.time === undefined ? [] : [`fields ${part.time} as flowSlot`]),
        `stats ${part.sums.join(', ')} by ${[...keys, ...(part.time === undefined ? [] : ['flowSlot'])].join(', ')}`,
        `limit ${MOST_ROWS}`,
      ].join('\n| ');
      if (statement.length <= LONGEST_STATEMENT) return statement;
      throw new NetcostError(
        'usage',
        `So many gateways make a statement of ${statement.length} characters; Logs Insights takes ${LONGEST_STATEMENT}.`,
        { hint: 'Name the interfaces of some in data.logGroups, or let the embedded engine read the group.' },
      );
    },
  };
}

/** What the last character of an address may be: one slice for each, and one for what ends otherwise. */
export const LAST_CHARACTERS = [...'0123456789', 'other'] as const;

const endsWith = (column: string, last: string): string =>
  last === 'other' ? `${column} not like /[0-9]$/` : `${column} like /${last}$/`;

const slot = ({ name }: Columns, seconds: number, shift: number): string =>
  `floor((${name('start')} ${shift < 0 ? '-' : '+'} ${Math.abs(shift)}) / ${seconds})`;
