import { escapeHtml, type Names, renderText } from './render-mrkdwn.js';
import type { RawBlock, RoomView } from './room.js';
import { type Fields, isFields } from './validate-values.js';

/** What a window's inputs hold, and what may be picked in it. */
export interface ViewState {
  readonly values: RoomView['values'];
  readonly channels: readonly { readonly id: string; readonly name: string }[];
  readonly users: readonly { readonly id: string; readonly name: string }[];
}

/** An input of a window as real form controls, each with its label. */
export function renderInput(block: RawBlock, names: Names, state: ViewState | undefined): string {
  const element = isFields(block.element) ? block.element : {};
  const id = `in-${block.block_id}`;
  const label = renderText(block.label, names);
  const note = block.optional === true ? ' <small>(optional)</small>' : '';
  const hint =
    block.hint === undefined ? '' : `<p class="hint" id="${escapeHtml(id)}-hint">${renderText(block.hint, names)}</p>`;
  const data = `data-input data-block="${escapeHtml(block.block_id)}" data-action="${escapeHtml(String(element.action_id ?? ''))}"`;
  const current = state?.values[block.block_id]?.[String(element.action_id)];
  const error = `<p class="input-error" id="${escapeHtml(id)}-error" data-error="${escapeHtml(block.block_id)}" role="alert"></p>`;
  if (element.type === 'multi_static_select' || element.type === 'checkboxes') {
    const max = typeof element.max_selected_items === 'number' ? ` data-max="${element.max_selected_items}"` : '';
    return `<fieldset ${data} data-kind="many"${max}><legend>${label}${note}</legend><div class="pills">${pills(element, current, id)}</div>${hint}${error}</fieldset>`;
  }
  return `<label for="${escapeHtml(id)}">${label}${note}</label>${control(element, id, data, current, state, names)}${hint}${error}`;
}

function pills(element: Fields, current: unknown, id: string): string {
  const chosen =
    isFields(current) && Array.isArray(current.selected_options)
      ? current.selected_options.filter(isFields).map((option) => option.value)
      : [];
  return optionsOf(element)
    .map((option, index) => {
      const checked = chosen.includes(option.value) ? ' checked' : '';
      return `<label class="pill"><input type="checkbox" id="${escapeHtml(id)}-${index}" value="${escapeHtml(option.value)}"${checked}><span>${escapeHtml(option.text)}</span></label>`;
    })
    .join('');
}

function control(
  element: Fields,
  id: string,
  data: string,
  current: unknown,
  state: ViewState | undefined,
  names: Names,
): string {
  const held = isFields(current) ? current : {};
  const at = `id="${escapeHtml(id)}" ${data} aria-describedby="${escapeHtml(id)}-error"`;
  const empty = `<option value="">${renderText(element.placeholder, names) || 'Choose'}</option>`;
  switch (element.type) {
    case 'static_select': {
      const chosen = isFields(held.selected_option) ? held.selected_option.value : undefined;
      return `<select ${at} data-kind="one">${empty}${choices(optionsOf(element), chosen)}</select>`;
    }
    case 'conversations_select':
    case 'channels_select':
      return `<select ${at} data-kind="one">${empty}${choices(
        (state?.channels ?? []).map((each) => ({ value: each.id, text: `#${each.name}` })),
        held.selected_conversation ?? held.selected_channel,
      )}</select>`;
    case 'users_select':
      return `<select ${at} data-kind="one">${empty}${choices(
        (state?.users ?? []).map((each) => ({ value: each.id, text: each.name })),
        held.selected_user,
      )}</select>`;
    case 'plain_text_input':
    case 'number_input':
      return `<input type="text" ${at} data-kind="text" autocomplete="off" value="${escapeHtml(String(held.value ?? ''))}" placeholder="${renderText(element.placeholder, names)}">`;
    default:
      return `<p class="unknown">This workspace has no input of type ${escapeHtml(String(element.type))}.</p>`;
  }
}

function choices(options: readonly { readonly value: string; readonly text: string }[], chosen: unknown): string {
  return options
    .map(
      (option) =>
        `<option value="${escapeHtml(option.value)}"${option.value === chosen ? ' selected' : ''}>${escapeHtml(option.text)}</option>`,
    )
    .join('');
}

function optionsOf(element: Fields): readonly { readonly value: string; readonly text: string }[] {
  return (Array.isArray(element.options) ? element.options : []).filter(isFields).map((option) => ({
    value: String(option.value ?? ''),
    text: isFields(option.text) ? String(option.text.text ?? '') : '',
  }));
}
