import type { Desk } from './answer-call.js';
import type { Conversation } from './conversation.js';
import type { Message } from './message.js';
import { progressMessage } from './reply-blocks.js';
import type { RunEars, Ticket } from './runs.js';
import { scanProgressMessage, stoppingMessage } from './scan-blocks.js';
import type { SlackDeps } from './slack-deps.js';

/** What a person sees until the answer is there. */
export interface LiveLine extends RunEars {
  /** Shows nothing any more, and waits until what was under way stands: so the line never lands after the answer. */
  readonly settle: () => Promise<void>;
}

/** Progress is shown only for what takes longer: a line that appears and vanishes at once is noise. */
const SLOW_MS = 700;
/** Between two updates of one message; longer and longer, for nobody looks at the seconds of a long one. */
const GAPS_MS = [3_000, 4_000, 6_000, 10_000];
const LONGEST_GAP_MS = 15_000;
/**
 * A response URL takes five messages, and the stop and the answer must have theirs: two updates, the second when a
 * person begins to wonder.
 */
const SELDOM_GAPS_MS = [4_000, 25_000];

/**
 * After a while shows the waiting line, and writes the question into the book so that a restart can excuse itself; from
 * then on keeps the line up to date with what AWS says, as often as Slack allows.
 */
export function openLiveLine(
  desk: { readonly deps: Pick<SlackDeps, 'book' | 'log' | 'now'>; readonly progressTurn: Desk['progressTurn'] },
  conversation: Conversation,
  about: { readonly text: string; readonly ticket: Ticket; readonly isShown: boolean },
): LiveLine {
  const { book, log, now } = desk.deps;
  const { text, ticket } = about;
  let isShown = about.isShown;
  let isSettled = false;
  let isStopping = false;
  let isBooked = false;
  let shown = 0;
  let shownMs = now();
  let waiting = 0;
  let work: Promise<void> = Promise.resolve();

  const enqueue = (what: string, doing: () => Promise<void>): void => {
    waiting += 1;
    work = work
      .then(doing)
      .catch((error: unknown) => log.warn(what, { error }))
      .finally(() => {
        waiting -= 1;
      });
  };
  const show = (message: Message): void => {
    isShown = true;
    shownMs = now();
    enqueue('the waiting line could not be shown', () => conversation.show(message));
  };
  const begin = (): void => {
    if (!isShown) show(progressMessage(text, ticket.id));
    enqueue('a question could not be written into the book', async () => {
      const place = conversation.shownAt();
      if (place === undefined || book === undefined) return;
      await book.begin({ id: ticket.id, place, question: text, startedMs: now() });
      isBooked = true;
    });
  };
  const timer = setTimeout(begin, SLOW_MS);

  const gapMs = (): number => {
    if (conversation.edits === 'never') return Number.POSITIVE_INFINITY;
    const gaps = conversation.edits === 'seldom' ? SELDOM_GAPS_MS : GAPS_MS;
    return gaps[shown] ?? (conversation.edits === 'seldom' ? Number.POSITIVE_INFINITY : LONGEST_GAP_MS);
  };
  return {
    onProgress: (progress) => {
      // Where Slack is slow, nothing queues up behind what it has not taken yet.
      if (isSettled || isStopping || waiting > 0) return;
      if (now() - shownMs < gapMs() || !desk.progressTurn(now())) return;
      shown += 1;
      show(scanProgressMessage(text, ticket.id, progress, now()));
    },
    onStopping: (progress) => {
      isStopping = true;
      if (!isSettled && conversation.edits !== 'never') show(stoppingMessage(text, progress));
    },
    settle: async () => {
      clearTimeout(timer);
      isSettled = true;
      await work;
      if (!isBooked) return;
      isBooked = false;
      await book
        ?.end(ticket.id)
        .catch((error: unknown) => log.warn('a run could not be taken out of the book', { error }));
    },
  };
}

/** Slack takes about fifty edits a minute from an app (chat.update, tier 3); answers must not wait behind progress. */
const EVERY_MS = 1_500;

/** Whether an update of progress may go out now, over all questions. */
export function createProgressTurns(): (nowMs: number) => boolean {
  let freeMs = 0;
  return (nowMs) => {
    if (nowMs < freeMs) return false;
    freeMs = nowMs + EVERY_MS;
    return true;
  };
}
