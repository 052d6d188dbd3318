import type { Case } from '../case.js';
import type { Fix } from './fix.js';
import { CROSS_AZ_USD_PER_GB, gatewayUsdPerDay, usdText } from './money.js';

/** One regional gateway in place of zonal ones: it stands in every zone that has clients, and is billed per zone. */
export function regionalNat(found: Case, vpcId: string, zones: number, crossingBytesPerDay: number): Fix {
  return {
    id: 'regional-nat',
    params: { vpcId },
    usdSavedPerDay: usdText((crossingBytesPerDay / 1024 ** 3) * CROSS_AZ_USD_PER_GB),
    usdCostPerDay: gatewayUsdPerDay(found, zones),
    terraform: null,
    cli: null,
  };
}
