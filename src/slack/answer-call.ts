import type { Caller, Reply } from '../answers/reply.js';
import { NetcostError } from '../errors.js';
import type { Access } from './access.js';
import type { AnswerPlace } from './answer-blocks.js';
import type { Conversation, Place } from './conversation.js';
import { openLiveLine } from './live-line.js';
import { errorMessage, replyMessage } from './reply-blocks.js';
import type { RunEars, Runs, Ticket } from './runs.js';
import type { AuditLine, SlackDeps } from './slack-deps.js';

/** What listeners share: the rest of netcost, the rights, and the runs in flight. */
export interface Desk {
  readonly deps: SlackDeps;
  readonly access: Access;
  readonly runs: Runs;
  /** Whether progress of any question may be shown now: Slack counts the edits of all. */
  readonly progressTurn: (nowMs: number) => boolean;
  /** Calls whose end somebody has still to be told: a stop waits for them. */
  readonly untold: Set<Request>;
  /** Prices that were accepted, so that a second press of the same button scans nothing. */
  readonly accepted: (order: string) => boolean;
}

/** One question of one person. */
export interface Request {
  readonly text: string;
  /** The words as the person knows them, where they are others. */
  readonly shown?: string;
  readonly place: Place;
  readonly teamId: string | undefined;
  readonly via: string;
  /** The moment that `since=24h` counts from, where it is not now: a button asks about its message's window. */
  readonly nowMs?: number;
  readonly ticket?: Ticket;
}

/**
 * Works out the answer and shows it in the conversation. Never throws and never stays silent: every failure becomes one
 * line for the person and one line of the log, joined by a reference.
 */
export async function answerCall(
  desk: Desk,
  conversation: Conversation,
  request: Request,
  options: { readonly progressShown: boolean },
): Promise<void> {
  const ticket = request.ticket ?? desk.runs.ticket(request.place.userId);
  const text = request.shown ?? request.text;
  const line = openLiveLine(desk, conversation, { text, ticket, isShown: options.progressShown });
  desk.untold.add(request);
  await guarded(desk, conversation, request, async (caller) => {
    const nowMs = request.nowMs ?? desk.deps.now();
    try {
      const reply = await runCall(desk, ticket, request, caller, nowMs, line);
      await line.settle();
      await conversation.show(replyMessage(reply, placeOf(reply, request, nowMs)));
    } finally {
      await line.settle();
    }
  });
  await line.settle();
  desk.untold.delete(request);
}

/**
 * Runs the words as the caller; the same words of somebody with the same rights in flight are one run, but where what a
 * person's questions cost is counted.
 */
export function runCall(
  desk: Desk,
  ticket: Ticket,
  request: Request,
  caller: Caller,
  nowMs: number,
  ears?: RunEars,
): Promise<Reply> {
  const rights = caller.teams === 'all' ? '*' : [...caller.teams].sort().join(',');
  const words = request.text.trim().replace(/\s+/g, ' ');
  const { userId, channelId } = request.place;
  const place = { userId, channelId, homeId: request.teamId };
  const isOwn = desk.deps.isMetered === true;
  const whose = desk.deps.isAct?.(words) === true ? [userId, channelId] : isOwn ? [userId] : [];
  const key = JSON.stringify([rights, [...caller.roles].sort(), words, request.nowMs ?? 'now', whose]);
  return desk.runs.run(
    ticket,
    key,
    (signal, onProgress) => desk.deps.dispatch({ text: request.text, nowMs, caller, signal, place, onProgress }),
    ears,
  );
}

/**
 * Finds out who calls, does the work, writes the audit line. A failure is shown in the conversation and logged once.
 * Returns true where the work was done.
 */
export async function guarded(
  desk: Desk,
  conversation: Conversation,
  request: Request,
  work: (caller: Caller) => Promise<void>,
): Promise<boolean> {
  const { deps } = desk;
  const reference = deps.newId();
  const startedMs = deps.now();
  let callerId = `${request.teamId ?? '-'}/${request.place.userId}`;
  const audit = (outcome: AuditLine['outcome']) =>
    deps.onCall?.({
      caller: callerId,
      channel: request.place.channelId,
      via: request.via,
      text: request.text,
      outcome,
      tookMs: deps.now() - startedMs,
      reference,
    });
  try {
    const caller = await desk.access.caller(request.place.userId, request.teamId);
    callerId = caller.id;
    await work(caller);
    audit('answered');
    return true;
  } catch (error) {
    const outcome = outcomeOf(error);
    audit(outcome);
    if (outcome === 'failed')
      deps.log.error('a call failed', { reference, via: request.via, text: request.text, error });
    await conversation.show(errorMessage(error, reference)).catch((second: unknown) => {
      deps.log.error('the failure could not be told to the person', { reference, error: second });
    });
    return false;
  }
}

function outcomeOf(error: unknown): AuditLine['outcome'] {
  const code = error instanceof NetcostError ? error.code : 'internal';
  return code === 'usage' || code === 'denied' || code === 'cancelled' ? code : 'failed';
}

function placeOf(reply: Reply, request: Request, nowMs: number): AnswerPlace {
  const text = reply.kind === 'answer' ? reply.answer.query.text : request.text;
  return { asked: { text, nowMs }, askerId: request.place.userId, canShare: true };
}
