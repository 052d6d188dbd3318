import { LIMITS } from '../slack/limits.js';
import type { ResponseUrl, Room } from './room.js';
import { withIds } from './room.js';
import { isTooLong, validateBlocks } from './validate-blocks.js';
import { isFields } from './validate-values.js';

/** The oldest give way; by then they have long expired. */
const MAX_URLS = 2_000;

/** Makes a URL that answers a command or a press. `messageTs` is the message it may replace. */
export function createResponseUrl(
  room: Room,
  place: {
    readonly channel: string;
    readonly userId: string;
    readonly threadTs?: string | undefined;
    readonly messageTs?: string;
  },
): ResponseUrl {
  const url: ResponseUrl = {
    id: room.newId('R'),
    channel: place.channel,
    userId: place.userId,
    threadTs: place.threadTs,
    createdMs: room.now(),
    uses: 0,
    messageTs: place.messageTs,
  };
  room.responseUrls.set(url.id, url);
  if (room.responseUrls.size > MAX_URLS) room.responseUrls.delete([...room.responseUrls.keys()][0]!);
  return url;
}

/** What a response URL answers: five uses within thirty minutes, then it is gone. */
export function useResponseUrl(
  room: Room,
  id: string,
  body: unknown,
): { readonly status: number; readonly body: string } {
  const url = room.responseUrls.get(id);
  if (url === undefined) return { status: 404, body: 'no_service' };
  if (room.now() - url.createdMs > LIMITS.responseUrl.milliseconds) return { status: 404, body: 'expired_url' };
  if (url.uses >= LIMITS.responseUrl.uses) return { status: 404, body: 'used_url' };
  if (!isFields(body)) return { status: 400, body: 'invalid_payload' };
  url.uses += 1;
  const problem = respond(room, url, body);
  return problem === undefined ? { status: 200, body: 'ok' } : { status: 400, body: problem };
}

/** Does what an acknowledgement or a use of a response URL says. Returns Slack's word where it refuses. */
export function respond(room: Room, url: ResponseUrl, body: Readonly<Record<string, unknown>>): string | undefined {
  const original = url.messageTs === undefined ? undefined : room.message(url.channel, url.messageTs);
  if (body.delete_original === true) {
    if (original !== undefined) room.remove(original);
    return undefined;
  }
  const text = typeof body.text === 'string' ? body.text : '';
  if (body.blocks !== undefined && validateBlocks(body.blocks, 'message').length > 0) return 'invalid_blocks';
  if (isTooLong(body.blocks)) return 'msg_blocks_too_long';
  const blocks = withIds(body.blocks, room.newId);
  if (text === '' && blocks.length === 0) return 'no_text';
  if (body.replace_original === true && original !== undefined) {
    room.edit(original, { text, blocks });
    return undefined;
  }
  const isPublic = body.response_type === 'in_channel';
  const posted = room.post({
    channel: url.channel,
    userId: room.cast.bot.userId,
    text,
    blocks,
    threadTs: url.threadTs,
    ephemeralFor: isPublic ? undefined : url.userId,
  });
  // From now on replace_original means the line that this URL made itself.
  if (!isPublic && original === undefined) url.messageTs = posted.ts;
  return undefined;
}
