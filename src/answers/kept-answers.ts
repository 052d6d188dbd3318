import { formatQuestion, parseQuestion } from '../query/parse.js';
import { HOUR_MS } from '../units.js';
import type { Answer } from './answer.js';

/** A question at its moment: what a button below an answer asks about. */
interface AskedThen {
  readonly text: string;
  readonly nowMs: number;
}

export interface KeptAnswers {
  readonly find: (asked: AskedThen) => Answer | undefined;
  readonly keep: (asked: AskedThen, answer: Answer) => void;
}

const KEEP_MS = HOUR_MS;
const MOST = 40;

/**
 * Answers that were paid for by the byte, kept for the buttons below them: to share an answer, to see its statement or
 * to have it as a file must not read everything a second time. A question asked anew has another moment, and is asked.
 * @param elapsedMs monotonic: how old an answer is
 */
export function keepAnswers(elapsedMs: () => number): KeptAnswers {
  const kept = new Map<string, { readonly answer: Answer; readonly untilMs: number }>();
  return {
    find: ({ text, nowMs }) => {
      const query = parseQuestion(text, { nowMs });
      const found = kept.get(keyOf(text, nowMs));
      if (found === undefined || found.untilMs < elapsedMs()) return undefined;
      const { answer } = found;
      // Fewer rows asked for are in it, and more where it has all that there are.
      return answer.query.top === query.top || answer.rest.groups === 0 ? answer : undefined;
    },
    keep: ({ text, nowMs }, answer) => {
      const atMs = elapsedMs();
      for (const [key, { untilMs }] of kept) if (untilMs < atMs || kept.size >= MOST) kept.delete(key);
      kept.set(keyOf(text, nowMs), { answer, untilMs: atMs + KEEP_MS });
    },
  };
}

/** Two questions that differ in `top` alone have one key. */
function keyOf(text: string, nowMs: number): string {
  return `${nowMs} ${formatQuestion({ ...parseQuestion(text, { nowMs }), top: 1 })}`;
}
