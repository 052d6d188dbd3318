import type { Chart } from '../triage/report.js';
import { type ChartBlock, seriesBlock } from './chart-blocks.js';
import { LIMITS } from './limits.js';

const GIB = 1024 ** 3;
const HOUR_MS = 3_600_000;

/**
 * Bytes an hour around the onset, with what is usual for those hours beside them. Slack draws at most twenty points, so
 * each is the mean of as many hours as needed. Undefined where there are fewer than two hours.
 */
export function onsetChart(chart: Chart | null): ChartBlock | undefined {
  if (chart === null || chart.hours.length < 2) return undefined;
  const perPoint = Math.ceil(chart.hours.length / LIMITS.chart.categories);
  const labels: string[] = [];
  const bytes: number[] = [];
  const usual: number[] = [];
  for (let at = 0; at < chart.hours.length; at += perPoint) {
    const hours = chart.hours.slice(at, at + perPoint);
    const expected = chart.expected.slice(at, at + perPoint).filter((value): value is number => value !== null);
    const fromMs = hours[0]!.atMs;
    const { onset } = chart;
    // The point that holds the onset says so: colours alone would not be read by everybody.
    const begins = onset !== null && onset.earliestMs < fromMs + perPoint * HOUR_MS && onset.earliestMs >= fromMs;
    labels.push(`${new Date(fromMs).toISOString().slice(8, 16).replace('T', ' ')}${begins ? ' onset' : ''}`);
    bytes.push(gib(hours.reduce((sum, point) => sum + point.value, 0) / hours.length));
    usual.push(gib(expected.length === 0 ? 0 : expected.reduce((sum, value) => sum + value, 0) / expected.length));
  }
  const hasUsual = usual.some((value) => value > 0);
  const series = [{ name: 'took', values: bytes }, ...(hasUsual ? [{ name: 'usual', values: usual }] : [])];
  return seriesBlock(
    'line',
    'GiB an hour through the NAT gateways',
    { labels, series },
    { x: 'Day and hour (UTC)', y: 'GiB an hour' },
  );
}

function gib(bytes: number): number {
  return Math.round((bytes / GIB) * 100) / 100;
}
