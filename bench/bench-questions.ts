/** The questions that are measured, by the name of their line in the table. `TEAM` stands for a team's name. */
export const BENCH_QUESTIONS = {
  'team 24 h by service': 'team=TEAM since=24h by=service',
  'team 24 h by remote': 'team=TEAM since=24h by=remote',
  'team 7 d by service': 'team=TEAM since=7d by=service',
  'team 7 d by remote': 'team=TEAM since=7d by=remote',
  'all pairs 7 d': 'since=7d by=pair',
  'all teams 24 h': 'since=24h by=team top=100',
} as const;

export type BenchQuestion = keyof typeof BENCH_QUESTIONS;

/** The team that is asked about: the first, which has the most subnets and the most rows. */
export const BENCH_TEAM = 'payments';

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The smallest of the values that at least this part of them does not exceed. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
