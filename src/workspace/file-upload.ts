import type { Room } from './room.js';
import { type Fields, isFields } from './validate-values.js';
import type { ApiResult } from './web-api.js';

/** After completing, a file is not there at once: Slack works on it for a while. */
const COMPLETION_MS = 150;

/** First step: where the bytes go. */
export function startUpload(room: Room, origin: string, input: Fields): ApiResult {
  const length = Number(input.length);
  const name = String(input.filename ?? '');
  if (name === '' || !Number.isSafeInteger(length) || length <= 0) return { ok: false, error: 'invalid_arguments' };
  const id = room.newId('F');
  room.files.set(id, {
    id,
    name,
    bytes: Buffer.alloc(0),
    altText: String(input.alt_txt ?? ''),
    readyMs: Number.POSITIVE_INFINITY,
  });
  return { ok: true, file_id: id, upload_url: `${origin}/upload/${id}` };
}

/** Second step: the bytes. False for a file that nobody announced. */
export function receiveUpload(room: Room, id: string, bytes: Buffer): boolean {
  const file = room.files.get(id);
  if (file === undefined) return false;
  room.files.set(id, { ...file, bytes });
  return true;
}

/** Third step: the file appears in a conversation, a moment later, as a message of the bot. */
export function completeUpload(room: Room, input: Fields): ApiResult {
  const files = (Array.isArray(input.files) ? input.files : []).filter(isFields);
  const known = files.map((file) => room.files.get(String(file.id)));
  if (files.length === 0 || known.some((file) => file === undefined || file.bytes.length === 0))
    return { ok: false, error: 'file_not_found' };
  const target = typeof input.channel_id === 'string' ? room.channel(input.channel_id) : undefined;
  if (input.channel_id !== undefined && target === undefined) return { ok: false, error: 'channel_not_found' };
  const readyMs = room.now() + COMPLETION_MS;
  for (const file of known) if (file !== undefined) room.files.set(file.id, { ...file, readyMs });
  if (target !== undefined) {
    const share = () =>
      room.post({
        channel: target.id,
        userId: room.cast.bot.userId,
        text: typeof input.initial_comment === 'string' ? input.initial_comment : '',
        threadTs: typeof input.thread_ts === 'string' ? input.thread_ts : undefined,
        files: known.flatMap((file) => (file === undefined ? [] : [file.id])),
      });
    setTimeout(share, COMPLETION_MS).unref();
  }
  return { ok: true, files: files.map((file) => ({ id: file.id, title: file.title })) };
}

export function fileInfo(room: Room, input: Fields): ApiResult {
  const file = room.files.get(String(input.file));
  if (file === undefined) return { ok: false, error: 'file_not_found' };
  const isReady = file.readyMs <= room.now();
  return {
    ok: true,
    file: { id: file.id, name: file.name, size: file.bytes.length, mimetype: isReady ? 'text/csv' : '' },
  };
}
