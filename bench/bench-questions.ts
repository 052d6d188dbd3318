import type { LogTruth } from './generate-logs.js';

/** The questions that are measured, by the name of their line in the table; USUAL and LARGEST stand for teams' names. */
export const BENCH_QUESTIONS = {
  'team 24 h by service': 'team=USUAL since=24h by=service',
  'team 24 h by remote': 'team=USUAL since=24h by=remote',
  'team 7 d by service': 'team=USUAL since=7d by=service',
  'team 7 d by remote': 'team=USUAL since=7d by=remote',
  'largest team 24 h by service': 'team=LARGEST since=24h by=service',
  'largest team 24 h by remote': 'team=LARGEST since=24h by=remote',
  'largest team 7 d by service': 'team=LARGEST since=7d by=service',
  'largest team 7 d by remote': 'team=LARGEST since=7d by=remote',
  'all pairs 7 d': 'since=7d by=pair',
  'all teams 24 h': 'since=24h by=team top=100',
} as const;

export type BenchQuestion = keyof typeof BENCH_QUESTIONS;

/** The team whose bytes are nearest to the mean of all, and the one with the most. */
export function benchTeams({ bytesOfTeam }: LogTruth): { readonly usual: string; readonly largest: string } {
  const teams = Object.entries(bytesOfTeam).map(([team, days]) => ({
    team,
    bytes: days.reduce((sum, bytes) => sum + Number(bytes), 0),
  }));
  const mean = teams.reduce((sum, { bytes }) => sum + bytes, 0) / teams.length;
  teams.sort((a, b) => Math.abs(a.bytes - mean) - Math.abs(b.bytes - mean));
  const largest = teams.reduce((most, one) => (one.bytes > most.bytes ? one : most));
  return { usual: teams[0]!.team, largest: largest.team };
}

/** The text of a question, with the names of its teams. */
export function textOf(question: BenchQuestion, truth: LogTruth): string {
  const { usual, largest } = benchTeams(truth);
  return BENCH_QUESTIONS[question].replace('USUAL', usual).replace('LARGEST', largest);
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The smallest of the values that at least this part of them does not exceed. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
