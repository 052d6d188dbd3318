import type { Call, Reply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';
import { act, type SubscriptionsDeps } from './subscriptions.js';

export const name = 'unsubscribe';
export const usage = 'unsubscribe [ID]';
export const summary = 'no more digests: the one of that id, or the only one of yours in this channel';

/** Removes a subscription of one's own. Throws NetcostError('usage') where it is not clear which. */
export async function handle(deps: SubscriptionsDeps, call: Call): Promise<Reply> {
  const [id, ...others] = call.text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (others.length > 0) throw new NetcostError('usage', 'One id at a time.', { hint: `Write it as: ${usage}` });
  return act(deps, call, 'remove', id);
}
