import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyOf, natLegs, openBucket, type SmallBucket, textOf, V5 } from '../fixtures/small-bucket.js';

const GB = 2n ** 30n;
const of = (region: string, client: string, up: bigint) =>
  natLegs({
    client,
    remote: '198.18.0.1',
    up,
    more: { region, 'interface-id': `eni-0${region}`, 'vpc-id': `vpc-0${region}` },
  });

let bucket: SmallBucket;
beforeAll(async () => {
  bucket = await openBucket();
  await bucket.put({
    [keyOf()]: textOf(V5, [...of('us-east-1', '10.20.1.10', 10n * GB), ...of('us-east-1', '10.20.1.11', 1n)]),
    [keyOf({ region: 'sa-east-1', log: 'fl-0bbbbbbbb' })]: textOf(V5, of('sa-east-1', '10.20.1.10', 10n * GB)),
    [keyOf({ region: 'xx-nowhere-9', log: 'fl-0cccccccc' })]: textOf(V5, of('xx-nowhere-9', '10.20.1.12', GB)),
  });
  await bucket.ingest();
});
afterAll(() => bucket.remove());

describe('money over several Regions', () => {
  it('takes the price of each gateway and leaves out what has none', async () => {
    const { rows, total, caveats } = await bucket.ask('by=nat');
    expect(rows.map(({ key, usd }) => [key.nat, usd])).toEqual([
      ['eni-0us-east-1', '0.450000'],
      ['eni-0sa-east-1', '0.930000'],
      ['eni-0xx-nowhere-9', undefined],
    ]);
    expect(total.usd).toBeUndefined();
    expect(caveats.join(' ')).toContain('NAT data processing in xx-nowhere-9;');
  });

  it('adds up where every part has a price, to the last digit', async () => {
    const { rows, rest, total } = await bucket.ask('by=client client=10.20.1.10,10.20.1.11 top=1');
    expect(total.usd).toBe('1.380000');
    const units = [rows[0]!.usd, rest.usd].map((usd) => BigInt(usd!.replace('.', '')));
    expect(units[0]! + units[1]!).toBe(1_380_000n);
  });
});
