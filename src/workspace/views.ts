import { LIMITS } from '../slack/limits.js';
import { type Room, type RoomView, withIds } from './room.js';
import { type Fields, isFields } from './validate-values.js';
import type { ApiResult } from './web-api.js';

/** A trigger for opening a window: it lives three seconds and works once. */
export function createTrigger(room: Room, userId: string): string {
  const id = room.newId('T');
  room.triggers.set(id, { userId, createdMs: room.now(), used: false });
  if (room.triggers.size > 200) room.triggers.delete([...room.triggers.keys()][0]!);
  return id;
}

export function openView(room: Room, input: Fields): ApiResult {
  const trigger = takeTrigger(room, input.trigger_id);
  if ('error' in trigger) return trigger;
  for (const view of stackOf(room, trigger.userId)) room.views.delete(view.id);
  return show(room, trigger.userId, input.view, undefined);
}

export function pushView(room: Room, input: Fields): ApiResult {
  const trigger = takeTrigger(room, input.trigger_id);
  if ('error' in trigger) return trigger;
  const stack = stackOf(room, trigger.userId);
  if (stack.length >= LIMITS.viewStack) return { ok: false, error: 'push_limit_reached' };
  return show(room, trigger.userId, input.view, stack.at(-1));
}

export function updateView(room: Room, input: Fields): ApiResult {
  const view = room.views.get(String(input.view_id));
  if (view === undefined) return { ok: false, error: 'not_found' };
  if (input.hash !== undefined && input.hash !== '' && input.hash !== view.hash)
    return { ok: false, error: 'hash_conflict' };
  return { ok: true, view: viewJson(room, replaceView(room, view, input.view)) };
}

export function publishHome(room: Room, input: Fields): ApiResult {
  const userId = String(input.user_id);
  if (room.user(userId) === undefined) return { ok: false, error: 'user_not_found' };
  if (!isFields(input.view) || input.view.type !== 'home') return { ok: false, error: 'invalid_arguments' };
  const home = toView(room, room.newId('V'), userId, input.view, undefined);
  room.homes.set(userId, home);
  room.emit({ kind: 'home', userId });
  return { ok: true, view: viewJson(room, home) };
}

/** Puts other content into an open window; what was typed stays where block and action keep their ids. */
export function replaceView(room: Room, old: RoomView, content: unknown): RoomView {
  const next = toView(room, old.id, old.userId, isFields(content) ? content : {}, undefined);
  const known = new Set(next.blocks.map((block) => block.block_id));
  const values = Object.fromEntries(Object.entries(old.values).filter(([blockId]) => known.has(blockId)));
  const view: RoomView = {
    ...next,
    rootId: old.rootId,
    previousId: old.previousId,
    values: { ...next.values, ...values },
  };
  room.views.set(view.id, view);
  room.emit({ kind: 'views', userId: view.userId });
  return view;
}

/** Keeps what a person typed or chose. */
export function setViewValue(room: Room, view: RoomView, blockId: string, actionId: string, state: unknown): RoomView {
  const values = { ...view.values, [blockId]: { ...view.values[blockId], [actionId]: state } };
  const next: RoomView = { ...view, values };
  room.views.set(view.id, next);
  return next;
}

export function closeView(room: Room, view: RoomView, all: boolean): void {
  for (const each of all ? stackOf(room, view.userId) : [view]) room.views.delete(each.id);
  room.emit({ kind: 'views', userId: view.userId });
}

/** The windows of a person, the topmost last. */
export function stackOf(room: Room, userId: string): readonly RoomView[] {
  return [...room.views.values()].filter((view) => view.userId === userId);
}

export function viewJson(room: Room, view: RoomView): Fields {
  return {
    ...view.view,
    id: view.id,
    hash: view.hash,
    root_view_id: view.rootId,
    previous_view_id: view.previousId ?? null,
    blocks: view.blocks,
    team_id: room.cast.team.id,
    app_id: room.cast.bot.appId,
    bot_id: room.cast.bot.botId,
    state: { values: view.values },
    private_metadata: view.view.private_metadata ?? '',
    callback_id: view.view.callback_id ?? '',
  };
}

function show(room: Room, userId: string, content: unknown, under: RoomView | undefined): ApiResult {
  const view = toView(room, room.newId('V'), userId, isFields(content) ? content : {}, under);
  room.views.set(view.id, view);
  room.emit({ kind: 'views', userId });
  return { ok: true, view: viewJson(room, view) };
}

function toView(room: Room, id: string, userId: string, content: Fields, under: RoomView | undefined): RoomView {
  const blocks = withIds(content.blocks, room.newId);
  return {
    id,
    userId,
    hash: room.newId('h'),
    rootId: under?.rootId ?? id,
    previousId: under?.id,
    type: content.type === 'home' ? 'home' : 'modal',
    view: content,
    blocks,
    values: firstValues(blocks),
  };
}

/** The state of inputs as they open: what the app chose beforehand. */
function firstValues(blocks: RoomView['blocks']): RoomView['values'] {
  const values: Record<string, Record<string, unknown>> = {};
  for (const block of blocks) {
    const element = block.type === 'input' && isFields(block.element) ? block.element : undefined;
    if (element === undefined || typeof element.action_id !== 'string') continue;
    values[block.block_id] = { [element.action_id]: firstState(element) };
  }
  return values;
}

function firstState(element: Fields): Fields {
  const type = String(element.type);
  if (type.startsWith('multi_static') || type === 'checkboxes')
    return { type, selected_options: element.initial_options ?? [] };
  if (type === 'static_select' || type === 'radio_buttons')
    return { type, selected_option: element.initial_option ?? null };
  if (type === 'conversations_select') return { type, selected_conversation: element.initial_conversation ?? null };
  if (type === 'users_select') return { type, selected_user: element.initial_user ?? null };
  if (type === 'channels_select') return { type, selected_channel: element.initial_channel ?? null };
  return { type, value: element.initial_value ?? null };
}

function takeTrigger(room: Room, id: unknown): { readonly userId: string } | (ApiResult & { readonly error: string }) {
  const trigger = room.triggers.get(String(id));
  if (trigger === undefined) return { ok: false, error: 'invalid_trigger_id' };
  if (trigger.used) return { ok: false, error: 'exchanged_trigger_id' };
  if (room.now() - trigger.createdMs > LIMITS.triggerMs) return { ok: false, error: 'expired_trigger_id' };
  trigger.used = true;
  return { userId: trigger.userId };
}
