import type { WebClient } from '@slack/web-api';
import { describeError, NetcostError } from '../errors.js';
import type { Desk } from './answer-call.js';
import { type ComposerOrigin, teamsFor } from './composer.js';
import { waitingView } from './composer-view.js';
import { noticeView } from './statement-view.js';
import { subscribeView } from './subscribe-view.js';

/**
 * Opens the window that orders a digest. The trigger lives three seconds, so an empty window is opened first and filled
 * when it is known who asks and what they may see.
 */
export async function openSubscribe(
  desk: Desk,
  client: WebClient,
  from: ComposerOrigin & { readonly triggerId: string; readonly teamId: string | undefined },
): Promise<void> {
  const opened = await client.views.open({ trigger_id: from.triggerId, view: waitingView() });
  const viewId = opened.view?.id;
  if (viewId === undefined) return;
  const { userId, channelId } = from.place;
  try {
    const caller = await desk.access.caller(userId, from.teamId);
    const view = subscribeView({
      teams: await teamsFor(desk, caller),
      maySeeAll: caller.teams === 'all',
      zone: (await desk.deps.zoneOf?.(userId)) ?? 'UTC',
      channelId,
      metadata: JSON.stringify({ place: from.place, responseUrl: from.responseUrl } satisfies ComposerOrigin),
    });
    await client.views.update({ view_id: viewId, view });
  } catch (error) {
    if (!(error instanceof NetcostError)) desk.deps.log.error('the subscribe window could not be filled', { error });
    await client.views.update({ view_id: viewId, view: noticeView('Subscribe', describeError(error)) });
  }
}
