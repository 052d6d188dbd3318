import type { App } from '@slack/bolt';
import { answerCall, type Desk, guarded, type Request } from '../answer-call.js';
import { readAsked } from '../buttons.js';
import { findProblem, keepChoices, originConversation, readOrigin, teamsFor } from '../composer.js';
import { choicesText, type InputState, readChoices } from '../composer-view.js';
import { channelConversation } from '../conversation.js';
import { publishHome } from '../home.js';
import { readSettingsState, SETTINGS_VIEW } from '../home-settings-view.js';
import { snoozeIncident } from '../incident-presses.js';
import { sharedLine } from '../lines.js';
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
    const conversation = originConversation(client, origin, place, desk.deps.log);
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

  app.view(SETTINGS_VIEW, async ({ ack, body, view, client }) => {
    const { home } = desk.deps;
    const caller = await desk.access.caller(body.user.id, body.team?.id).catch(() => undefined);
    // Who lost the right to ask while the window was open has nothing to set.
    if (home === undefined || caller === undefined) return ack();
    const read = readSettingsState(view.state.values as Values, await teamsFor(desk, caller));
    if ('errors' in read) return ack({ response_action: 'errors', errors: { ...read.errors } });
    await ack();
    await home.writeSettings(body.user.id, read.settings);
    await publishHome(desk, client, body.user.id, body.team?.id);
  });

  app.event('app_home_opened', async ({ event, client, context }) => {
    if (event.tab === 'home') await publishHome(desk, client, event.user, context.teamId);
  });
}

/** The input that a problem is about: the one whose name it begins with or mentions, else the free words. */
function blockOf(problem: string, blocks: readonly string[]): string {
  const named = ['team', 'since', 'by', 'compare', 'top'].find(
    (id) => blocks.includes(id) && new RegExp(`\\b${id}=`).test(problem),
  );
  return named ?? 'more';
}
