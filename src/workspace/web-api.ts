import { LIMITS } from '../slack/limits.js';
import type { WorkspaceChannel, WorkspaceUser } from './cast.js';
import { completeUpload, fileInfo, startUpload } from './file-upload.js';
import { historyScope, messageJson, readMessages } from './message-history.js';
import { type Room, type RoomMessage, withIds } from './room.js';
import { isTooLong, validateBlocks, validateView } from './validate-blocks.js';
import type { Fault, Fields } from './validate-values.js';
import { openView, publishHome, pushView, updateView } from './views.js';

/** What a method answers: Slack's JSON, `ok` included. */
export type ApiResult = Readonly<Record<string, unknown>> & { readonly ok: boolean };

export interface ApiContext {
  readonly room: Room;
  /** Address of this server, without a slash at its end. */
  readonly origin: string;
  /** `ws://…` for Socket Mode. */
  readonly socketUrl: () => string;
}

type Method = (context: ApiContext, input: Fields) => ApiResult;

/** What Slack asks for: one scope, or one that depends on the kind of the channel. */
type Scope = string | ((room: Room, input: Fields) => string);

/** Methods with the scope that Slack asks for; undefined where a token is enough. */
const METHODS: Readonly<Record<string, { readonly scope?: Scope; readonly run: Method }>> = {
  'auth.test': {
    run: ({ room }) => ({
      ok: true,
      url: 'http://localhost/',
      team: room.cast.team.name,
      user: 'netcost',
      team_id: room.cast.team.id,
      user_id: room.cast.bot.userId,
      bot_id: room.cast.bot.botId,
    }),
  },
  'chat.postMessage': { scope: 'chat:write', run: postMessage },
  'chat.postEphemeral': { scope: 'chat:write', run: postEphemeral },
  'chat.update': { scope: 'chat:write', run: updateMessage },
  'chat.delete': { scope: 'chat:write', run: deleteMessage },
  'conversations.info': {
    scope: 'channels:read',
    run: ({ room }, input) =>
      withChannel(room, input, (channel) => ({ ok: true, channel: channelJson(room, channel) })),
  },
  'conversations.members': {
    scope: 'channels:read',
    run: ({ room }, input) =>
      withChannel(room, input, (channel) => ({
        ok: true,
        members: channel.members,
        response_metadata: { next_cursor: '' },
      })),
  },
  'conversations.list': {
    scope: 'channels:read',
    run: ({ room }) => ({
      ok: true,
      channels: room
        .channels()
        .filter((each) => each.kind !== 'im')
        .map((each) => channelJson(room, each)),
      response_metadata: { next_cursor: '' },
    }),
  },
  'conversations.open': {
    scope: 'im:write',
    run: ({ room }, input) =>
      room.user(String(input.users)) === undefined
        ? refuse('user_not_found')
        : { ok: true, channel: { id: room.directChannel(String(input.users)).id } },
  },
  'conversations.history': {
    scope: historyScope,
    run: ({ room }, input) => history(room, input),
  },
  'conversations.replies': {
    scope: historyScope,
    run: ({ room }, input) => history(room, input),
  },
  'users.info': { scope: 'users:read', run: ({ room }, input) => userResult(room.user(String(input.user))) },
  'usergroups.users.list': {
    scope: 'usergroups:read',
    run: ({ room }, input) => groupResult(room, String(input.usergroup)),
  },
  'usergroups.list': {
    scope: 'usergroups:read',
    run: ({ room }) => ({
      ok: true,
      usergroups: room.cast.groups.map(({ id, handle }) => ({ id, handle, name: handle })),
    }),
  },
  'views.open': { run: ({ room }, input) => viewResult(input.view, () => openView(room, input)) },
  'views.push': { run: ({ room }, input) => viewResult(input.view, () => pushView(room, input)) },
  'views.update': { run: ({ room }, input) => viewResult(input.view, () => updateView(room, input)) },
  'views.publish': { run: ({ room }, input) => viewResult(input.view, () => publishHome(room, input)) },
  'files.getUploadURLExternal': {
    scope: 'files:write',
    run: ({ room, origin }, input) => startUpload(room, origin, input),
  },
  'files.completeUploadExternal': { scope: 'files:write', run: ({ room }, input) => completeUpload(room, input) },
  'files.info': { scope: 'files:read', run: ({ room }, input) => fileInfo(room, input) },
  'assistant.threads.setStatus': { scope: 'chat:write', run: setStatus },
  'apps.connections.open': { run: ({ socketUrl }) => ({ ok: true, url: socketUrl() }) },
};

