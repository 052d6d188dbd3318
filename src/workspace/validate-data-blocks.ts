import { LIMITS } from '../slack/limits.js';
import { checkKeys, checkList, checkText, type Fields, isFields, type Report } from './validate-values.js';

/** A table: at most 100 rows of 20 cells, all of one length, no empty cell, 10,000 characters in all. */
export function checkTable(report: Report, block: Fields, pointer: string): void {
  checkKeys(report, block, pointer, ['type', 'block_id', 'rows', 'column_settings']);
  const rows = checkList(report, block.rows, `${pointer}/rows`, 1, LIMITS.table.rows);
  const width = Array.isArray(rows[0]) ? rows[0].length : 0;
  let characters = 0;
  rows.forEach((row, rowIndex) => {
    const cells = checkList(report, row, `${pointer}/rows/${rowIndex}`, 1, LIMITS.table.columns);
    if (cells.length !== width) report.add(`${pointer}/rows/${rowIndex}`, 'rows must have the same number of cells');
    cells.forEach((cell, index) => {
      characters += checkCell(report, cell, `${pointer}/rows/${rowIndex}/${index}`);
    });
  });
  if (characters > LIMITS.table.characters)
    report.add(`${pointer}/rows`, `must be less than ${LIMITS.table.characters + 1} characters in all cells`);
  if (block.column_settings !== undefined) {
    const settings = checkList(report, block.column_settings, `${pointer}/column_settings`, 1, LIMITS.table.columns);
    settings.forEach((setting, index) => {
      if (
        isFields(setting) &&
        setting.align !== undefined &&
        !['left', 'center', 'right'].includes(String(setting.align))
      ) {
        report.add(`${pointer}/column_settings/${index}/align`, 'unsupported alignment');
      }
    });
  }
}

function checkCell(report: Report, cell: unknown, pointer: string): number {
  if (!isFields(cell)) {
    report.add(pointer, 'must be a cell');
    return 0;
  }
  if (cell.type === 'rich_text') return JSON.stringify(cell.elements ?? []).length;
  if (cell.type === 'raw_number') {
    if (typeof cell.value !== 'number') report.add(`${pointer}/value`, 'must be a number');
    return 8;
  }
  if (cell.type !== 'raw_text') {
    report.add(`${pointer}/type`, `unsupported type: ${String(cell.type)}`);
    return 0;
  }
  checkText(report, cell.text, `${pointer}/text`, LIMITS.table.characters);
  return typeof cell.text === 'string' ? cell.text.length : 0;
}

/** A chart: title, one to six parts or series, labels of at most 20 characters, every series covers every category. */
export function checkChart(report: Report, block: Fields, pointer: string): void {
  checkKeys(report, block, pointer, ['type', 'block_id', 'title', 'chart']);
  checkText(report, block.title, `${pointer}/title`, LIMITS.chart.title);
  const { chart } = block;
  if (!isFields(chart)) {
    report.add(`${pointer}/chart`, 'missing required field');
    return;
  }
  if (chart.type === 'pie') {
    checkKeys(report, chart, `${pointer}/chart`, ['type', 'segments']);
    const segments = checkList(report, chart.segments, `${pointer}/chart/segments`, 1, LIMITS.chart.segments);
    checkPoints(report, segments, `${pointer}/chart/segments`, true);
    return;
  }
  if (!['bar', 'line', 'area'].includes(String(chart.type))) {
    report.add(`${pointer}/chart/type`, `unsupported type: ${String(chart.type)}`);
    return;
  }
  const axis = isFields(chart.axis_config) ? chart.axis_config : {};
  const categories = checkList(
    report,
    axis.categories,
    `${pointer}/chart/axis_config/categories`,
    1,
    LIMITS.chart.categories,
  );
  checkText(report, axis.x_label, `${pointer}/chart/axis_config/x_label`, LIMITS.chart.axisLabel, false);
  checkText(report, axis.y_label, `${pointer}/chart/axis_config/y_label`, LIMITS.chart.axisLabel, false);
  if (new Set(categories).size !== categories.length)
    report.add(`${pointer}/chart/axis_config/categories`, 'must be distinct');
  const series = checkList(report, chart.series, `${pointer}/chart/series`, 1, LIMITS.chart.series);
  series.forEach((each, index) => {
    const at = `${pointer}/chart/series/${index}`;
    if (!isFields(each)) {
      report.add(at, 'must be a series');
      return;
    }
    checkText(report, each.name, `${at}/name`, LIMITS.chart.label);
    const points = checkList(report, each.data, `${at}/data`, 1, LIMITS.chart.categories);
    checkPoints(report, points, `${at}/data`, false);
    const labels = new Set(points.map((point) => (isFields(point) ? point.label : undefined)));
    if (labels.size !== points.length || categories.some((category) => !labels.has(category)))
      report.add(`${at}/data`, 'must cover every category once');
  });
}

function checkPoints(report: Report, points: readonly unknown[], pointer: string, positive: boolean): void {
  points.forEach((point, index) => {
    if (!isFields(point)) {
      report.add(`${pointer}/${index}`, 'must be a point');
      return;
    }
    checkText(report, point.label, `${pointer}/${index}/label`, LIMITS.chart.label);
    if (typeof point.value !== 'number' || !Number.isFinite(point.value))
      report.add(`${pointer}/${index}/value`, 'must be a number');
    else if (positive && point.value <= 0) report.add(`${pointer}/${index}/value`, 'must be more than 0');
  });
}
