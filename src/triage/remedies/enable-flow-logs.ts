import type { Case } from '../case.js';
import type { Fix } from './fix.js';

/** A flow log with packet addresses on the gateways that rose, so that the next question has an answer. Logs are paid per GB delivered. */
export function enableFlowLogs(found: Case, natGatewayIds: readonly string[]): Fix {
  const vpcIds = [
    ...new Set(
      (found.inventory?.natGateways ?? [])
        .filter((gateway) => natGatewayIds.includes(gateway.id))
        .flatMap((gateway) => gateway.vpcId ?? []),
    ),
  ];
  const first = natGatewayIds[0];
  const vpcId = vpcIds[0];
  return {
    id: 'enable-flow-logs',
    params: {
      ...(first === undefined ? {} : { natGatewayId: natGatewayIds.length === 1 ? first : natGatewayIds }),
      ...(vpcId === undefined ? {} : { vpcId }),
    },
    usdSavedPerDay: null,
    // Delivery is paid per GB of logs, and how much they will be is not known.
    usdCostPerDay: null,
    terraform: null,
    cli: null,
  };
}
