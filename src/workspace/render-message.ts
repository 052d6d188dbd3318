import { renderBlocks } from './render-blocks.js';
import type { ViewState } from './render-inputs.js';
import { escapeHtml, type Names, renderMrkdwn } from './render-mrkdwn.js';
import type { Room, RoomMessage, RoomView } from './room.js';

/** Names for mentions, from the room. */
function namesOf(room: Room): Names {
  return { user: (id) => room.user(id)?.realName, channel: (id) => room.channel(id)?.name };
}

/** One message as the page shows it. `replies` is the number of answers in its thread. */
export function renderMessage(room: Room, message: RoomMessage, replies: number): string {
  const names = namesOf(room);
  const author = authorOf(room, message.userId);
  const time = new Date(Number(message.ts) * 1000).toISOString();
  const body =
    message.blocks.length > 0
      ? renderBlocks(message.blocks, names)
      : `<div class="text">${renderMrkdwn(message.text, names)}</div>`;
  const only =
    message.ephemeralFor === undefined
      ? ''
      : '<p class="only-you"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 3C4.5 3 1.7 5.6.6 8c1.1 2.400 3.900 5 7.400 5s6.300-2.600 7.400-5C14.300 5.600 11.500 3 8 3zm0 8.200A3.200 3.200 0 1 1 8 4.800a3.200 3.200 0 0 1 0 6.400z"/></svg>Only visible to you</p>';
  const files = message.files.map((id) => renderFile(room, id)).join('');
  const thread =
    replies > 0
      ? `<button type="button" class="replies" data-thread="${escapeHtml(message.ts)}">${replies} ${replies === 1 ? 'reply' : 'replies'}</button>`
      : '';
  const tools =
    message.ephemeralFor === undefined
      ? `<div class="tools"><button type="button" data-thread="${escapeHtml(message.threadTs ?? message.ts)}" aria-label="Reply in thread" title="Reply in thread"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 2h12v9H7l-4 3v-3H2z"/></svg></button><button type="button" data-shortcut="who_is_behind" aria-label="Who is behind this?" title="Who is behind this?"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M7 1a6 6 0 0 1 4.700 9.700l3.300 3.300-1.200 1.200-3.300-3.300A6 6 0 1 1 7 1zm0 1.700a4.300 4.300 0 1 0 0 8.600 4.300 4.300 0 0 0 0-8.600z"/></svg></button><button type="button" data-shortcut="diagnose_alert" aria-label="Diagnose this alert" title="Diagnose this alert"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M1 8h3l2-5 3 10 2-5h4v1.600h-3l-3 5.900-3-9.600-1 2.700H1z"/></svg></button></div>`
      : '';
  return `<article class="message${message.ephemeralFor === undefined ? '' : ' ephemeral'}" data-ts="${escapeHtml(message.ts)}" data-channel="${escapeHtml(message.channel)}" tabindex="-1">
<div class="avatar" aria-hidden="true">${author.avatar}</div>
<div class="content">${only}<p class="by"><strong>${escapeHtml(author.name)}</strong>${author.isApp ? '<span class="app">APP</span>' : ''}<time datetime="${time}">${time.slice(11, 16)}</time></p>
<div class="body">${body}${files}${message.isEdited && message.ephemeralFor === undefined ? '<small class="edited">(edited)</small>' : ''}</div>${thread}</div>${tools}
</article>`;
}

/** A window as the page shows it. */
export function renderView(room: Room, view: RoomView): string {
  const title = textOf(view.view.title);
  const submit = textOf(view.view.submit);
  const close = textOf(view.view.close) || 'Close';
  return `<form class="modal-form" data-view="${escapeHtml(view.id)}" novalidate><header><h2 id="modal-title">${escapeHtml(title)}</h2><button type="button" class="icon" data-close aria-label="Close this window">✕</button></header>
<div class="modal-body" tabindex="0" role="group" aria-label="${escapeHtml(title)}">${renderBlocks(view.blocks, namesOf(room), stateOf(room, view))}</div>
<footer><button type="button" class="button" data-close>${escapeHtml(close)}</button>${submit === '' ? '' : `<button type="submit" class="button primary">${escapeHtml(submit)}</button>`}</footer></form>`;
}

/** The App Home of a person. */
export function renderHome(room: Room, view: RoomView): string {
  return `<div class="home" data-view="${escapeHtml(view.id)}">${renderBlocks(view.blocks, namesOf(room), stateOf(room, view))}</div>`;
}

function stateOf(room: Room, view: RoomView): ViewState {
  return {
    values: view.values,
    channels: room
      .channels()
      .filter((channel) => channel.kind !== 'im' && !channel.isExternal && channel.members.includes(view.userId)),
    users: room.cast.users.filter((user) => !user.isBot).map((user) => ({ id: user.id, name: user.realName })),
  };
}

function renderFile(room: Room, id: string): string {
  const file = room.files.get(id);
  if (file === undefined) return '';
  const size = file.bytes.length < 1024 ? `${file.bytes.length} B` : `${(file.bytes.length / 1024).toFixed(1)} KiB`;
  const kind = /\.(\w{1,3})$/.exec(file.name)?.[1]?.toUpperCase() ?? 'FILE';
  return `<a class="file" href="/file/${escapeHtml(id)}" download="${escapeHtml(file.name)}"><span class="file-icon" aria-hidden="true">${escapeHtml(kind)}</span><span><strong>${escapeHtml(file.name)}</strong><small>${size}</small></span></a>`;
}

function authorOf(
  room: Room,
  userId: string,
): { readonly name: string; readonly isApp: boolean; readonly avatar: string } {
  if (userId === 'USLACKBOT')
    return { name: 'Workspace', isApp: false, avatar: '<span class="face" style="--hue:0">!</span>' };
  const user = room.user(userId);
  if (user?.isBot) return { name: user.realName, isApp: true, avatar: LOGO };
  const name = user?.realName ?? userId;
  const initials = name
    .split(' ')
    .map((word) => word.charAt(0))
    .join('')
    .slice(0, 2);
  return {
    name,
    isApp: false,
    avatar: `<span class="face" style="--hue:${user?.hue ?? 0}">${escapeHtml(initials)}</span>`,
  };
}

/** netcost's own sign: a gateway with bytes going through, and what they cost below. */
export const LOGO =
  '<svg class="logo" viewBox="0 0 36 36"><rect width="36" height="36" rx="8"/><path d="M7 13h13M16 8l6 5-6 5M29 23H16M20 18l-6 5 6 5" fill="none" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>';

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string'
    ? value.text
    : '';
}
