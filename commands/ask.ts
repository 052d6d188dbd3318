import type { Admission, Ask, Call, Caller, Reply } from '../src/answers/reply.js';
import { checkVisible, narrowQuestion } from '../src/answers/visible-teams.js';

export const name = 'ask';
export const usage = 'ask QUESTION…';
export const summary = 'who sends how many bytes through the NAT gateway, to whom, for how much';

export interface AskDeps {
  readonly ask: Ask;
  /** Whether the question may be asked, or what is said instead (answers/athena-guard.ts). Throws where it is refused. */
  readonly guard?: (text: string, caller: Caller, nowMs: number, isConfirmed: boolean) => Promise<Admission>;
  /** Told of what each statement read, however the question ends: what a person's questions cost is counted. */
  readonly bill?: (bytes: number, caller: Caller, nowMs: number) => Promise<void>;
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
  const { nowMs, signal, onProgress, caller } = call;
  const text = narrowQuestion(call.text, caller, nowMs);
  const { instead, answer: paid, release } = (await deps.guard?.(text, caller, nowMs, isConfirmed)) ?? {};
  if (instead !== undefined) return instead;
  if (paid !== undefined) {
    checkVisible(paid.query, caller);
    return { kind: 'answer', answer: paid };
  }
  const billing: Promise<void>[] = [];
  const onBilled = (bytes: number): void => {
    call.onBilled?.(bytes);
    if (bytes > 0 && deps.bill !== undefined) billing.push(deps.bill(bytes, caller, nowMs));
  };
  try {
    const found = await deps.ask({ text, nowMs, signal, onProgress, onBilled });
    await Promise.all(billing);
    checkVisible(found.query, caller);
    return { kind: 'answer', answer: found };
  } finally {
    // A question that failed is counted too; what made it fail is what the person hears.
    await Promise.allSettled(billing);
    release?.();
  }
}
