import type { Ask, Call, Reply } from '../src/answers/reply.js';
import { checkVisible, narrowQuestion } from '../src/answers/visible-teams.js';

export const name = 'ask';
export const usage = 'ask QUESTION…';
export const summary = 'who sends how many bytes through the NAT gateway, to whom, for how much';

/**
 * Answers one question, about the teams that the caller may see. Throws NetcostError('usage') for words that are not
 * understood, and ('denied') for a team that the caller may not see.
 */
export async function handle(deps: { readonly ask: Ask }, call: Call): Promise<Reply> {
  const input = { text: narrowQuestion(call.text, call.caller, call.nowMs), nowMs: call.nowMs };
  const answer = await deps.ask(call.signal === undefined ? input : { ...input, signal: call.signal });
  checkVisible(answer.query, call.caller);
  return { kind: 'answer', answer };
}
