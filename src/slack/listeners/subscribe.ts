import type { App } from '@slack/bolt';
import { answerCall, type Desk, type Request } from '../answer-call.js';
import { originConversation, readOrigin } from '../composer.js';
import { readSubscribeState, SUBSCRIBE_VIEW } from '../subscribe-view.js';

/** The window that orders a digest, sent: the same as the command with its words. */
export function listenToSubscribe(app: App, desk: Desk): void {
  app.view(SUBSCRIBE_VIEW, async ({ ack, body, view, client }) => {
    const read = readSubscribeState(view.state.values);
    if ('errors' in read) return ack({ response_action: 'errors', errors: { ...read.errors } });
    await ack();
    const origin = readOrigin(view.private_metadata);
    const place = { ...(origin?.place ?? { channelId: body.user.id }), userId: body.user.id };
    const request: Request = {
      text: `subscribe ${read.words}`,
      place,
      teamId: body.team?.id,
      via: 'subscribe',
    };
    const conversation = originConversation(client, origin, place, desk.deps.log);
    await answerCall(desk, conversation, request, { progressShown: false });
  });
}
