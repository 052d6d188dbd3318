import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLegColumns } from '../../src/flows/legs.js';
import { createParser } from '../../src/flows/parse-lines.js';
import { lineOf, natLegs, type Row, V5, V11 } from '../fixtures/small-bucket.js';

const [inside] = natLegs({ client: '10.0.1.5', remote: '203.0.113.5', up: 5001, own: '10.0.0.220' });
const NO_DATA = { srcaddr: '-', dstaddr: '-', 'pkt-srcaddr': '-', 'pkt-dstaddr': '-', 'log-status': 'NODATA' };

/** Rows with data, and without, of each interface and tag, as the parser finds them. */
function countsOf(fields: string, rows: readonly Row[]): ReadonlyMap<string, readonly [number, number]> {
  const parser = createParser(createLegColumns(8), new Set());
  parser.begin({ objectId: 1, flowLogId: 'fl-0a', accountId: '', region: '' });
  parser.feed(Buffer.from(`${fields}\n${rows.map((one) => lineOf(fields, one)).join('\n')}\n`));
  const { presence } = parser.end();
  const { contexts } = parser.batch();
  const counts = new Map<string, [number, number]>();
  for (const { context, ok, noData } of presence) {
    const { interfaceId, tags } = contexts.get(context)!;
    const key = `${interfaceId} ${tags.join(',')}`;
    const [data, none] = counts.get(key) ?? [0, 0];
    counts.set(key, [data + ok, none + noData]);
  }
  return counts;
}

describe('the source of a row', () => {
  it('is found among any number of others, in any order, with long keys and short ones', () => {
    const told = fc.record({ nth: fc.nat(300), tag: fc.constantFrom('', 'a', 'b'.repeat(256), 'c'.repeat(1_400)) });
    fc.assert(
      fc.property(fc.array(told, { minLength: 1, maxLength: 400 }), (all) => {
        const rows = all.map(({ nth, tag }) => ({
          ...inside!,
          'interface-id': `eni-${nth}`,
          'instance-tag': tag === '' ? '-' : tag,
          'instance-id': '-',
        }));
        const wanted = new Map<string, [number, number]>();
        for (const { nth, tag } of all)
          wanted.set(`eni-${nth} ${tag}`, [(wanted.get(`eni-${nth} ${tag}`)?.[0] ?? 0) + 1, 0]);
        expect(countsOf(V11, rows)).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });

  it('differs in every byte of its key, the first of a long id too', () => {
    const ids = ['eni-1aaaaaaaaaaaaaaaa', 'eni-2aaaaaaaaaaaaaaaa', 'eni-1aaaaaaaaaaaaaaab', 'eni-1aaaaaaaaaaaaaaaaa'];
    const rows = [...ids, ...ids, ...ids].map((id) => ({ ...inside!, 'interface-id': id }));
    expect(countsOf(V5, rows)).toEqual(new Map(ids.map((id) => [`${id} `, [3, 0]])));
  });

  it('that began without data is the true one once there is data', () => {
    const named = { ...inside!, 'interface-id': 'eni-1', 'vpc-id': '-', 'subnet-id': '-', 'az-id': '-', region: '-' };
    const rows = [{ ...named, ...NO_DATA }, named, { ...named, ...NO_DATA }, named];
    expect(countsOf(V5, rows)).toEqual(new Map([['eni-1 ', [2, 2]]]));
  });
});
