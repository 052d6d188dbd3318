import type { App } from '@slack/bolt';
import { findAddresses } from '../addresses-in-text.js';
import { answerCall, type Desk, type Request } from '../answer-call.js';
import { channelConversation, ephemeralConversation, type Place, responseConversation } from '../conversation.js';
import { diagnoseMessage, exportThread } from '../incident-presses.js';
import { LINES, lineMessage } from '../lines.js';
import { messageTexts } from '../message-texts.js';
import { readersConversation } from '../readers-conversation.js';
import { createSeen } from '../seen.js';

/** Questions in words: a mention in a channel or thread, a direct message, and the shortcut on somebody's message. */
export function listenToMessages(app: App, desk: Desk): void {
  const seen = createSeen(desk.deps.now);

  app.event('app_mention', async ({ event, client, body, context }) => {
    // Slack delivers an event again where our acknowledgement got lost: one question, one answer.
    if (seen(body.event_id) || event.user === undefined || event.bot_id !== undefined) return;
    const place: Place = { channelId: event.channel, userId: event.user, threadTs: event.thread_ts ?? event.ts };
    const text = withoutMention(event.text, context.botUserId);
    const request: Request = { text, place, teamId: body.team_id, via: 'mention' };
    if (/^export$/i.test(text)) {
      const aside = ephemeralConversation(client, place, desk.deps.log);
      if (await exportThread(desk, client, aside, request)) return;
    }
    const conversation = await readersConversation(desk, client, request);
    await answerCall(desk, conversation, request, { progressShown: false });
  });

  app.event('message', async ({ event, client, body }) => {
    if (event.channel_type !== 'im' || event.subtype !== undefined || !('user' in event) || event.user === undefined)
      return;
    if (('bot_id' in event && event.bot_id !== undefined) || seen(body.event_id)) return;
    const threadTs = 'thread_ts' in event && typeof event.thread_ts === 'string' ? event.thread_ts : undefined;
    const place: Place = {
      channelId: event.channel,
      userId: event.user,
      ...(threadTs === undefined ? {} : { threadTs }),
    };
    const text = ('text' in event && typeof event.text === 'string' ? event.text : '')
      .replace(/^\s*\/?netcost\b/i, '')
      .trim();
    const request: Request = { text, place, teamId: body.team_id, via: 'message' };
    await answerCall(desk, channelConversation(client, place, desk.deps.log), request, { progressShown: false });
  });

  app.shortcut({ type: 'message_action', callback_id: 'who_is_behind' }, async ({ shortcut, ack, client }) => {
    await ack();
    const place: Place = { channelId: shortcut.channel.id, userId: shortcut.user.id };
    const conversation = responseConversation(client, shortcut.response_url, place, desk.deps.log, { replace: false });
    const addresses = findAddresses(shortcut.message);
    if (addresses.length === 0) {
      await conversation.show(lineMessage(LINES.noAddress));
      return;
    }
    const request: Request = { text: `who ${addresses.join(' ')}`, place, teamId: shortcut.team?.id, via: 'shortcut' };
    await answerCall(desk, conversation, request, { progressShown: true });
  });

  app.shortcut({ type: 'message_action', callback_id: 'diagnose_alert' }, async ({ shortcut, ack, client }) => {
    await ack();
    const place: Place = { channelId: shortcut.channel.id, userId: shortcut.user.id };
    const aside = responseConversation(client, shortcut.response_url, place, desk.deps.log, { replace: false });
    const request: Request = { text: 'diagnose a message', place, teamId: shortcut.team?.id, via: 'shortcut' };
    const { message } = shortcut;
    const ts =
      'thread_ts' in message && typeof message.thread_ts === 'string' ? message.thread_ts : shortcut.message_ts;
    await diagnoseMessage(desk, client, aside, request, { text: messageTexts(message).join('\n'), ts });
  });
}

function withoutMention(text: string, botUserId: string | undefined): string {
  const mention = botUserId === undefined ? /<@[A-Z0-9]+(?:\|[^>]*)?>/ : new RegExp(`<@${botUserId}(?:\\|[^>]*)?>`);
  return text.replace(mention, ' ').trim();
}
