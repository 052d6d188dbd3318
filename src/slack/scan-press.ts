import type { WebClient } from '@slack/web-api';
import { answerCall, type Desk, type Request } from './answer-call.js';
import { type Conversation, channelConversation } from './conversation.js';
import { LINES, lineMessage } from './lines.js';
import { asideConversation, isDirect, type Press, pressConversation } from './press.js';
import { readersConversation } from './readers-conversation.js';
import { progressMessage } from './reply-blocks.js';
import { readScanOrder, staleScanMessage } from './scan-blocks.js';

/**
 * The price of a question, accepted: asks it in place of the price, for the person who asked and nobody else, once, and
 * only while the price is good. All that it needs stands in the button, so a restart in between changes nothing.
 */
export async function acceptScan(desk: Desk, client: WebClient, press: Press): Promise<void> {
  const { deps } = desk;
  const tell = (line: string) => asideConversation(client, press, deps.log).show(lineMessage(line));
  const order = readScanOrder(press.value);
  if (order === undefined) return tell(LINES.noQuestion);
  if (order.askerId !== press.place.userId) return tell(LINES.notYourScan);
  const { shown } = order;
  if (deps.now() >= order.untilMs) {
    const there = await placeOfAnswer(desk, client, press);
    return there.show(staleScanMessage(shown));
  }
  if (desk.accepted(press.value ?? '')) return tell(LINES.scanned);
  const ticket = desk.runs.ticket(press.place.userId);
  const { place, teamId } = press;
  const request: Request = { text: order.line, shown, place, teamId, via: 'button', ticket };
  const conversation = await placeOfAnswer(desk, client, press);
  // At once, and without the button: nobody should wonder whether it was pressed.
  const isShown = conversation.edits !== 'never';
  if (isShown) {
    await conversation
      .show(progressMessage(shown, ticket.id))
      .catch((error: unknown) => deps.log.warn('the waiting line could not be shown', { error }));
  }
  await answerCall(desk, conversation, request, { progressShown: isShown });
}

/** The message that showed the price becomes the answer, where those who read it may see that. */
async function placeOfAnswer(desk: Desk, client: WebClient, press: Press): Promise<Conversation> {
  const { log } = desk.deps;
  if (press.isEphemeral) return pressConversation(client, press, log);
  if (isDirect(press.place.channelId)) return channelConversation(client, press.place, log, press.messageTs);
  return readersConversation(desk, client, press, press.messageTs);
}
