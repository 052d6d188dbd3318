import { NetcostError } from '../../errors.js';
import { fieldOf } from '../../flows/fields.js';
import type { NatGatewayFact } from '../../flows/gateways.js';
import type { Layout } from '../../flows/layout.js';
import type { AskedSides } from './asked-sides.js';

/** A log group, and which of its rows are gateways'. */
export interface InsightsLog {
  /** Of the flow log's format, as DescribeFlowLogs gives it. */
  readonly layout: Layout;
  /** The only interfaces that are looked at; undefined = all. */
  readonly interfaces: readonly string[] | undefined;
  readonly gateways: readonly NatGatewayFact[];
}

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
export const SOMEBODY = '192.0.2.1';
export const SOMEWHERE = '192.0.2.2';

/** The name under which a statement has a field: AWS's camel case, and never one that Logs Insights discovers itself. */
export function aliasOf(field: string, index: number): string {
  const known = fieldOf(field)?.name;
  if (known === undefined) return `flowColumn${index}`;
  const words = known.replaceAll(/(src|dst)(addr|port)/g, '$1-$2').split('-');
  return `flow${words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('')}`;
}

const fieldsOf = ({ header }: Layout): readonly string[] =>
  header.split(' ').map((name) => fieldOf(name)?.name ?? name);

export interface Columns {
  readonly fields: readonly string[];
  readonly has: (field: string) => boolean;
  /** The field as a statement names it. */
  readonly name: (field: string) => string;
  /** What makes columns of an event. */
  readonly parse: string;
}

/** The columns of an event, as a statement names them. */
export function columnsOf(layout: Layout): Columns {
  const fields = fieldsOf(layout);
  const aliases = fields.map(aliasOf);
  return {
    fields,
    has: (field) => fields.includes(field),
    name: (field) => aliases[fields.indexOf(field)]!,
    parse: `parse @message "${fields.map(() => '*').join(' ')}" as ${aliases.join(', ')}`,
  };
}

/** The fields of a format by which rows tell their source. */
export const sourceFields = ({ fields }: Columns): readonly string[] =>
  fields.filter((field) => SOURCE_FIELDS.includes(field) || /^(?:instance|interface|asg)-tag/.test(field));

/** Rows of gateways: by the ids that an inventory knows, and by what rows say themselves (versions 9 and 11). */
export function sourceFilters({ interfaces, gateways }: InsightsLog, { has, name }: Columns): readonly string[] {
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
export function rewritten({ has, name }: Columns): readonly string[] {
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

/** Rows of one direction, and how lines are made of them (statements.ts). */
interface Side {
  readonly keys: readonly string[];
  readonly fixed: Readonly<Record<string, string>>;
  readonly copied: Readonly<Record<string, string>>;
  /** Which rows are of that direction for sure. */
  readonly shape: readonly string[];
  readonly filters: readonly string[];
}

/**
 * Rows of one direction: the client stands at `near` (src: up), the gateway's own address, for which the packet has the
 * remote, at `far`. Where a gateway has several addresses, the packet's may be one of them: then it is an outside leg.
 */
export function side(
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

export const negate = (tests: readonly string[]): string => `not (${tests.join(' and ')})`;

/** Ids and addresses that AWS made, as a list; anything else is refused, so that nothing has to be escaped. */
function isOneOf(column: string, values: readonly string[], form: RegExp): string {
  const odd = values.find((value) => !form.test(value));
  if (odd === undefined) return `${column} in [${[...new Set(values)].map((value) => `"${value}"`).join(', ')}]`;
  throw new NetcostError('internal', `${JSON.stringify(odd)} cannot stand in a question to Logs Insights.`);
}
