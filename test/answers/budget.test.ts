import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addTold, type BudgetNews, budgetNews, judgeBudget } from '../../src/answers/budget.js';
import { readBudgetRequest } from '../../src/answers/budget-words.js';
import type { MonthForecast } from '../../src/answers/forecast.js';
import type { BudgetTold } from '../../src/state/budgets.js';

const NOVEMBER = { monthFromMs: Date.parse('2026-11-01T00:00:00Z'), monthToMs: Date.parse('2026-12-01T00:00:00Z') };
const NOTHING: BudgetTold = { month: '', level: 0, forecast: false };

function month(spent: string | undefined, whole?: string, more: Partial<MonthForecast> = {}): MonthForecast {
  return {
    ...NOVEMBER,
    soFar: spent === undefined ? { bytes: 1n } : { bytes: 1n, usd: spent },
    whole: whole === undefined ? undefined : { bytes: 2n, usd: whole },
    learntDays: 20,
    knownHours: 480,
    gapHours: 0,
    ...more,
  };
}

describe('the words of a budget', () => {
  it.each([
    ['team=payments $500/month', { kind: 'set', team: 'payments', usd: '500', channel: undefined }],
    ['team=payments $500', { kind: 'set', team: 'payments', usd: '500', channel: undefined }],
    [
      '$1,200.50 per month team="Data Platform"',
      { kind: 'set', team: 'Data Platform', usd: '1200.5', channel: undefined },
    ],
    ['2.5k/month', { kind: 'set', team: undefined, usd: '2500', channel: undefined }],
    [
      'team=payments USD 500 / month in <#C0PAY0001|payments-oncall>',
      { kind: 'set', team: 'payments', usd: '500', channel: 'C0PAY0001' },
    ],
    ['team=payments 500$ a month in #payments', { kind: 'set', team: 'payments', usd: '500', channel: 'payments' }],
    ['remove team=payments', { kind: 'remove', team: 'payments' }],
    ['remove', { kind: 'remove', team: undefined }],
    ['', { kind: 'list' }],
    ['list', { kind: 'list' }],
  ])('%s', (text, expected) => {
    expect(readBudgetRequest(text)).toEqual(expected);
  });

  it.each([
    ['team=payments', 'The amount is missing.'],
    ['team=payments $0', 'A budget is more than nothing.'],
    ['team=payments -5', '"-5" is no amount.'],
    ['team=payments lots', '"lots" is no amount.'],
    ['team=payments $500/day', 'A budget is for a month, and "$500/day" is not.'],
    ['team=payments 500€/month', '"500€/month" is not in US dollars, which is what AWS charges.'],
    ['team=a,b $500', 'A budget is for one team.'],
    ['team=!a $500', 'A budget is for one team.'],
    ['service=S3 $500', 'A budget is for a team, and "service" is none.'],
    ['remove team=payments now', '"now" is not understood after remove.'],
    ['team=a $1 in #b in #c', 'A budget has one channel.'],
    ['team=a 99999999999999', '"99999999999999" is more than a budget can be.'],
  ])('%s is refused with words', (text, message) => {
    expect(() => readBudgetRequest(text)).toThrow(message);
  });
});

describe('a budget in its month', () => {
  it.each([
    ['0', 0, 0],
    ['249.9999', 49, 0],
    ['250', 50, 50],
    ['399.99', 79, 50],
    ['400', 80, 80],
    ['499.999999', 99, 80],
    ['500', 100, 100],
    ['1750', 350, 100],
  ])('of $500, $%s is %i %% and level %i', (spent, percent, level) => {
    expect(judgeBudget('500', month(spent))).toMatchObject({ month: '2026-11', percent, level });
  });

  it('says nothing of bytes without a price', () => {
    const standing = judgeBudget('500', month(undefined));
    expect(standing).toMatchObject({ spentUsd: undefined, percent: undefined, level: 0, isForecastAbove: false });
    expect(budgetNews(standing, NOTHING)).toEqual([]);
  });

  it('tells the highest level reached, and each level once a month', () => {
    const at = (spent: string) => judgeBudget('500', month(spent));
    expect(budgetNews(at('420'), NOTHING)).toEqual([{ kind: 'level', level: 80 }]);
    const told = addTold(NOTHING, '2026-11', { kind: 'level', level: 80 });
    expect(budgetNews(at('430'), told)).toEqual([]);
    // An owner was corrected, and the spending with it: what was said is not said again.
    expect(budgetNews(at('260'), told)).toEqual([]);
    expect(budgetNews(at('510'), told)).toEqual([{ kind: 'level', level: 100 }]);
    expect(budgetNews(at('260'), { ...told, month: '2026-10' })).toEqual([{ kind: 'level', level: 50 }]);
  });

  it('tells a forecast above the budget once, unless the budget is used up or the forecast is young', () => {
    const at = (spent: string, learntDays = 20) => judgeBudget('500', month(spent, '640', { learntDays }));
    expect(budgetNews(at('100'), NOTHING)).toEqual([{ kind: 'forecast' }]);
    expect(budgetNews(at('100'), addTold(NOTHING, '2026-11', { kind: 'forecast' }))).toEqual([]);
    expect(budgetNews(at('501'), NOTHING)).toEqual([{ kind: 'level', level: 100 }]);
    expect(budgetNews(at('100', 6), NOTHING)).toEqual([]);
    expect(at('100')).toMatchObject({ forecastUsd: '640', forecastPercent: 128 });
  });

  it('tells each thing at most once, in whatever order the month goes', () => {
    const step = fc.record({ spent: fc.integer({ min: 0, max: 900 }), whole: fc.integer({ min: 0, max: 900 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const said: string[] = [];
        let told = NOTHING;
        for (const { spent, whole } of steps) {
          const standing = judgeBudget('500', month(String(spent), String(Math.max(spent, whole))));
          for (const news of budgetNews(standing, told)) {
            said.push(JSON.stringify(news satisfies BudgetNews));
            told = addTold(told, standing.month, news);
          }
          expect(told.level).toBeGreaterThanOrEqual(standing.level);
        }
        expect(new Set(said).size).toBe(said.length);
      }),
    );
  });
});
