import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apportionUsd } from '../../src/pricing/apportion.js';
import { natProcessingUsd, sumUsd, ZERO_USD } from '../../src/pricing/nat-processing.js';
import { NAT_RATES } from '../../src/pricing/nat-rates.js';

describe('natProcessingUsd', () => {
  it('charges a GB of 2^30 bytes at the list price of the gateway’s Region', () => {
    expect(natProcessingUsd(2n ** 30n, 'us-east-1')?.toFixed()).toBe('0.045');
    expect(natProcessingUsd(100n * 2n ** 30n, 'eu-west-1')?.toFixed()).toBe('4.8');
    expect(natProcessingUsd(0n, 'sa-east-1')?.toFixed()).toBe('0');
  });

  it('keeps every digit, also of exabytes', () => {
    expect(natProcessingUsd(1n, 'us-east-1')?.toFixed()).toBe('0.000000000041909515857696533203125');
    const many = natProcessingUsd(2n ** 63n - 1n, 'us-east-1')!;
    expect(many.plus(natProcessingUsd(1n, 'us-east-1')!).toFixed()).toBe('386547056.64');
  });

  it('does not know the charge of an unknown Region, nor of one whose price is not in USD', () => {
    expect(natProcessingUsd(0n, null)).toBeUndefined();
    expect(natProcessingUsd(1n, 'mars-north-1')).toBeUndefined();
    expect(natProcessingUsd(1n, '__proto__')).toBeUndefined();
    expect(natProcessingUsd(1n, 'cn-northwest-1')).toBeUndefined();
  });

  it('has a source and a date for every rate', () => {
    for (const [region, rate] of NAT_RATES) {
      expect(rate.usdPerGb, region).toMatch(/^0\.\d{2,4}$/);
      expect(rate.source, region).not.toBe('');
      expect(rate.asOf, region).toMatch(/^\d{4}(-\d\d-\d\d)?$/);
    }
  });

  it('adds up only where every part is known', () => {
    expect(sumUsd([natProcessingUsd(2n ** 30n, 'us-east-1'), ZERO_USD])?.toFixed()).toBe('0.045');
    expect(sumUsd([ZERO_USD, undefined])).toBeUndefined();
  });
});

describe('apportionUsd', () => {
  it('gives the missing units to the parts that lost most, the earlier one first', () => {
    const third = ZERO_USD.plus(1).div(3);
    expect(apportionUsd([third, third, third], 4)).toEqual({ parts: ['0.3334', '0.3333', '0.3333'], total: '1.0000' });
    expect(apportionUsd([new Decimal('0.00004'), new Decimal('0.00003')], 4)).toEqual({
      parts: ['0.0001', '0.0000'],
      total: '0.0001',
    });
  });

  it('has no total where a part has no price; the others keep theirs', () => {
    expect(apportionUsd([new Decimal('1.5'), undefined])).toEqual({ parts: ['1.500000', undefined], total: undefined });
    expect(apportionUsd([])).toEqual({ parts: [], total: '0.000000' });
  });

  it('adds up digit by digit to the exact sum rounded once, each part within one unit of its charge', () => {
    const regions = [...NAT_RATES.keys()];
    const charge = fc
      .tuple(fc.bigInt(0n, 2n ** 63n), fc.constantFrom(...regions))
      .map(([bytes, region]) => natProcessingUsd(bytes, region)!);
    fc.assert(
      fc.property(fc.array(charge, { maxLength: 40 }), fc.integer({ min: 4, max: 8 }), (charges, decimals) => {
        const { parts, total } = apportionUsd(charges, decimals);
        const exact = sumUsd(charges)!;
        expect(total).toBe(exact.toFixed(decimals, Decimal.ROUND_HALF_UP));
        expect(parts.reduce((sum, part) => sum.plus(part!), ZERO_USD).toFixed(decimals)).toBe(total);
        parts.forEach((part, i) => {
          expect(charges[i]!.minus(part!).abs().lte(new Decimal(10).pow(-decimals))).toBe(true);
        });
      }),
    );
  });
});
