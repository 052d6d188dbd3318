import type { Case } from '../case.js';
import type { ClientPlace } from '../evidence/workloads.js';
import { gatewayEndpointBlock } from './endpoint-blocks.js';
import type { Fix } from './fix.js';
import { usdPerDay } from './money.js';
import { shellCommand } from './shell.js';
import { clientsVpc, gatewayEndpoint, privateTables } from './vpc.js';

/**
 * A gateway endpoint for S3 or DynamoDB: free, in the clients' VPC, for every private route table. Null where there is
 * one already, or where EC2 shows that it could not help; the caller guarantees that the traffic is of the gateway's own
 * Region (a gateway endpoint does nothing for another Region's addresses).
 */
export function gatewayEndpointFix(
  found: Case,
  service: 's3' | 'dynamodb',
  places: readonly ClientPlace[],
  savedBytes: number,
): Fix | null {
  const vpcId = clientsVpc(found, places);
  if (vpcId !== undefined && gatewayEndpoint(found, vpcId, service)) return null;
  const serviceName = `com.amazonaws.${found.account.region}.${service}`;
  const routeTableIds = vpcId === undefined ? [] : privateTables(found, vpcId).map((table) => table.id);
  const params = { ...(vpcId === undefined ? {} : { vpcId }), serviceName, routeTableIds };
  const isComplete = vpcId !== undefined && routeTableIds.length > 0;
  return {
    id: service === 's3' ? 's3-gateway-endpoint' : 'dynamodb-gateway-endpoint',
    params,
    usdSavedPerDay: usdPerDay(found, savedBytes),
    usdCostPerDay: '0',
    terraform: isComplete ? gatewayEndpointBlock(`${service}_gateway`, vpcId, serviceName, routeTableIds) : null,
    cli: isComplete
      ? shellCommand(
          ['aws', 'ec2', 'create-vpc-endpoint'],
          [
            ['--vpc-id', vpcId],
            ['--vpc-endpoint-type', 'Gateway'],
            ['--service-name', serviceName],
            ['--route-table-ids', routeTableIds],
            ['--region', found.account.region],
          ],
        )
      : null,
  };
}
