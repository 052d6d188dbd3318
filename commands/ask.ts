import type { Ask, Call, Reply } from '../src/answers/reply.js';

export const name = 'ask';
export const usage = 'ask QUESTION…';
export const summary = 'who sends how many bytes through the NAT gateway, to whom, for how much';

/** Answers one question. Throws NetcostError('usage') for words that are not understood. */
export async function handle(deps: { readonly ask: Ask }, call: Call): Promise<Reply> {
  const input = { text: call.text, nowMs: call.nowMs };
  const answer = await deps.ask(call.signal === undefined ? input : { ...input, signal: call.signal });
  return { kind: 'answer', answer };
}
