import { renderChart } from './render-chart.js';
import { renderInput, type ViewState } from './render-inputs.js';
import { escapeHtml, type Names, renderText } from './render-mrkdwn.js';
import type { RawBlock } from './room.js';
import { type Fields, isFields } from './validate-values.js';

/** Blocks as HTML: exactly the kinds that netcost sends. Another kind is shown as its name, never lost in silence. */
export function renderBlocks(blocks: readonly RawBlock[], names: Names, state?: ViewState): string {
  return blocks
    .map((block) => `<div class="block block-${escapeHtml(block.type)}">${renderBlock(block, names, state)}</div>`)
    .join('');
}

function renderBlock(block: RawBlock, names: Names, state: ViewState | undefined): string {
  switch (block.type) {
    case 'section':
      return renderSection(block, block.block_id, names);
    case 'header':
      return `<h3>${renderText(block.text, names)}</h3>`;
    case 'context':
      return listOf(block.elements)
        .map((element) => `<span>${renderText(element, names)}</span>`)
        .join('');
    case 'actions':
      return listOf(block.elements)
        .map((element) => renderButton(element, block.block_id, names))
        .join('');
    case 'divider':
      return '<hr>';
    case 'table':
      return renderTable(block);
    case 'data_visualization':
      return renderChart(block);
    case 'image':
      return `<img alt="${escapeHtml(String(block.alt_text ?? ''))}" src="${escapeHtml(safeUrl(block.image_url))}">`;
    case 'input':
      return renderInput(block, names, state);
    default:
      return `<p class="unknown">This workspace cannot show a block of type ${escapeHtml(block.type)}.</p>`;
  }
}

function renderSection(block: Fields, blockId: string, names: Names): string {
  const fields = listOf(block.fields).map((field) => `<div class="field">${renderText(field, names)}</div>`);
  const text = block.text === undefined ? '' : `<div class="text">${renderText(block.text, names)}</div>`;
  const beside = isFields(block.accessory) ? renderButton(block.accessory, blockId, names) : '';
  return `${text}${beside}${fields.length > 0 ? `<div class="fields">${fields.join('')}</div>` : ''}`;
}

function renderButton(element: Fields, blockId: string, names: Names): string {
  if (element.type !== 'button') return `<span class="unknown">${escapeHtml(String(element.type))}</span>`;
  const style = element.style === 'primary' || element.style === 'danger' ? ` ${element.style}` : '';
  const label =
    typeof element.accessibility_label === 'string' ? ` aria-label="${escapeHtml(element.accessibility_label)}"` : '';
  return `<button type="button" class="button${style}" data-block="${escapeHtml(blockId)}" data-action="${escapeHtml(String(element.action_id ?? ''))}"${label}>${renderText(element.text, names)}</button>`;
}

/** A real table: the first row are column headers, the first cell of each other row heads its row. */
function renderTable(block: Fields): string {
  const rows = (Array.isArray(block.rows) ? block.rows : []).filter(Array.isArray);
  const settings = listOf(block.column_settings);
  const cell = (value: unknown) =>
    isFields(value) ? escapeHtml(String(value.type === 'raw_number' ? value.value : (value.text ?? ''))) : '';
  const align = (index: number) => (settings[index]?.align === 'right' ? ' class="right"' : '');
  const [head = [], ...body] = rows;
  const heads = head.map((value, index) => `<th scope="col"${align(index)}>${cell(value)}</th>`).join('');
  const lines = body.map((row) => {
    const cells = row.map((value, index) =>
      index === 0 ? `<th scope="row"${align(index)}>${cell(value)}</th>` : `<td${align(index)}>${cell(value)}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="table" tabindex="0" role="region" aria-label="Table"><table><thead><tr>${heads}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`;
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function safeUrl(value: unknown): string {
  return typeof value === 'string' && /^https?:\/\//.test(value) ? value : '';
}
