import { NetcostError } from '../../errors.js';
import { fieldOf } from '../../flows/fields.js';
import type { Layout } from '../../flows/layout.js';
import { aliasOf } from './gateway-rows.js';
import { type InsightsPart, SUMS } from './statements.js';

/** A row of a result: values by the names of the statement. */
export type InsightsRow = ReadonlyMap<string, string>;

/**
 * A line stands for many records, and has no column for how many: the number stands above the packets in that column.
 * 2^44 packets are a month at 6.5 million a second; what does not fit goes into further lines without bytes.
 */
const PACKET_BITS = 44n;
const MOST_PACKETS = 2n ** PACKET_BITS - 1n;
const MOST_RECORDS = 2n ** 18n - 1n;
/** Rows without data, lost or refused, that are written one by one: more of them are no accident. */
const MOST_REPEATED = 2_000_000;

/** Legs of lines that stand for many records, as an SQL relation with their true packets and flows (rollups/relations.ts). */
export const unweighLegs = (relation: string): string =>
  `(select * replace (packets & ${MOST_PACKETS} as packets, packets >> ${PACKET_BITS} as flows) from ${relation})`;

/** The header of the lines: the format's, with a column for packets where it has none. */
export function headerOf({ header }: Layout): string {
  return header.split(' ').some((name) => fieldOf(name)?.name === 'packets') ? header : `${header} packets`;
}

/**
 * Makes lines of a flow log of what a statement gave, so that the embedded engine reads sums as it reads records.
 * @throws NetcostError 'upstream' for a sum that is no whole number.
 */
export function linesOf(layout: Layout, part: InsightsPart, rows: readonly InsightsRow[]): string[] {
  const fields = headerOf(layout)
    .split(' ')
    .map((name) => fieldOf(name)?.name ?? name);
  const aliases = fields.map(aliasOf);
  const lines: string[] = [];
  for (const row of rows) {
    const textOf = (field: string): string => {
      if (part.keys.includes(field)) return row.get(aliases[fields.indexOf(field)]!) || '-';
      const source = part.copied[field];
      return source === undefined ? (part.fixed[field] ?? '-') : textOf(source);
    };
    const first = String(wholeNumber(row, SUMS.first));
    const line = (bytes: string, packets: bigint, end: string): string =>
      fields
        .map((field) => {
          switch (field) {
            case 'start':
              return first;
            case 'end':
              return end;
            case 'bytes':
              return bytes;
            case 'packets':
              return String(packets);
            default:
              return withoutBlanks(textOf(field));
          }
        })
        .join(' ');
    const flows = wholeNumber(row, SUMS.flows);
    if (part.name === 'coverage') {
      const isThere = !/^(?:NODATA|SKIPDATA)$/.test(textOf('log-status')) && textOf('action') !== 'REJECT';
      const times = isThere ? 1 : Number(flows);
      if (lines.length + times > MOST_REPEATED) {
        throw new NetcostError('upstream', `The window has more than ${MOST_REPEATED} rows without data or refused.`, {
          hint: 'Ask for a shorter window, or let the embedded engine read the log group.',
        });
      }
      const one = line('0', 0n, String(wholeNumber(row, SUMS.last)));
      for (let n = 0; n < times; n++) lines.push(one);
      continue;
    }
    const packets = row.has(SUMS.packets) ? wholeNumber(row, SUMS.packets) : 0n;
    let [bytes, leftPackets, leftFlows] = [String(wholeNumber(row, SUMS.bytes)), packets, flows];
    while (leftFlows > 0n || leftPackets > 0n) {
      const [some, records] = [min(leftPackets, MOST_PACKETS), min(leftFlows, MOST_RECORDS)];
      lines.push(line(bytes, (records << PACKET_BITS) + some, first));
      bytes = '0';
      leftPackets -= some;
      leftFlows -= records;
    }
  }
  return lines;
}

/** Whether a sum is so large that its last digits are lost: Logs Insights counts in doubles. */
export const isRounded = (rows: readonly InsightsRow[]): boolean =>
  rows.some((row) => [SUMS.bytes, SUMS.packets].some((name) => Number(row.get(name) ?? 0) > Number.MAX_SAFE_INTEGER));

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** A value of a line can have no blank; AWS writes none (a service of two words would be two columns). */
const withoutBlanks = (value: string): string => (/\s/.test(value) ? '-' : value);

/** Logs Insights counts in doubles, exact below 2^53, and writes large ones as 1.2345E10. */
function wholeNumber(row: InsightsRow, name: string): bigint {
  const text = row.get(name) ?? '';
  const match = /^(\d+)(?:\.(\d+))?(?:[eE]\+?(\d{1,2}))?$/.exec(text);
  if (match) {
    const [, whole = '', fraction = '', exponent = '0'] = match;
    const shift = Number(exponent);
    const digits = fraction.replace(/0+$/, '');
    if (digits.length <= shift) return BigInt(`${whole}${digits.padEnd(shift, '0')}`);
  }
  throw new NetcostError(
    'upstream',
    `Logs Insights gave ${JSON.stringify(text.slice(0, 40))} for ${name}, which is no whole number.`,
    {
      hint: 'Let the embedded engine read the log group: leave engine out of data.logGroups.',
    },
  );
}
