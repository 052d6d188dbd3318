import type { Room, RoomMessage } from './room.js';
import { type Fields, isFields } from './validate-values.js';

/** The scope that reading the messages of a channel takes: it depends on the channel's kind. */
export function historyScope(room: Room, input: Fields): string {
  const kind = room.channel(String(input.channel))?.kind;
  return kind === 'im' ? 'im:history' : kind === 'private' ? 'groups:history' : 'channels:history';
}

/**
 * One page of the messages that everybody in a channel sees: of the channel, the newest first, or of the thread `ts`,
 * the oldest first. `oldest` is exclusive, and metadata is left out where it was not asked for, as in Slack.
 */
export function readMessages(room: Room, channelId: string, input: Fields): Fields {
  const thread = typeof input.ts === 'string' ? input.ts : undefined;
  const after = Number(input.oldest ?? 0);
  const isMeant = (each: RoomMessage) =>
    thread === undefined ? each.threadTs === undefined : each.ts === thread || each.threadTs === thread;
  const meant = room
    .messages(channelId)
    .filter((each) => each.ephemeralFor === undefined && Number(each.ts) > after && isMeant(each))
    .sort((a, b) => (Number(a.ts) - Number(b.ts)) * (thread === undefined ? -1 : 1));
  const from = Number(input.cursor ?? 0);
  const to = from + Math.min(Number(input.limit ?? 100), 1000);
  const hasMetadata = String(input.include_all_metadata) === 'true';
  const messages = meant.slice(from, to).map((each) => {
    const { metadata, ...rest } = messageJson(room, each);
    return metadata === undefined || !hasMetadata ? rest : { ...rest, metadata };
  });
  return { messages, response_metadata: { next_cursor: to < meant.length ? String(to) : '' } };
}

export function messageJson(room: Room, message: RoomMessage): Fields {
  const isBot = message.userId === room.cast.bot.userId;
  return {
    type: 'message',
    user: message.userId,
    ts: message.ts,
    text: message.text,
    team: room.cast.team.id,
    ...(isBot ? { bot_id: room.cast.bot.botId, app_id: room.cast.bot.appId } : {}),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.files.length > 0 ? { files: message.files.map((id) => fileJson(room, id)) } : {}),
    ...(isFields(message.metadata) ? { metadata: message.metadata } : {}),
  };
}

function fileJson(room: Room, id: string): Fields {
  const file = room.files.get(id);
  return file === undefined ? { id, mode: 'tombstone' } : { id, name: file.name, size: file.bytes.length };
}
