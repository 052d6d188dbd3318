import type { Call, Reply } from '../src/answers/reply.js';
import { type AskDeps, askConfirmed } from './ask.js';

export const name = 'scan';
export const usage = 'scan QUESTION…';
export const summary = 'ask Athena although the question reads much: what the button below an estimate sends';

/** A question whose price was shown and accepted. Limits hold all the same. Throws as `ask` does. */
export function handle(deps: AskDeps, call: Call): Promise<Reply> {
  return askConfirmed(deps, call);
}
