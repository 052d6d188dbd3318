import { fieldOf } from './fields.js';

/** Where each field that the parser reads stands in a line: an index, or -1 where the format lacks it. */
export interface Layout {
  readonly columns: number;
  /** The header as it stood, one blank between the names. */
  readonly header: string;
  readonly at: Readonly<Record<ColumnName, number>>;
  /** Columns whose values together tell one source context (interface, zone, tags, next hop). */
  readonly contextColumns: readonly number[];
  readonly isTransitGateway: boolean;
}

const READ_COLUMNS = [
  'account-id',
  'interface-id',
  'srcaddr',
  'dstaddr',
  'srcport',
  'dstport',
  'protocol',
  'packets',
  'bytes',
  'start',
  'end',
  'action',
  'log-status',
  'vpc-id',
  'subnet-id',
  'instance-id',
  'pkt-srcaddr',
  'pkt-dstaddr',
  'region',
  'az-id',
  'pkt-src-aws-service',
  'pkt-dst-aws-service',
  'flow-direction',
  'traffic-path',
  'resource-id',
  'interface-type',
  'ecs-service-name',
  'ecs-task-id',
  'instance-tag',
  'instance-tag-2',
  'interface-tag',
  'interface-tag-2',
  'asg-tag',
  'asg-tag-2',
  'next-hop-interface-id',
  'next-hop-az-id',
  'next-hop-vpc-id',
  'next-hop-interface-type',
  'tgw-id',
  'tgw-src-vpc-account-id',
  'tgw-dst-vpc-account-id',
  'tgw-src-vpc-id',
  'tgw-dst-vpc-id',
  'tgw-src-az-id',
  'tgw-dst-az-id',
] as const;
export type ColumnName = (typeof READ_COLUMNS)[number];

/** What varies between rows of one interface, so that it belongs to the identity of a context. */
const CONTEXT_COLUMNS: readonly ColumnName[] = [
  'interface-id',
  'resource-id',
  'next-hop-interface-id',
  'next-hop-interface-type',
  'instance-tag',
  'instance-tag-2',
  'interface-tag',
  'interface-tag-2',
  'asg-tag',
  'asg-tag-2',
  'ecs-service-name',
];

/** Without these there is nothing to count. */
const NEEDED: readonly ColumnName[] = ['srcaddr', 'dstaddr', 'bytes', 'start'];

/**
 * Reads a header line into a layout; undefined where the line is no header of a flow log. Unknown columns keep their
 * place (they are read by nobody), so a field that AWS adds tomorrow breaks nothing.
 */
export function readLayout(line: string): Layout | undefined {
  // Thousands of objects have one header.
  if (line !== lastLine) {
    lastLayout = makeLayout(line);
    lastLine = line;
  }
  return lastLayout;
}

let lastLine = '';
let lastLayout: Layout | undefined;

function makeLayout(line: string): Layout | undefined {
  const names = line.trim().split(/\s+/);
  if (names.length < 4) return undefined;
  const known = names.map((name) => fieldOf(name)?.name);
  // A line of data can hold a word that is a field's name by chance, never most of them.
  if (known.filter((name) => name !== undefined).length * 2 < names.length) return undefined;
  const at = Object.fromEntries(READ_COLUMNS.map((name) => [name, known.indexOf(name)])) as Record<ColumnName, number>;
  if (NEEDED.some((name) => at[name] < 0)) return undefined;
  const isTransitGateway = at['tgw-id'] >= 0;
  const contextNames = [...CONTEXT_COLUMNS, ...regionalColumns(at)];
  return {
    columns: names.length,
    header: names.join(' '),
    at,
    contextColumns: contextNames.map((name) => at[name]).filter((index) => index >= 0),
    isTransitGateway,
  };
}

/** By what rows without an interface (of regional gateways) are told apart: their zone, and the VPC where no id stands. */
function regionalColumns(at: Layout['at']): readonly ColumnName[] {
  if (at['interface-id'] >= 0 && at['resource-id'] >= 0) return ['az-id'];
  return at['interface-id'] < 0 || at['interface-type'] >= 0 ? ['az-id', 'vpc-id', 'interface-type'] : [];
}

/** A layout from a LogFormat as DescribeFlowLogs gives it: "${srcaddr} ${dstaddr} …". */
export function layoutOfFormat(logFormat: string): Layout | undefined {
  return readLayout(logFormat.replaceAll(/\$\{([^}]*)\}/g, '$1'));
}
