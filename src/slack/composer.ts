import type { WebClient } from '@slack/web-api';
import type { Caller } from '../answers/reply.js';
import { describeError, NetcostError } from '../errors.js';
import type { Log } from '../log.js';
import { parseQuestion } from '../query/parse.js';
import type { Desk } from './answer-call.js';
import { type Choices, choicesText, composerView, FIRST_CHOICES, waitingView } from './composer-view.js';
import {
  type Conversation,
  channelConversation,
  ephemeralConversation,
  type Place,
  responseConversation,
} from './conversation.js';
import { isDirect } from './press.js';
import { noticeView } from './statement-view.js';

/** What the composer has to remember until it is sent; travels in the view's private metadata. */
export interface ComposerOrigin {
  readonly place: Place;
  readonly responseUrl?: string | undefined;
}

/** The preference that holds the choices. */
const COMPOSER = 'composer';

/**
 * Opens the composer. The trigger lives three seconds, so an empty window is opened first and filled when it is known
 * who asks and which teams they may choose from.
 */
export async function openComposer(
  desk: Desk,
  client: WebClient,
  from: ComposerOrigin & { readonly triggerId: string; readonly teamId: string | undefined },
): Promise<void> {
  const opened = await client.views.open({ trigger_id: from.triggerId, view: waitingView() });
  const viewId = opened.view?.id;
  if (viewId === undefined) return;
  try {
    const caller = await desk.access.caller(from.place.userId, from.teamId);
    const metadata = JSON.stringify({ place: from.place, responseUrl: from.responseUrl } satisfies ComposerOrigin);
    const view = composerView({
      teams: await teamsFor(desk, caller),
      choices: await lastChoices(desk, from.place.userId),
      metadata,
    });
    await client.views.update({ view_id: viewId, view });
  } catch (error) {
    if (!(error instanceof NetcostError)) desk.deps.log.error('the composer could not be filled', { error });
    await client.views.update({ view_id: viewId, view: noticeView('Ask netcost', describeError(error)) });
  }
}

/** What the person asked for the last time they composed a question; the first choices where that is not known. */
async function lastChoices(desk: Desk, userId: string): Promise<Choices> {
  const kept = await desk.deps.preferences?.read(userId, COMPOSER).catch(() => undefined);
  if (typeof kept !== 'object' || kept === null) return FIRST_CHOICES;
  const { teams, since, by, compare, top, more } = { ...FIRST_CHOICES, ...kept };
  const isText = (value: unknown) => typeof value === 'string';
  const isList = (value: unknown) => Array.isArray(value) && value.every(isText);
  const isWhole = isList(teams) && isList(by) && [since, compare, top, more].every(isText);
  return isWhole ? { teams, since, by, compare, top, more } : FIRST_CHOICES;
}

/** Remembers the choices for the next time; a failure is no matter. */
export async function keepChoices(desk: Desk, userId: string, choices: Choices): Promise<void> {
  await desk.deps.preferences?.write(userId, COMPOSER, choices).catch((error: unknown) => {
    desk.deps.log.warn('the choices of the composer could not be kept', { error });
  });
}

/** The teams that a person may choose from. */
export async function teamsFor(desk: Desk, caller: Caller): Promise<readonly string[]> {
  if (caller.teams !== 'all') return caller.teams;
  return [...(await desk.deps.teams())].sort((a, b) => a.localeCompare(b));
}

/** What is wrong with the choices, in one line; undefined where they make a question. */
export function findProblem(desk: Desk, choices: Choices): string | undefined {
  try {
    parseQuestion(choicesText(choices), { nowMs: desk.deps.now() });
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

export function readOrigin(metadata: string): ComposerOrigin | undefined {
  try {
    const parsed: unknown = JSON.parse(metadata);
    return typeof parsed === 'object' && parsed !== null && 'place' in parsed ? (parsed as ComposerOrigin) : undefined;
  } catch {
    return undefined;
  }
}

/** Where the answer to a sent window goes: in place of the command's line, else to the person where they asked. */
export function originConversation(
  client: WebClient,
  origin: ComposerOrigin | undefined,
  place: Place,
  log: Log,
): Conversation {
  if (origin?.responseUrl !== undefined)
    return responseConversation(client, origin.responseUrl, place, log, { replace: true });
  return isDirect(place.channelId)
    ? channelConversation(client, place, log)
    : ephemeralConversation(client, place, log);
}
