import type { Case } from '../case.js';
import { routeBlocks } from './endpoint-blocks.js';
import type { Fix } from './fix.js';
import { usdPerDay } from './money.js';
import { shellCommand } from './shell.js';

/** Adds the route of an existing gateway endpoint to the private route tables that lack it. Free. */
export function associateRouteTable(
  found: Case,
  vpcEndpointId: string,
  routeTableIds: readonly string[],
  savedBytes: number,
): Fix {
  return associationFix(found, 'associate-route-table', vpcEndpointId, routeTableIds, savedBytes);
}

/** Both `associate-route-table` and `restore-endpoint` add routes; they differ in what went before. */
export function associationFix(
  found: Case,
  id: 'associate-route-table' | 'restore-endpoint',
  vpcEndpointId: string,
  routeTableIds: readonly string[],
  savedBytes: number,
): Fix {
  const terraform = routeBlocks('endpoint_route', vpcEndpointId, routeTableIds);
  return {
    id,
    params: { vpcEndpointId, routeTableIds },
    usdSavedPerDay: usdPerDay(found, savedBytes),
    usdCostPerDay: '0',
    terraform: terraform === '' ? null : terraform,
    cli:
      routeTableIds.length > 0
        ? shellCommand(
            ['aws', 'ec2', 'modify-vpc-endpoint'],
            [
              ['--vpc-endpoint-id', vpcEndpointId],
              ['--add-route-table-ids', routeTableIds],
              ['--region', found.account.region],
            ],
          )
        : null,
  };
}
