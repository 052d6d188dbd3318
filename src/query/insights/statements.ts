import { NetcostError } from '../../errors.js';
import { fieldOf } from '../../flows/fields.js';
import type { NatGatewayFact } from '../../flows/gateways.js';
import type { Layout } from '../../flows/layout.js';
import type { Query } from '../query.js';
import { type AskedSides, sidesOf } from './asked-sides.js';

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

/** A log group, and which of its rows are gateways'. */
export interface InsightsLog {
  /** Of the flow log's format, as DescribeFlowLogs gives it. */
  readonly layout: Layout;
  /** The only interfaces that are looked at; undefined = all. */
  readonly interfaces: readonly string[] | undefined;
  readonly gateways: readonly NatGatewayFact[];
}

/** Names of what a statement gives beside its keys. */
export const SUMS = {
  bytes: 'flowBytesSum',
  packets: 'flowPacketsSum',
  flows: 'flowRecords',
  first: 'flowFirst',
  last: 'flowLast',
} as const;

/** By what rows tell their source, as far as the format has it; nearly the same for all rows of an interface. */
const SOURCE_FIELDS = [
  'account-id',
  'interface-id',
  'resource-id',
  'interface-type',
  'vpc-id',
  'subnet-id',
  'az-id',
  'region',
  'instance-id',
  'ecs-service-name',
];
/** Stand where nobody asks for that end of a flow; of a range for documentation (RFC 5737), so nobody's own. */
const SOMEBODY = '192.0.2.1';
const SOMEWHERE = '192.0.2.2';

/** The name under which a statement has a field: AWS's camel case, and never one that Logs Insights discovers itself. */
export function aliasOf(field: string, index: number): string {
  const known = fieldOf(field)?.name;
  if (known === undefined) return `flowColumn${index}`;
  const words = known.replaceAll(/(src|dst)(addr|port)/g, '$1-$2').split('-');
  return `flow${words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('')}`;
}

const fieldsOf = ({ header }: Layout): readonly string[] =>
  header.split(' ').map((name) => fieldOf(name)?.name ?? name);

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

interface Columns {
  readonly fields: readonly string[];
  readonly has: (field: string) => boolean;
  /** The field as a statement names it. */
  readonly name: (field: string) => string;
  /** What makes columns of an event. */
  readonly parse: string;
}

function columnsOf(layout: Layout): Columns {
  const fields = fieldsOf(layout);
  const aliases = fields.map(aliasOf);
  return {
    fields,
    has: (field) => fields.includes(field),
    name: (field) => aliases[fields.indexOf(field)]!,
    parse: `parse @message "${fields.map(() => '*').join(' ')}" as ${aliases.join(', ')}`,
  };
}

const sourceFields = ({ fields }: Columns): readonly string[] =>
  fields.filter((field) => SOURCE_FIELDS.includes(field) || /^(?:instance|interface|asg)-tag/.test(field));

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

/** Rows of gateways: by the ids that an inventory knows, and by what rows say themselves (versions 9 and 11). */
function sourceFilters({ interfaces, gateways }: InsightsLog, { has, name }: Columns): readonly string[] {
  const ids = gateways.flatMap(({ interfaceIds }) => interfaceIds);
  const tests = [
    ...(ids.length > 0 && has('interface-id') ? [isOneOf(name('interface-id'), ids, /^eni-[0-9a-z]+$/)] : []),
    ...(has('resource-id') ? [`${name('resource-id')} like /^nat-/`] : []),
    ...(has('interface-type') ? [`${name('interface-type')} like /(?i)nat_?gateway$/`] : []),
  ];
  if (tests.length === 0) {
    throw new NetcostError('input', 'Which interfaces are NAT gateways is not known, and the rows do not say it.', {
      hint: 'Name the account in aws.accounts, so that netcost asks EC2 (ec2:DescribeNatGateways), or log with resource-id.',
    });
  }
  return [
    tests.length === 1 ? tests[0]! : `(${tests.join(' or ')})`,
    ...(interfaces !== undefined && has('interface-id')
      ? [isOneOf(name('interface-id'), interfaces, /^eni-[0-9a-z]+$/)]
      : []),
  ];
}

/**
 * Rows in which an address was rewritten, and those in which a leg looks otherwise (flows/legs.ts: IPv6 of NAT64, what
 * regional gateways log). What is left out are rows without a leg: it is read by nobody. Empty where the format tells
 * nothing of packets.
 */
function rewritten({ has, name }: Columns): readonly string[] {
  if (!has('pkt-srcaddr') || !has('pkt-dstaddr') || !has('interface-id')) return [];
  const tests = [
    `${name('srcaddr')} != ${name('pkt-srcaddr')}`,
    `${name('dstaddr')} != ${name('pkt-dstaddr')}`,
    `${name('srcaddr')} like /:/`,
    `${name('interface-id')} = "-"`,
    ...(has('interface-type') ? [`${name('interface-type')} like /(?i)^regional/`] : []),
  ];
  return [`(${tests.join(' or ')})`];
}

interface Side extends Pick<InsightsPart, 'keys' | 'fixed' | 'copied'> {
  /** Which rows are of that direction for sure. */
  readonly shape: readonly string[];
  readonly filters: readonly string[];
}

/**
 * Rows of one direction: the client stands at `near` (src: up), the gateway's own address, for which the packet has the
 * remote, at `far`. Where a gateway has several addresses, the packet's may be one of them: then it is an outside leg.
 */
function side(
  { has, name }: Columns,
  near: 'src' | 'dst',
  far: 'src' | 'dst',
  asked: AskedSides,
  gateways: readonly NatGatewayFact[],
): Side {
  const [client, packetClient] = [`${near}addr`, `pkt-${near}addr`];
  const [own, remote] = [`${far}addr`, `pkt-${far}addr`];
  const service = `pkt-${far}-aws-service`;
  const shape = [
    `${name(own)} != ${name(remote)}`,
    `${name(client)} = ${name(packetClient)}`,
    `${name(remote)} != "-"`,
    `${name(client)} != "-"`,
  ];
  const others = gateways.filter(({ addresses }) => addresses.length > 1).flatMap(({ addresses }) => addresses);
  return {
    shape,
    filters: [
      ...shape,
      ...(asked.remote || others.length === 0 ? [] : [`not (${isOneOf(name(remote), others, /^[0-9a-f.:]+$/i)})`]),
    ],
    keys: [
      own,
      ...(asked.client ? [client] : []),
      ...(asked.remote ? [remote, ...(has(service) ? [service] : [])] : []),
      ...(asked.port && has(`${far}port`) ? [`${far}port`] : []),
    ],
    fixed: {
      ...(asked.client ? {} : { [client]: SOMEBODY, [packetClient]: SOMEBODY }),
      ...(asked.remote ? {} : { [remote]: SOMEWHERE }),
    },
    copied: asked.client ? { [packetClient]: client } : {},
  };
}

const negate = (tests: readonly string[]): string => `not (${tests.join(' and ')})`;

/** Ids and addresses that AWS made, as a list; anything else is refused, so that nothing has to be escaped. */
function isOneOf(column: string, values: readonly string[], form: RegExp): string {
  const odd = values.find((value) => !form.test(value));
  if (odd === undefined) return `${column} in [${[...new Set(values)].map((value) => `"${value}"`).join(', ')}]`;
  throw new NetcostError('internal', `${JSON.stringify(odd)} cannot stand in a question to Logs Insights.`);
}
