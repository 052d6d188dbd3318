import { escapeHtml } from './render-mrkdwn.js';
import { type Fields, isFields } from './validate-values.js';

interface Point {
  readonly label: string;
  readonly value: number;
}

/** A chart block as SVG with its figures as a table below, for who cannot see it. Colours are CSS classes `c0`…`c5`. */
export function renderChart(block: Fields): string {
  const chart = isFields(block.chart) ? block.chart : {};
  const title = escapeHtml(String(block.title ?? ''));
  if (chart.type === 'pie') {
    const parts = pointsOf(chart.segments);
    return figure(title, `<div class="pie">${pieSvg(parts)}${legend(parts)}</div>`);
  }
  const series = (Array.isArray(chart.series) ? chart.series : []).filter(isFields);
  const [points = [], ...others] = series.map((each) => pointsOf(each.data));
  const names = series.map((each) => String(each.name ?? ''));
  const axis = isFields(chart.axis_config) ? chart.axis_config : {};
  return figure(
    title,
    `${barSvg(points, others)}${others.length > 0 ? seriesLegend(names) : ''}<p class="axis">${escapeHtml(String(axis.y_label ?? ''))} · ${escapeHtml(String(axis.x_label ?? ''))}</p>${hiddenTable(points)}`,
  );
}

function figure(title: string, inner: string): string {
  return `<figure class="chart"><figcaption>${title}</figcaption>${inner}</figure>`;
}

function pieSvg(parts: readonly Point[]): string {
  const sum = parts.reduce((total, part) => total + part.value, 0);
  const radius = 40;
  const around = 2 * Math.PI * radius;
  let offset = 0;
  const arcs = parts.map((part, index) => {
    const length = sum === 0 ? 0 : (part.value / sum) * around;
    const arc = `<circle class="c${index % 6}" r="${radius}" cx="60" cy="60" fill="none" stroke-width="26" stroke-dasharray="${Math.max(0, length - 1).toFixed(2)} ${around.toFixed(2)}" stroke-dashoffset="${(-offset).toFixed(2)}"/>`;
    offset += length;
    return arc;
  });
  return `<svg viewBox="0 0 120 120" aria-hidden="true"><g transform="rotate(-90 60 60)">${arcs.join('')}</g></svg>`;
}

function legend(parts: readonly Point[]): string {
  const sum = parts.reduce((total, part) => total + part.value, 0);
  const items = parts.map((part, index) => {
    const percent = sum === 0 ? 0 : (part.value / sum) * 100;
    const share = percent > 0 && percent < 1 ? '&lt;1 %' : `${percent.toFixed(0)} %`;
    return `<li><span class="swatch c${index % 6}"></span><span class="name">${escapeHtml(part.label)}</span><span class="share">${share}</span></li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>`;
}

function seriesLegend(names: readonly string[]): string {
  const items = names.map(
    (name, index) => `<li><span class="swatch c${index % 6}"></span><span class="name">${escapeHtml(name)}</span></li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

/** The first series as bars, the others as lines over them: Slack draws each chart type its own way, the page one way. */
function barSvg(points: readonly Point[], others: readonly (readonly Point[])[] = []): string {
  const width = 560;
  const height = 150;
  const max = Math.max(...[points, ...others].flat().map((point) => point.value), 0) || 1;
  const step = (width - 40) / Math.max(1, points.length);
  const lines = [0, 0.5, 1].map((part) => {
    const y = (height - part * (height - 12)).toFixed(1);
    return `<line class="grid" x1="40" x2="${width}" y1="${y}" y2="${y}"/><text class="tick" x="36" y="${(Number(y) + 3).toFixed(1)}" text-anchor="end">${short(max * part)}</text>`;
  });
  const every = Math.ceil(points.length / 8);
  const bars = points.map((point, index) => {
    const tall = (Math.max(0, point.value) / max) * (height - 12);
    const x = 40 + index * step;
    const label =
      index % every === 0
        ? `<text class="tick" x="${(x + step / 2).toFixed(1)}" y="${height + 16}" text-anchor="middle">${escapeHtml(point.label)}</text>`
        : '';
    return `<rect class="c0" x="${(x + step * 0.12).toFixed(1)}" y="${(height - tall).toFixed(1)}" width="${(step * 0.76).toFixed(1)}" height="${tall.toFixed(1)}" rx="2"><title>${escapeHtml(point.label)}: ${point.value}</title></rect>${label}`;
  });
  const over = others.map((other, nth) => {
    const path = other
      .map(
        (point, index) =>
          `${(40 + (index + 0.5) * step).toFixed(1)},${(height - (Math.max(0, point.value) / max) * (height - 12)).toFixed(1)}`,
      )
      .join(' ');
    return `<polyline class="c${(nth + 1) % 6}" points="${path}" fill="none" stroke-width="3"/>`;
  });
  return `<svg class="bars" viewBox="0 0 ${width} ${height + 24}" aria-hidden="true">${lines.join('')}${bars.join('')}${over.join('')}</svg>`;
}

function hiddenTable(points: readonly Point[]): string {
  const rows = points.map((point) => `<tr><th scope="row">${escapeHtml(point.label)}</th><td>${point.value}</td></tr>`);
  return `<div class="unseen"><table><tbody>${rows.join('')}</tbody></table></div>`;
}

function pointsOf(value: unknown): readonly Point[] {
  return (Array.isArray(value) ? value : [])
    .filter(isFields)
    .map((point) => ({ label: String(point.label ?? ''), value: Number(point.value) || 0 }));
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value === 0 ? '0' : value.toPrecision(2);
}
