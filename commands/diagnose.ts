import type { Call, Caller, Reply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';
import { cleanQuestion } from '../src/query/question-words.js';

export const name = 'diagnose';
export const usage = 'diagnose [NAT|TEAM|last]';
export const summary = 'why it costs more: a thread with causes, shares, dollars and fixes';

/** What a person asks to be diagnosed. */
export type Wanted =
  | { readonly kind: 'nat'; readonly natGatewayIds: readonly string[] }
  | { readonly kind: 'team'; readonly team: string }
  | { readonly kind: 'last' };

export interface DiagnoseDeps {
  /** Names of all teams. */
  readonly teams: () => Promise<readonly string[]>;
  /** Sets it off. Says in a sentence what is diagnosed and where the thread is. */
  readonly start: (wanted: Wanted, caller: Caller) => Promise<string>;
}

/**
 * Sets off a diagnosis; the answer is a thread. Throws NetcostError('usage') for words that are neither gateways, nor a
 * team that the caller may see, nor `last`.
 */
export async function handle(deps: DiagnoseDeps, call: Call): Promise<Reply> {
  const words = cleanQuestion(call.text)
    .split(/[\s,;]+/)
    .filter((word) => word !== '');
  return { kind: 'text', lines: [await deps.start(await read(deps, words, call.caller), call.caller)] };
}

const GATEWAY = /^nat-[0-9a-f]{8,17}$/;
const MOST_GATEWAYS = 20;

async function read(deps: DiagnoseDeps, words: readonly string[], caller: Caller): Promise<Wanted> {
  if (words.length === 0 || (words.length === 1 && words[0]?.toLowerCase() === 'last')) return { kind: 'last' };
  const gateways = words.map((word) => word.toLowerCase()).filter((word) => GATEWAY.test(word));
  if (gateways.length === words.length) {
    if (gateways.length > MOST_GATEWAYS)
      throw new NetcostError('usage', `${gateways.length} gateways were given; allowed are ${MOST_GATEWAYS}.`);
    return { kind: 'nat', natGatewayIds: [...new Set(gateways)] };
  }
  const wanted = words
    .join(' ')
    .replace(/^team=/i, '')
    .toLowerCase();
  const team = (await deps.teams()).find((one) => one.toLowerCase() === wanted);
  // A team that one may not see and one that is not there are refused in the same words.
  if (team !== undefined && (caller.teams === 'all' || caller.teams.includes(wanted))) return { kind: 'team', team };
  throw new NetcostError('usage', `"${words.join(' ').slice(0, 60)}" is neither a NAT gateway nor a team.`, {
    hint: 'Write it as: diagnose nat-0123456789abcdef0, diagnose payments, or diagnose last.',
  });
}
