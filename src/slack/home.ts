import type { WebClient } from '@slack/web-api';
import type { Caller } from '../answers/reply.js';
import { describeError, NetcostError } from '../errors.js';
import type { Desk } from './answer-call.js';
import { teamsFor } from './composer.js';
import { settingsView } from './home-settings-view.js';
import { homeView } from './home-view.js';
import { noticeView } from './statement-view.js';

/** Works out a person's home and publishes it. Never throws: what cannot be read is said on the page. */
export async function publishHome(
  desk: Desk,
  client: WebClient,
  userId: string,
  homeTeamId: string | undefined,
): Promise<void> {
  const publish = (view: ReturnType<typeof homeView>) => client.views.publish({ user_id: userId, view });
  try {
    const caller = await desk.access.caller(userId, homeTeamId);
    await publish(homeView(await aboutOf(desk, caller, userId)));
  } catch (error) {
    if (!(error instanceof NetcostError)) desk.deps.log.error('the home could not be made', { error });
    await publish(homeView({ problem: describeError(error) })).catch((second: unknown) => {
      desk.deps.log.warn('the home could not be published', { error: second });
    });
  }
}

async function aboutOf(desk: Desk, caller: Caller, userId: string): Promise<Parameters<typeof homeView>[0]> {
  const { home } = desk.deps;
  const rights = { teams: caller.teams, roles: caller.roles };
  if (home === undefined) return rights;
  const settings = await home.readSettings(userId);
  return { ...rights, settings, facts: await home.facts({ caller, userId, settings }) };
}

/** Opens the window with a person's settings; an empty one first, for the trigger lives three seconds. */
export async function openSettings(
  desk: Desk,
  client: WebClient,
  from: { readonly triggerId: string; readonly userId: string; readonly teamId: string | undefined },
): Promise<void> {
  const { home } = desk.deps;
  if (home === undefined) return;
  const opened = await client.views.open({
    trigger_id: from.triggerId,
    view: noticeView('My settings', 'One moment …'),
  });
  const viewId = opened.view?.id ?? '';
  try {
    const caller = await desk.access.caller(from.userId, from.teamId);
    const view = settingsView(await teamsFor(desk, caller), await home.readSettings(from.userId));
    await client.views.update({ view_id: viewId, view });
  } catch (error) {
    if (!(error instanceof NetcostError)) desk.deps.log.error('the settings could not be read', { error });
    await client.views.update({ view_id: viewId, view: noticeView('My settings', describeError(error)) });
  }
}
