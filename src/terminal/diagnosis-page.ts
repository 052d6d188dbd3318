import pc from 'picocolors';
import type { Chart, Diagnosed } from '../triage/report.js';
import { type StoryCause, tellStory } from '../triage/story.js';
import { formatBytes } from '../units.js';
import { plainText } from './plain-text.js';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** Wide enough to see a day's rhythm, narrow enough for a terminal of eighty columns. */
const CHART_COLUMNS = 72;
const WIDTH = 96;

/** A diagnosis as a page for people: the headline, a chart of the onset, causes with their fixes, what is not known. */
export function diagnosisPage(diagnosed: Diagnosed, hasColour: boolean): string {
  const colour = pc.createColors(hasColour);
  const story = tellStory(diagnosed.report);
  const lines: string[] = [];
  const say = (text: string, indent = 0) => lines.push(...wrap(plainText(text), indent));
  if (story.isSecurity) lines.push(colour.bold(colour.red('For the security team')));
  lines.push(...wrap(plainText(story.headline), 0).map((line) => colour.bold(line)), '');
  const widest = Math.max(0, ...story.facts.map(([label]) => label.length));
  for (const [label, says] of story.facts) lines.push(`${colour.dim(label.padEnd(widest))}  ${plainText(says)}`);
  if (diagnosed.chart) lines.push('', ...chartLines(diagnosed.chart, colour));
  for (const [index, cause] of story.causes.entries()) lines.push('', ...causeLines(cause, index + 1, colour));
  if (story.gaps.length > 0) {
    lines.push('', colour.bold('Not known'));
    for (const gap of story.gaps) say(`- ${gap}`, 2);
  }
  return `${lines.join('\n')}\n`;
}

type Colours = ReturnType<typeof pc.createColors>;

function causeLines(cause: StoryCause, number: number, colour: Colours): string[] {
  const lines = [colour.bold(plainText(`${number}. ${cause.title}`))];
  for (const sentence of cause.says) lines.push(...wrap(plainText(sentence), 3));
  if (cause.trigger !== null) lines.push(...wrap(plainText(cause.trigger), 3));
  for (const fix of cause.fixes) {
    lines.push(
      ...wrap(plainText(`Fix: ${fix.title}${fix.says === null ? '' : ` (${fix.says})`}`), 3).map((line) =>
        colour.green(line),
      ),
    );
    if (fix.code !== null)
      lines.push(
        ...fix.code
          .trimEnd()
          .split('\n')
          .map((line) => colour.dim(`     ${plainText(line)}`)),
      );
  }
  return lines;
}

/** Bytes an hour as bars, with a mark below where the onset lies; each column is as many hours as needed. */
function chartLines(chart: Chart, colour: Colours): string[] {
  const { hours } = chart;
  if (hours.length < 2) return [];
  const perColumn = Math.ceil(hours.length / CHART_COLUMNS);
  const columns: { value: number; fromMs: number; toMs: number }[] = [];
  for (let i = 0; i < hours.length; i += perColumn) {
    const part = hours.slice(i, i + perColumn);
    const first = part[0] as (typeof part)[number];
    const last = part.at(-1) as (typeof part)[number];
    columns.push({
      value: part.reduce((sum, point) => sum + point.value, 0) / part.length,
      fromMs: first.atMs,
      toMs: last.atMs + 3_600_000,
    });
  }
  const peak = Math.max(1, ...columns.map((column) => column.value));
  const { onset } = chart;
  const isAfter = (fromMs: number, toMs: number) =>
    onset !== null && toMs > onset.earliestMs && fromMs >= onset.earliestMs - 3_600_000;
  const bars = columns.map((column) => {
    const bar = BARS[Math.min(BARS.length - 1, Math.floor((column.value / peak) * BARS.length))] as string;
    return isAfter(column.fromMs, column.toMs) ? colour.yellow(bar) : colour.dim(bar);
  });
  const marks = columns
    .map((column) => (onset !== null && column.toMs > onset.earliestMs && column.fromMs < onset.latestMs ? '^' : ' '))
    .join('');
  const from = new Date((columns[0] as { fromMs: number }).fromMs).toISOString().slice(0, 16).replace('T', ' ');
  const hoursEach = perColumn === 1 ? 'an hour' : `${perColumn} hours`;
  return [
    `${bars.join('')}  ${formatBytes(Math.round(peak))}/h at most`,
    ...(marks.trim() === '' ? [] : [`${marks.trimEnd()} onset`]),
    colour.dim(`from ${from} UTC, ${hoursEach} a bar`),
  ];
}

function wrap(text: string, indent: number): string[] {
  const blanks = ' '.repeat(indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && blanks.length + line.length + 1 + word.length > WIDTH) {
      lines.push(blanks + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(blanks + line);
  return lines;
}
