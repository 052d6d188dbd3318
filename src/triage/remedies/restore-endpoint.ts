import type { Case } from '../case.js';
import { associationFix } from './associate-route-table.js';
import type { Fix } from './fix.js';
import { hclResource, hclString } from './hcl.js';
import { usdPerDay } from './money.js';
import { shellCommand } from './shell.js';

/** Gives a gateway endpoint the routes back that were taken from it. Free. */
export function restoreEndpoint(
  found: Case,
  vpcEndpointId: string,
  routeTableIds: readonly string[],
  savedBytes: number,
): Fix {
  return associationFix(found, 'restore-endpoint', vpcEndpointId, routeTableIds, savedBytes);
}

/** Turns an interface endpoint's private DNS on again: its hours are paid already. */
export function restorePrivateDns(found: Case, vpcEndpointId: string, savedBytes: number): Fix {
  return {
    id: 'restore-endpoint',
    params: { vpcEndpointId, routeTableIds: [] },
    usdSavedPerDay: usdPerDay(found, savedBytes),
    usdCostPerDay: '0',
    terraform: null,
    cli: `${shellCommand(['aws', 'ec2', 'modify-vpc-endpoint'], [['--vpc-endpoint-id', vpcEndpointId]])} --private-dns-enabled ${shellCommand([], [['--region', found.account.region]]).trim()}`,
  };
}

/** Makes a deleted gateway endpoint again, with the route tables that it served or that are private. */
export function recreateEndpoint(
  found: Case,
  gone: {
    readonly vpcEndpointId: string;
    readonly vpcId: string;
    readonly serviceName: string;
    readonly routeTableIds: readonly string[];
  },
  savedBytes: number,
): Fix {
  const { vpcEndpointId, vpcId, serviceName, routeTableIds } = gone;
  return {
    id: 'restore-endpoint',
    params: { vpcEndpointId, routeTableIds, vpcId, serviceName },
    usdSavedPerDay: usdPerDay(found, savedBytes),
    usdCostPerDay: '0',
    terraform:
      routeTableIds.length > 0
        ? hclResource('aws_vpc_endpoint', 'restored', [
            ['vpc_id', hclString(vpcId)],
            ['service_name', hclString(serviceName)],
            ['vpc_endpoint_type', hclString('Gateway')],
            ['route_table_ids', `[${routeTableIds.map(hclString).join(', ')}]`],
          ])
        : null,
    cli: shellCommand(
      ['aws', 'ec2', 'create-vpc-endpoint'],
      [
        ['--vpc-id', vpcId],
        ['--vpc-endpoint-type', 'Gateway'],
        ['--service-name', serviceName],
        ...(routeTableIds.length > 0 ? [['--route-table-ids', routeTableIds] as const] : []),
        ['--region', found.account.region],
      ],
    ),
  };
}
