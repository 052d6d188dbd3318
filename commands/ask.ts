import type { Answer } from '../src/answers/answer.js';
import type { Ask, Call, Caller, Reply } from '../src/answers/reply.js';
import { checkVisible, narrowQuestion } from '../src/answers/visible-teams.js';

export const name = 'ask';
export const usage = 'ask QUESTION…';
export const summary = 'who sends how many bytes through the NAT gateway, to whom, for how much';

export interface AskDeps {
  readonly ask: Ask;
  /** What is said in place of an answer that would cost much (answers/athena-guard.ts); undefined = ask. */
  readonly guard?: (text: string, caller: Caller, nowMs: number, isConfirmed: boolean) => Promise<Reply | undefined>;
  /** Told of each answer: what a person's questions cost is counted. */
  readonly onAnswer?: (answer: Answer, caller: Caller, nowMs: number) => Promise<void>;
}

/**
 * Answers one question, about the teams that the caller may see. Throws NetcostError('usage') for words that are not
 * understood, and ('denied') for a team that the caller may not see, or for more bytes than a question may read.
 */
export function handle(deps: AskDeps, call: Call): Promise<Reply> {
  return answer(deps, call, false);
}

/** The same where the person has seen what it will read. */
export function askConfirmed(deps: AskDeps, call: Call): Promise<Reply> {
  return answer(deps, call, true);
}

async function answer(deps: AskDeps, call: Call, isConfirmed: boolean): Promise<Reply> {
  const { nowMs, signal, onProgress, onBilled } = call;
  const input = { text: narrowQuestion(call.text, call.caller, nowMs), nowMs, signal, onProgress, onBilled };
  const instead = await deps.guard?.(input.text, call.caller, call.nowMs, isConfirmed);
  if (instead !== undefined) return instead;
  const found = await deps.ask(input);
  await deps.onAnswer?.(found, call.caller, call.nowMs);
  checkVisible(found.query, call.caller);
  return { kind: 'answer', answer: found };
}
