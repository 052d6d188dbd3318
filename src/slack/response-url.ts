import type { Sent } from './deliver.js';
import type { Message } from './message.js';

const TIMEOUT_MS = 4_000;
const WAITS_MS = [250, 1_000];

/** How a message goes to a response URL. */
export interface ResponseOptions {
  readonly replace: boolean;
  /** `in_channel` is seen by everybody there. */
  readonly type: 'ephemeral' | 'in_channel';
}

/**
 * Posts to a response URL of Slack. Bolt's own `respond` has neither a time limit nor a second try, and an answer that
 * took minutes should not be lost to one hiccup: 429, 5xx and network errors are tried three times within seconds.
 */
export async function postResponse(url: string, message: Message, options: ResponseOptions): Promise<Sent> {
  const body = JSON.stringify({
    ...bodyOf(message),
    response_type: options.type,
    replace_original: options.replace,
    unfurl_links: false,
    unfurl_media: false,
  });
  for (const wait of [...WAITS_MS, undefined]) {
    const sent = await attempt(url, body);
    if (sent !== 'again') return sent;
    if (wait !== undefined) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return 'gone';
}

/** Takes an ephemeral message away. A failure is no matter: the message vanishes at the next reload anyway. */
export async function deleteOriginal(url: string): Promise<void> {
  await attempt(url, JSON.stringify({ delete_original: true }));
}

async function attempt(url: string, body: string): Promise<Sent | 'again'> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 429 || response.status >= 500) return 'again';
    if (response.status === 404 || response.status === 410 || text.includes('expired_url') || text.includes('used_url'))
      return 'gone';
    return response.ok && !text.includes('"ok":false') ? 'ok' : 'refused';
  } catch {
    return 'again';
  }
}

/** A message as Slack's methods take it. Without blocks the key stays away: an empty list is refused. */
export function bodyOf(message: Message): { text: string; blocks?: Message['blocks'] } {
  return message.blocks.length === 0 ? { text: message.text } : { text: message.text, blocks: message.blocks };
}
