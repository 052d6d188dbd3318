import { Decimal } from 'decimal.js';
import type { BudgetTold } from '../state/budgets.js';
import { isoTime } from '../units.js';
import type { MonthForecast } from './forecast.js';

/** The shares of a budget at which its channel is told, in per cent. */
const BUDGET_LEVELS = [50, 80, 100] as const;

/** How a budget stands in the month. All dollars are decimal strings. */
export interface BudgetStanding {
  /** `2026-11`. */
  readonly month: string;
  readonly budgetUsd: string;
  /** Undefined where a part of the bytes has no price, or where nothing is known of the month. */
  readonly spentUsd: string | undefined;
  /** Spent of the budget in per cent, rounded down: what is not reached is not said. */
  readonly percent: number | undefined;
  /** The highest level that is reached; 0 for none. */
  readonly level: number;
  /** Where the month ends if it goes on like this; undefined where that cannot be said. */
  readonly forecastUsd: string | undefined;
  readonly forecastPercent: number | undefined;
  /** The forecast is above the budget, and learnt from enough days to say so unasked. */
  readonly isForecastAbove: boolean;
  /** Hours of the month that no log tells of: what is spent is a lower bound. */
  readonly gapHours: number;
}

/** One thing to post about a budget. */
export type BudgetNews = { readonly kind: 'level'; readonly level: number } | { readonly kind: 'forecast' };

/** A forecast of fewer days is shown when asked for, and wakes nobody. */
const MIN_LEARNT_DAYS = 7;

/** Holds the month against the budget. Pure. */
export function judgeBudget(budgetUsd: string, month: MonthForecast): BudgetStanding {
  const percentOf = (usd: string) => new Decimal(usd).times(100).div(budgetUsd).floor().toNumber();
  const spentUsd = month.knownHours > 0 ? month.soFar.usd : undefined;
  const percent = spentUsd === undefined ? undefined : percentOf(spentUsd);
  const forecastUsd = month.whole?.usd;
  return {
    month: isoTime(month.monthFromMs).slice(0, 7),
    budgetUsd,
    spentUsd,
    percent,
    level: BUDGET_LEVELS.findLast((level) => percent !== undefined && percent >= level) ?? 0,
    forecastUsd,
    forecastPercent: forecastUsd === undefined ? undefined : percentOf(forecastUsd),
    isForecastAbove:
      forecastUsd !== undefined && month.learntDays >= MIN_LEARNT_DAYS && new Decimal(forecastUsd).gt(budgetUsd),
    gapHours: month.gapHours,
  };
}

/**
 * What is to be said now that was not said before in this month: the highest level reached (those below it are no news
 * any more), and once that the forecast is above the budget, as long as the budget itself is not used up.
 */
export function budgetNews(standing: BudgetStanding, told: BudgetTold): readonly BudgetNews[] {
  const before = told.month === standing.month ? told : { level: 0, forecast: false };
  const isUsedUp = Math.max(standing.level, before.level) >= 100;
  return [
    ...(standing.level > before.level ? [{ kind: 'level', level: standing.level } as const] : []),
    ...(standing.isForecastAbove && !before.forecast && !isUsedUp ? [{ kind: 'forecast' } as const] : []),
  ];
}

/** What was said, with one thing more. */
export function addTold(told: BudgetTold, month: string, news: BudgetNews): BudgetTold {
  const before = told.month === month ? told : { month, level: 0, forecast: false };
  return news.kind === 'level'
    ? { ...before, level: Math.max(before.level, news.level) }
    : { ...before, forecast: true };
}
