import type { Config } from '../config.js';
import { NetcostError } from '../errors.js';
import type { Store } from '../rollups/store.js';
import { bringsLogs } from './source-engines.js';

/** Why nothing is counted here; undefined where something is. Asked at each use: a store may be filled by hand. */
export type NotCounted = () => NetcostError | undefined;

/**
 * Digests, budgets, the home, endpoints and reconcile count what a store holds. Where every question goes to AWS and the
 * store is empty, nothing of that is zero: it is not known, and they say so in these words.
 */
export function notCountedIn({ data }: Pick<Config, 'data'>, store: Store): NotCounted {
  const isLive = data.engine !== 'embedded' || data.logGroups.length > 0 || data.buckets.length > 0;
  if (!isLive || bringsLogs(data)) return () => undefined;
  const who = data.athena === undefined ? 'Logs Insights' : 'Athena';
  return () =>
    store.catalog.flowLogLives().length > 0
      ? undefined
      : new NetcostError('denied', `netcost keeps no flow logs here: ${who} reads them, question by question.`, {
          hint: 'Digests, budgets, endpoints and reconcile need them kept: name data.flowLogs, data.buckets or data.logGroups in the config.',
        });
}