/** Runs one method of the Web API. `scopes` are those that the app was installed with. */
export function callMethod(context: ApiContext, name: string, input: Fields, scopes: readonly string[]): ApiResult {
  if (name === 'blocks.validate') return validateResult(input);
  const method = METHODS[name];
  if (method === undefined) return refuse('unknown_method');
  const needed = typeof method.scope === 'function' ? method.scope(context.room, input) : method.scope;
  if (needed !== undefined && !scopes.includes(needed)) {
    return { ok: false, error: 'missing_scope', needed, provided: scopes.join(',') };
  }
  return method.run(context, input);
}

function refuse(error: string, faults: readonly Fault[] = []): ApiResult {
  if (faults.length === 0) return { ok: false, error };
  return {
    ok: false,
    error,
    response_metadata: { messages: faults.map((fault) => `[ERROR] ${fault.message} [json-pointer:${fault.pointer}]`) },
  };
}

function validateResult(input: Fields): ApiResult {
  const faults = input.view !== undefined ? validateView(input.view) : validateBlocks(input.blocks, 'message');
  return faults.length === 0
    ? { ok: true }
    : {
        ok: false,
        error: 'invalid_blocks',
        errors: faults.map(({ pointer, message }) => ({ pointer, constraint: message })),
      };
}

/** The content of a message, or Slack's refusal of it. */
function readContent(
  room: Room,
  input: Fields,
): { readonly text: string; readonly blocks: RoomMessage['blocks'] } | ApiResult {
  const text = typeof input.text === 'string' ? input.text : '';
  if (input.blocks !== undefined) {
    const faults = validateBlocks(input.blocks, 'message');
    if (faults.length > 0) return refuse('invalid_blocks', faults);
    if (isTooLong(input.blocks)) return refuse('msg_blocks_too_long');
  }
  if (text.length > LIMITS.message.textTruncatedAt) return refuse('msg_too_long');
  const blocks = withIds(input.blocks, room.newId);
  return text === '' && blocks.length === 0 ? refuse('no_text') : { text, blocks };
}

function postMessage({ room }: ApiContext, input: Fields): ApiResult {
  const target = String(input.channel);
  const channel =
    /^[UW]/.test(target) && room.user(target) !== undefined ? room.directChannel(target) : findChannel(room, target);
  if (channel === undefined) return refuse('channel_not_found');
  // Slack hides private channels from who is not in them, also in its errors.
  if (!channel.members.includes(room.cast.bot.userId))
    return refuse(channel.kind === 'private' ? 'channel_not_found' : 'not_in_channel');
  if (channel.isArchived === true) return refuse('is_archived');
  const content = readContent(room, input);
  if ('ok' in content) return content;
  const threadTs = typeof input.thread_ts === 'string' ? input.thread_ts : undefined;
  const message = room.post({
    ...content,
    channel: channel.id,
    userId: room.cast.bot.userId,
    threadTs,
    ...(input.metadata === undefined ? {} : { metadata: input.metadata }),
  });
  return { ok: true, channel: channel.id, ts: message.ts, message: messageJson(room, message) };
}

