import type { WebClient } from '@slack/web-api';
import type { Desk, Request } from './answer-call.js';
import { checkAudience, findAudience } from './audience.js';
import { type Conversation, channelConversation, ephemeralConversation } from './conversation.js';

/**
 * In the thread where everybody there may see the answer, else to the asker alone.
 * @param startTs a message of ours there that is edited; a new one is posted where absent
 */
export async function readersConversation(
  desk: Desk,
  client: WebClient,
  request: Pick<Request, 'place' | 'teamId'>,
  startTs?: string,
): Promise<Conversation> {
  const { place, teamId } = request;
  const { log } = desk.deps;
  try {
    const caller = await desk.access.caller(place.userId, teamId);
    checkAudience(await findAudience(client, desk.access, place.channelId, caller, teamId), desk.access.rules);
    return channelConversation(client, place, log, startTs);
  } catch {
    // Whatever it was, answerCall finds it again and says it; it must not say it to the channel.
    return ephemeralConversation(client, place, log);
  }
}
