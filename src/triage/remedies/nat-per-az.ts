import type { Case } from '../case.js';
import type { Fix } from './fix.js';
import { CROSS_AZ_USD_PER_GB, gatewayUsdPerDay, usdText } from './money.js';

/** A gateway in each zone whose clients now cross zones: saves the inter-zone transfer, costs the gateway's hours. */
export function natPerAz(found: Case, zones: readonly string[], crossingBytesPerDay: number): Fix {
  return {
    id: 'nat-per-az',
    params: { zones },
    usdSavedPerDay: usdText((crossingBytesPerDay / 1024 ** 3) * CROSS_AZ_USD_PER_GB),
    usdCostPerDay: gatewayUsdPerDay(found, zones.length),
    terraform: null,
    cli: null,
  };
}