function postEphemeral({ room }: ApiContext, input: Fields): ApiResult {
  const channel = findChannel(room, String(input.channel));
  if (channel === undefined) return refuse('channel_not_found');
  if (!channel.members.includes(String(input.user))) return refuse('user_not_in_channel');
  const content = readContent(room, input);
  if ('ok' in content) return content;
  const threadTs = typeof input.thread_ts === 'string' ? input.thread_ts : undefined;
  const message = room.post({
    ...content,
    channel: channel.id,
    userId: room.cast.bot.userId,
    threadTs,
    ephemeralFor: String(input.user),
  });
  return { ok: true, message_ts: message.ts };
}

function updateMessage({ room }: ApiContext, input: Fields): ApiResult {
  const message = room.message(String(input.channel), String(input.ts));
  if (message === undefined || message.ephemeralFor !== undefined) return refuse('message_not_found');
  if (message.userId !== room.cast.bot.userId) return refuse('cant_update_message');
  const content = readContent(room, input);
  if ('ok' in content) return content;
  room.edit(message, content);
  return { ok: true, channel: message.channel, ts: message.ts, text: content.text };
}

function deleteMessage({ room }: ApiContext, input: Fields): ApiResult {
  const message = room.message(String(input.channel), String(input.ts));
  if (message === undefined || message.ephemeralFor !== undefined) return refuse('message_not_found');
  room.remove(message);
  return { ok: true, channel: message.channel, ts: message.ts };
}

function history(room: Room, input: Fields): ApiResult {
  return withChannel(room, input, (channel) =>
    channel.members.includes(room.cast.bot.userId)
      ? { ok: true, ...readMessages(room, channel.id, input) }
      : refuse('not_in_channel'),
  );
}

function setStatus({ room }: ApiContext, input: Fields): ApiResult {
  room.emit({
    kind: 'status',
    channel: String(input.channel_id),
    threadTs: String(input.thread_ts),
    status: String(input.status ?? ''),
  });
  return { ok: true };
}

function viewResult(view: unknown, run: () => ApiResult): ApiResult {
  const faults = validateView(view);
  return faults.length > 0 ? refuse('invalid_arguments', faults) : run();
}

/** By id, or by name as people write it. */
function findChannel(room: Room, target: string): WorkspaceChannel | undefined {
  return (
    room.channel(target) ?? room.channels().find((channel) => channel.kind !== 'im' && `#${channel.name}` === target)
  );
}

function withChannel(room: Room, input: Fields, run: (channel: WorkspaceChannel) => ApiResult): ApiResult {
  const channel = room.channel(String(input.channel));
  const hidden = channel?.kind === 'private' && !channel.members.includes(room.cast.bot.userId);
  return channel === undefined || hidden ? refuse('channel_not_found') : run(channel);
}

function channelJson(room: Room, channel: WorkspaceChannel): Fields {
  const isIm = channel.kind === 'im';
  return {
    id: channel.id,
    name: isIm ? undefined : channel.name,
    is_channel: !isIm,
    is_im: isIm,
    is_private: channel.kind !== 'public',
    is_archived: channel.isArchived === true,
    is_ext_shared: channel.isExternal,
    is_shared: channel.isExternal,
    is_member: channel.members.includes(room.cast.bot.userId),
    num_members: channel.members.length,
    topic: { value: channel.topic },
  };
}

function userResult(user: WorkspaceUser | undefined): ApiResult {
  if (user === undefined) return refuse('user_not_found');
  return {
    ok: true,
    user: {
      id: user.id,
      name: user.name,
      real_name: user.realName,
      team_id: user.teamId,
      deleted: false,
      is_bot: user.isBot,
      is_restricted: user.isGuest,
      is_ultra_restricted: false,
      is_stranger: false,
      tz: 'Etc/UTC',
      profile: { real_name: user.realName, title: user.title },
    },
  };
}

function groupResult(room: Room, id: string): ApiResult {
  const group = room.cast.groups.find((each) => each.id === id);
  return group === undefined ? refuse('no_such_subteam') : { ok: true, users: group.members };
}
