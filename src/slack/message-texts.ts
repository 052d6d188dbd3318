const MAX_DEPTH = 8;

/**
 * Every string of a message that a person could read: text, blocks, attachments. Ids and time stamps are passed over.
 * The message is data of others, so it may have any form.
 */
export function messageTexts(message: unknown): string[] {
  return textsOf(message, MAX_DEPTH);
}

function textsOf(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth === 0) return [];
  if (Array.isArray(value)) return value.flatMap((each) => textsOf(each, depth - 1));
  return Object.entries(value).flatMap(([key, each]) =>
    /^(ts|thread_ts|type|.*_id|id|user|team|edited)$/.test(key) ? [] : textsOf(each, depth - 1),
  );
}
