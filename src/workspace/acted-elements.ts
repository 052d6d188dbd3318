import type { RawBlock, RoomView } from './room.js';
import { type Fields, isFields } from './validate-values.js';

/** The element as the app made it: a page cannot invent a value. */
export function findAction(blocks: readonly RawBlock[], blockId: string, actionId: string): Fields | undefined {
  const block = blocks.find((each) => each.block_id === blockId);
  const elements = [...(Array.isArray(block?.elements) ? block.elements : []), block?.accessory];
  const element = elements.filter(isFields).find((each) => each.action_id === actionId);
  if (element === undefined) return undefined;
  return {
    type: element.type,
    action_id: actionId,
    text: element.text,
    ...(element.value === undefined ? {} : { value: element.value }),
  };
}

/** What the page says of an input, held against the options that there are. */
export function knownState(element: Fields, state: Fields): Fields {
  const type = String(element.type);
  const options = (Array.isArray(element.options) ? element.options : []).filter(isFields);
  const pick = (value: unknown) => options.find((option) => option.value === value);
  if (type === 'multi_static_select' || type === 'checkboxes') {
    const max = typeof element.max_selected_items === 'number' ? element.max_selected_items : options.length;
    const chosen = (Array.isArray(state.values) ? state.values : [])
      .flatMap((value) => pick(value) ?? [])
      .slice(0, max);
    return { type, selected_options: chosen };
  }
  if (type === 'static_select' || type === 'radio_buttons') return { type, selected_option: pick(state.value) ?? null };
  const text = typeof state.value === 'string' && state.value !== '' ? state.value : null;
  if (type === 'conversations_select') return { type, selected_conversation: text };
  if (type === 'channels_select') return { type, selected_channel: text };
  if (type === 'users_select') return { type, selected_user: text };
  return { type, value: text };
}

export function missingInputs(view: RoomView): Readonly<Record<string, string>> {
  const missing: Record<string, string> = {};
  for (const block of view.blocks) {
    if (block.type !== 'input' || block.optional === true || !isFields(block.element)) continue;
    const state = view.values[block.block_id]?.[String(block.element.action_id)];
    const values = isFields(state) ? Object.entries(state).filter(([key]) => key !== 'type') : [];
    if (!values.some(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)))
      missing[block.block_id] = 'Please complete this required field.';
  }
  return missing;
}

export function lastInput(view: RoomView): string {
  return view.blocks.filter((block) => block.type === 'input').at(-1)?.block_id ?? '';
}
