import type { WebClient } from '@slack/web-api';
import type { Answer } from '../answers/answer.js';
import type { Caller } from '../answers/reply.js';
import { NetcostError } from '../errors.js';
import { answerMessage } from './answer-blocks.js';
import { type Desk, type Request, runCall } from './answer-call.js';
import { type Audience, checkAudience, findAudience, isWide } from './audience.js';
import { ACTIONS, type Asked, button, isButton, writeAsked } from './buttons.js';
import { channelConversation } from './conversation.js';
import { deliver } from './deliver.js';
import { context, type Message, type OurBlock, section } from './message.js';
import { bold, escapeText, plain } from './mrkdwn.js';
import { postResponse } from './response-url.js';

/** Where to share, and how: the response URL works in channels that the bot is no member of. */
export interface ShareTarget {
  readonly channelId: string;
  readonly threadTs?: string;
  readonly responseUrl?: string;
}

/**
 * Posts an answer where others read it. It is worked out anew, with the sharer's rights of this moment. Returns the
 * question to ask first where the channel is wide and nobody has confirmed; undefined where the answer was posted.
 * Throws NetcostError('denied') where readers there may not see it.
 */
export async function shareAnswer(
  desk: Desk,
  client: WebClient,
  caller: Caller,
  request: Request,
  target: ShareTarget,
  confirmed: boolean,
): Promise<Message | undefined> {
  const audience = await findAudience(client, desk.access, target.channelId, caller, request.teamId);
  checkAudience(audience, desk.access.rules);
  const nowMs = request.nowMs ?? desk.deps.now();
  const asked = { text: request.text, nowMs };
  if (!confirmed && isWide(audience)) return confirmMessage(audience, asked);
  const answer = await answerOf(desk, caller, request, nowMs);
  const message = answerMessage(answer, {
    asked: { text: answer.query.text, nowMs },
    sharedBy: request.place.userId,
    canShare: false,
  });
  const { responseUrl } = target;
  if (responseUrl !== undefined && target.threadTs === undefined) {
    const sent = await deliver(
      (form) => postResponse(responseUrl, form, { replace: false, type: 'in_channel' }),
      message,
      desk.deps.log,
    );
    if (sent === 'ok') return undefined;
  }
  const place = { channelId: target.channelId, userId: request.place.userId };
  const { threadTs } = target;
  await channelConversation(client, threadTs === undefined ? place : { ...place, threadTs }, desk.deps.log).show(
    message,
  );
  return undefined;
}

/**
 * The answer to a question of a button: everything else that a command may say is not for sharing.
 * @param dearHint what to do where the answer would have to be paid for anew
 * @throws NetcostError 'denied' with the price then
 */
export async function answerOf(
  desk: Desk,
  caller: Caller,
  request: Request,
  nowMs: number,
  dearHint = 'This answer is kept for an hour only: ask it again, and press there.',
): Promise<Answer> {
  const reply = await runCall(desk, desk.runs.ticket(request.place.userId), request, caller, nowMs);
  if (reply.kind === 'confirm') throw new NetcostError('denied', `${reply.title}.`, { hint: dearHint });
  if (reply.kind !== 'answer')
    throw new NetcostError('usage', 'This is no question about bytes.', { hint: 'Ask again with /netcost.' });
  return reply.answer;
}

/** Asks before posting where many read it. */
export function confirmMessage(audience: Audience, asked: Asked): Message {
  const people =
    audience.people === undefined
      ? 'everybody there'
      : audience.people === 1
        ? 'the one person there'
        : `all ${audience.people} people there`;
  const kind = audience.isPrivate ? 'a private channel' : 'a channel that everybody in the workspace can open';
  const name = audience.name.startsWith('<#') ? audience.name : bold(audience.name);
  const value = writeAsked(asked);
  const elements = [
    button(ACTIONS.shareAnyway, 'Share it', value, { style: 'primary' }),
    button(ACTIONS.shareElsewhere, 'Share elsewhere…', value),
    button(ACTIONS.dismiss, 'Not now', 'dismiss'),
  ].filter(isButton);
  const unchecked = audience.isUnchecked
    ? [context(plain('I could not check all of them for what they may see.'))]
    : [];
  const blocks: OurBlock[] = [
    section(`Share this answer in ${name} with ${people}? It is ${kind}.`),
    ...unchecked,
    { type: 'actions', elements },
  ];
  const plainName = audience.name.startsWith('<#') ? audience.name : escapeText(audience.name);
  return { text: `Share this answer in ${plainName} with ${people}?`, blocks };
}
