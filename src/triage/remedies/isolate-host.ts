import type { ClientPlace } from '../evidence/workloads.js';
import type { Fix } from './fix.js';

/** Cuts the hosts off and keeps them for the security team. By hand: which group isolates is the account's own. */
export function isolateHost(places: readonly ClientPlace[]): Fix {
  const instanceIds = [...new Set(places.flatMap((place) => place.interface?.instanceId ?? []))].sort();
  const addresses = [...new Set(places.map((place) => place.address))].sort();
  return {
    id: 'isolate-host',
    params: { ...(instanceIds.length > 0 ? { instanceIds } : {}), addresses },
    usdSavedPerDay: null,
    usdCostPerDay: '0',
    terraform: null,
    cli: null,
  };
}
