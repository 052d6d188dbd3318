import { fieldOf } from './fields.js';

/** What a log format lacks, and what is not answered for that. */
export interface FormatAdvice {
  /** Without these no byte can be counted. */
  readonly missing: readonly string[];
  /** One line each: what is not known for a field that is not there. */
  readonly unknown: readonly string[];
}

const NEEDED = ['srcaddr', 'dstaddr', 'bytes', 'start'] as const;
const USEFUL: readonly (readonly [fields: readonly string[], unknown: string])[] = [
  [['pkt-srcaddr', 'pkt-dstaddr'], 'remotes and services are not known'],
  [['action'], 'rejected flows are counted'],
  [['log-status'], 'records that AWS skipped are not seen'],
  [['interface-id', 'resource-id'], 'gateways are not told apart'],
  [['az-id'], 'zones need the inventory'],
  [['flow-direction'], 'directions are found from addresses'],
];

/** Looks at the fields of a format, in any order, with hyphens or underscores; `resource-id` does for `interface-id`. */
export function adviseOnFormat(format: readonly string[]): FormatAdvice {
  const has = new Set(format.flatMap((name) => fieldOf(name)?.name ?? []));
  return {
    missing: NEEDED.filter((name) => !has.has(name)),
    unknown: USEFUL.flatMap(([fields, unknown]) => {
      const isAnyEnough = fields.includes('interface-id');
      const isThere = isAnyEnough ? fields.some((name) => has.has(name)) : fields.every((name) => has.has(name));
      return isThere ? [] : [`without ${fields.join(isAnyEnough ? ' or ' : ' and ')} ${unknown}`];
    }),
  };
}

/** The names in a `LogFormat` as DescribeFlowLogs gives it: `${version} ${account-id} …`. */
export function readLogFormat(text: string): readonly string[] {
  return [...text.matchAll(/\$\{([a-z0-9-]+)\}/g)].map(([, name]) => name!);
}
