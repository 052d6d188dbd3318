/** One line of the table: what is measured, what it must not exceed (or fall below), and what is aimed at. */
export interface EngineTarget {
  readonly name: string;
  readonly unit: '× floor' | 'MB' | 'ms' | '× faster' | 'B';
  readonly must?: number;
  readonly aim?: number;
  /** True where more is better. */
  readonly isAtLeast?: true;
  /** Rows from which it is judged: what is smaller measures how a process starts. */
  readonly judgedFrom?: number;
}

/** Issue 5 of the project; the figures behind them: docs/speed.md. */
export const ENGINE_TARGETS: readonly EngineTarget[] = [
  { name: 'ingest', unit: '× floor', must: 1.6, aim: 1.1, judgedFrom: 10_000_000 },
  { name: 'ingest, peak memory', unit: 'MB', must: 700, aim: 500 },
  { name: 'stored per raw row', unit: 'B', must: 9, aim: 6, judgedFrom: 10_000_000 },
  { name: 'team 24 h by service, p95', unit: 'ms', must: 40, aim: 25 },
  { name: 'team 24 h by remote, p95', unit: 'ms', must: 40, aim: 25 },
  { name: 'team 7 d by service, p95', unit: 'ms', must: 120, aim: 60 },
  { name: 'team 7 d by remote, p95', unit: 'ms', must: 120, aim: 60 },
  { name: 'largest team 24 h by service, p95', unit: 'ms' },
  { name: 'largest team 24 h by remote, p95', unit: 'ms' },
  { name: 'largest team 7 d by service, p95', unit: 'ms' },
  { name: 'largest team 7 d by remote, p95', unit: 'ms' },
  { name: 'all pairs 7 d, p95', unit: 'ms', must: 700, aim: 400 },
  { name: 'all teams 24 h, p95', unit: 'ms' },
  {
    name: 'than DuckDB over the objects',
    unit: '× faster',
    must: 100,
    aim: 300,
    isAtLeast: true,
    judgedFrom: 50_000_000,
  },
  { name: 'cold netcost ask --store', unit: 'ms', must: 400, aim: 300 },
  { name: 'query process, peak memory', unit: 'MB', must: 512, aim: 400 },
  { name: 'event loop in the bot, p99', unit: 'ms', must: 20 },
  { name: 'event loop in the bot, max', unit: 'ms', must: 100 },
  { name: '20 questions at once, slowest', unit: 'ms', must: 1000 },
];

export type Judgement = 'aim' | 'must' | 'MISSED' | '-';

/** How a figure stands to its target; `-` where there is none, or where there are too few rows to judge. */
export function judge(target: EngineTarget, value: number, rows: number): Judgement {
  const { must, aim, isAtLeast, judgedFrom = 0 } = target;
  if (must === undefined || rows < judgedFrom) return '-';
  const reaches = (bound: number): boolean => (isAtLeast ? value >= bound : value <= bound);
  if (!reaches(must)) return 'MISSED';
  return aim === undefined || reaches(aim) ? 'aim' : 'must';
}
