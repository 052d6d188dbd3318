import ipaddr from 'ipaddr.js';
import { NetcostError } from '../../errors.js';
import { addressId } from '../../flows/addresses.js';
import { quoteLiteral } from '../../rollups/duckdb.js';
import { PROTOCOL_NAMES } from '../dimensions.js';
import type { FilterKey, FilterValue, Query } from '../query.js';
import { athenaDimension, clientColumn } from './dimensions.js';

/** What filters need to know beside the question. */
export interface FilterFacts {
  readonly labels: ReadonlySet<string>;
  /** Numbers of the sources that go by a name of a gateway, in lower case. */
  readonly sourcesOf: (natName: string) => readonly number[];
  /** IPv6 addresses of the surveyed stretch. */
  readonly ipv6: readonly string[];
}

/** The filters of a question over the rows of compile.ts: values are an OR, exclusions an AND that keeps the unknown. */
export function filtersSql(query: Pick<Query, 'where'>, facts: FilterFacts): readonly string[] {
  return [...query.where].flatMap(([key, values]) => {
    const test = ({ value }: FilterValue): string => testSql(key, value, facts);
    const wanted = values.filter((value) => !value.negated).map(test);
    const unwanted = values.filter((value) => value.negated).map((value) => `coalesce(not (${test(value)}), true)`);
    return [...(wanted.length > 0 ? [`(${wanted.join(' or ')})`] : []), ...unwanted];
  });
}

function testSql(key: FilterKey, value: string, facts: FilterFacts): string {
  const lower = value.toLowerCase();
  switch (key) {
    case 'client':
      return rangeSql('near', value, facts.ipv6);
    case 'remote':
      return rangeSql('far', value, facts.ipv6);
    case 'port':
      return `port = ${wholeNumber(value)}`;
    case 'direction':
      return lower === 'up' ? 'up' : 'not up';
    case 'protocol':
      return `protocol = ${PROTOCOL_NAMES.find(([, name]) => name === lower)?.[0] ?? wholeNumber(value)}`;
    case 'team':
      return lower === 'unattributed'
        ? `${clientColumn('team')} is null`
        : `lower(${clientColumn('team')}) = ${quoteLiteral(lower)}`;
    case 'nat': {
      const sources = facts.sourcesOf(lower);
      return sources.length === 0 ? 'false' : `source_no in (${sources.join(', ')})`;
    }
    default:
      return `lower(${athenaDimension(key, facts.labels).sql}) = ${quoteLiteral(lower)}`;
  }
}

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new NetcostError('usage', `${value} is no number.`);
  return Number(value);
}

/** An address or a CIDR range; IPv6 by the addresses that there are. */
function rangeSql(column: 'near' | 'far', value: string, ipv6: readonly string[]): string {
  const [address, length] = value.split('/') as [string, string | undefined];
  const id = addressId(address);
  if (id === undefined) throw new NetcostError('usage', `${value} is no address and no range.`);
  if (ipaddr.IPv4.isValid(address) || (length === undefined && id < 4294967296n)) {
    const size = 2n ** BigInt(32 - (length === undefined ? 32 : wholeNumber(length)));
    const first = (id / size) * size;
    return size === 1n ? `${column} = ${first}` : `${column} between ${first} and ${first + size - 1n}`;
  }
  const [range, bits] = ipaddr.parseCIDR(length === undefined ? `${address}/128` : value);
  const within = ipv6.filter((one) => {
    const parsed = ipaddr.parse(one);
    return parsed.kind() === range.kind() && parsed.match(range, bits);
  });
  return within.length === 0 ? 'false' : `${column}6 in (${within.map(quoteLiteral).join(', ')})`;
}
