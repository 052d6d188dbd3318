import type { Case } from '../case.js';
import type { RemoteEnd } from '../evidence/remotes.js';
import type { Fix } from './fix.js';
import { bytesPerDay, interfaceUsdPerDay, usdPerDay } from './money.js';

/** Vendors that publish PrivateLink endpoint services for their intake. */
const OFFERS = /datadog|new relic|splunk|sumo ?logic|elastic|grafana|honeycomb|dynatrace|mongodb|snowflake|confluent/i;

/**
 * The vendor's intake through PrivateLink: only for vendors that offer it in the gateway's own Region, and only where it
 * saves more than an interface endpoint in `zones` costs.
 */
export function privatelinkSaas(found: Case, remote: RemoteEnd, zones: number, savedBytes: number): Fix | null {
  if (remote.region !== found.account.region || !OFFERS.test(remote.label)) return null;
  const usdSavedPerDay = usdPerDay(found, savedBytes);
  const usdCostPerDay = interfaceUsdPerDay(bytesPerDay(found, savedBytes), Math.max(1, zones));
  if (usdSavedPerDay === null || Number(usdSavedPerDay) <= Number(usdCostPerDay)) return null;
  return { id: 'privatelink-saas', params: {}, usdSavedPerDay, usdCostPerDay, terraform: null, cli: null };
}
