import type { App } from '@slack/bolt';
import { describeError } from '../../errors.js';
import { answerCall, type Desk, guarded, type Request } from '../answer-call.js';
import { readAsked } from '../buttons.js';
import { findProblem, keepChoices, readOrigin } from '../composer.js';
import { choicesText, type InputState, readChoices } from '../composer-view.js';
import { channelConversation, ephemeralConversation, responseConversation } from '../conversation.js';
import { homeView } from '../home-view.js';
import { snoozeIncident } from '../incident-presses.js';
import { sharedLine } from '../lines.js';
import { isDirect } from '../press.js';
import { shareAnswer } from '../share.js';
import { SNOOZE_VIEW, snoozeMs } from '../snooze-view.js';

type Values = Readonly<
  Record<string, Readonly<Record<string, InputState & { readonly selected_conversation?: string | null }>>>
>;

/** What happens when a window is sent: the composer asks, the picker shares. And the App Home. */
export function listenToViews(app: App, desk: Desk): void {
  app.view(SNOOZE_VIEW, async ({ ack, body, view, client }) => {
    await ack();
    const values = view.state.values as Values;
    const picked = values.snooze?.['pick:snooze']?.selected_option?.value;
    const place = { channelId: body.user.id, userId: body.user.id };
    const request: Request = { text: `snooze ${picked ?? ''}`, place, teamId: body.team?.id, via: 'snooze' };
    const aside = channelConversation(client, place, desk.deps.log);
    await snoozeIncident(desk, aside, request, view.private_metadata, snoozeMs(picked));
  });

  app.view('compose', async ({ ack, body, view, client }) => {
    const choices = readChoices(view.state.values as Values);
    const problem = findProblem(desk, choices);
    if (problem !== undefined) {
      await ack({
        response_action: 'errors',
        errors: {
          [blockOf(
            problem,
            view.blocks.map((block) => block.block_id ?? ''),
          )]: problem,
        },
      });
      return;
    }
    await ack();
    await keepChoices(desk, body.user.id, choices);
    const origin = readOrigin(view.private_metadata);
    const place = origin?.place ?? { channelId: body.user.id, userId: body.user.id };
    const { log } = desk.deps;
    const conversation =
      origin?.responseUrl !== undefined
        ? responseConversation(client, origin.responseUrl, place, log, { replace: true })
        : isDirect(place.channelId)
          ? channelConversation(client, place, log)
          : ephemeralConversation(client, place, log);
    const request: Request = {
      text: choicesText(choices),
      place: { ...place, userId: body.user.id },
      teamId: body.team?.id,
      via: 'composer',
    };
    await answerCall(desk, conversation, request, { progressShown: false });
  });

  app.view('share_to', async ({ ack, body, view, client }) => {
    await ack();
    const asked = readAsked(view.private_metadata);
    const channelId = (view.state.values as Values).channel?.['pick:channel']?.selected_conversation;
    if (asked === undefined || typeof channelId !== 'string') return;
    const place = { channelId: body.user.id, userId: body.user.id };
    const request: Request = { ...asked, place, teamId: body.team?.id, via: 'share' };
    // Choosing the channel in a window that says who will read it is the confirmation.
    const conversation = channelConversation(client, place, desk.deps.log);
    await guarded(desk, conversation, request, async (caller) => {
      await shareAnswer(desk, client, caller, request, { channelId }, true);
      await conversation.show(sharedLine(channelId));
    });
  });

  app.event('app_home_opened', async ({ event, client, context }) => {
    if (event.tab !== 'home') return;
    try {
      const caller = await desk.access.caller(event.user, context.teamId);
      await client.views.publish({
        user_id: event.user,
        view: homeView({ teams: caller.teams, roles: caller.roles }),
      });
    } catch (error) {
      await client.views.publish({ user_id: event.user, view: homeView({ problem: describeError(error) }) });
    }
  });
}

/** The input that a problem is about: the one whose name it begins with or mentions, else the free words. */
function blockOf(problem: string, blocks: readonly string[]): string {
  const named = ['team', 'since', 'by', 'compare', 'top'].find(
    (id) => blocks.includes(id) && new RegExp(`\\b${id}=`).test(problem),
  );
  return named ?? 'more';
}
