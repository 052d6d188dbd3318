import { LIMITS } from './limits.js';
import { cut, oneLine } from './mrkdwn.js';

/**
 * Slack's native chart (changelog 2026-06-16). @slack/types 3.2.0 has no type for it, so this is ours, of the parts
 * that we send.
 */
export interface ChartBlock {
  readonly type: 'data_visualization';
  readonly block_id?: string;
  readonly title: string;
  readonly chart: PieChart | SeriesChart;
}

interface PieChart {
  readonly type: 'pie';
  readonly segments: readonly { readonly label: string; readonly value: number }[];
}

interface SeriesChart {
  readonly type: 'bar' | 'line' | 'area';
  readonly series: readonly {
    readonly name: string;
    readonly data: readonly { readonly label: string; readonly value: number }[];
  }[];
  readonly axis_config: {
    readonly categories: readonly string[];
    readonly x_label?: string;
    readonly y_label?: string;
  };
}

/** Shares of a whole; undefined where a pie would say nothing (fewer than two parts, or no bytes). */
export function pieBlock(
  title: string,
  parts: readonly { readonly label: string; readonly value: number }[],
): ChartBlock | undefined {
  const shown = parts.filter((part) => part.value > 0);
  if (shown.length < 2) return undefined;
  const max = LIMITS.chart.segments;
  const head = shown.length > max ? shown.slice(0, max - 1) : shown;
  const tail = shown.slice(head.length).reduce((sum, part) => sum + part.value, 0);
  const all = tail > 0 ? [...head, { label: 'the rest', value: tail }] : head;
  const segments = distinct(all.map((part) => part.label)).map((label, index) => ({ label, value: all[index]!.value }));
  return {
    type: 'data_visualization',
    title: cut(oneLine(title), LIMITS.chart.title),
    chart: { type: 'pie', segments },
  };
}

/** Values over time; undefined for fewer than two or more than Slack's twenty points. */
export function barBlock(
  title: string,
  points: readonly { readonly label: string; readonly value: number }[],
  labels: { readonly x: string; readonly y: string; readonly series: string },
): ChartBlock | undefined {
  const series = [{ name: labels.series, values: points.map((point) => point.value) }];
  return seriesBlock('bar', title, { labels: points.map((point) => point.label), series }, labels);
}

/** Several values at the same points, drawn as bars or lines; undefined for fewer than two or more than twenty points. */
export function seriesBlock(
  type: SeriesChart['type'],
  title: string,
  data: {
    readonly labels: readonly string[];
    readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  },
  axes: { readonly x: string; readonly y: string },
): ChartBlock | undefined {
  if (data.labels.length < 2 || data.labels.length > LIMITS.chart.categories) return undefined;
  const categories = distinct(data.labels);
  return {
    type: 'data_visualization',
    title: cut(oneLine(title), LIMITS.chart.title),
    chart: {
      type,
      series: data.series.map(({ name, values }) => ({
        name: cut(name, LIMITS.chart.label),
        data: categories.map((label, index) => ({ label, value: values[index] ?? 0 })),
      })),
      axis_config: {
        categories,
        x_label: cut(axes.x, LIMITS.chart.axisLabel),
        y_label: cut(axes.y, LIMITS.chart.axisLabel),
      },
    },
  };
}

/** Labels cut to Slack's length; two that became equal get a number, for Slack joins points by label. */
function distinct(labels: readonly string[]): string[] {
  const seen = new Set<string>();
  return labels.map((label) => {
    const short = cut(oneLine(label).trim() || '–', LIMITS.chart.label);
    let unique = short;
    for (let number = 2; seen.has(unique); number += 1) unique = `${cut(short, LIMITS.chart.label - 4)} ${number}`;
    seen.add(unique);
    return unique;
  });
}
