import type { App } from '@slack/bolt';
import { answerCall, type Desk } from '../answer-call.js';
import { openComposer } from '../composer.js';
import { apiBody, responseConversation } from '../conversation.js';
import { progressMessage } from '../reply-blocks.js';
import { openSubscribe } from '../subscribe.js';

/** `/netcost …`: acknowledged at once with a line that says what is being done, then answered in its place. */
export function listenToCommand(app: App, desk: Desk): void {
  app.command('/netcost', async ({ command, ack, client }) => {
    const text = command.text.trim();
    const place = { channelId: command.channel_id, userId: command.user_id };
    const conversation = responseConversation(client, command.response_url, place, desk.deps.log, { replace: true });
    const isWindow = text === '' || /^subscribe$/i.test(text);
    if (isWindow) {
      await ack();
      const { trigger_id: triggerId, team_id: teamId, response_url: responseUrl } = command;
      await (text === '' ? openComposer : openSubscribe)(desk, client, { triggerId, place, teamId, responseUrl });
      return;
    }
    const ticket = desk.runs.ticket(command.user_id);
    const isQuick = /^(help|\?)$/i.test(text) || desk.deps.isAct?.(text) === true;
    await ack(isQuick ? undefined : { response_type: 'ephemeral', ...apiBody(progressMessage(text, ticket.id)) });
    await answerCall(
      desk,
      conversation,
      { text, place, teamId: command.team_id, via: 'command', ticket },
      { progressShown: true },
    );
  });
}
