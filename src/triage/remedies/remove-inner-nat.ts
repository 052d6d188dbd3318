import type { Case } from '../case.js';
import type { Fix } from './fix.js';
import { gatewayUsdPerDay, usdPerDay } from './money.js';

/** Routes clients past the inner gateway, straight to the outer one, then deletes the inner: its bytes and hours are saved. */
export function removeInnerNat(found: Case, natGatewayId: string, doubledBytes: number): Fix {
  const bytes = usdPerDay(found, doubledBytes);
  const hours = gatewayUsdPerDay(found, 1);
  return {
    id: 'remove-inner-nat',
    params: { natGatewayId },
    usdSavedPerDay: bytes === null || hours === null ? null : (Number(bytes) + Number(hours)).toFixed(2),
    usdCostPerDay: '0',
    // Routes must be moved before; a command that only deletes would cut the clients off.
    terraform: null,
    cli: null,
  };
}
