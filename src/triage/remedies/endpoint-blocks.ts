import { hclList, hclResource, hclString } from './hcl.js';

/** A gateway endpoint as Terraform. */
export function gatewayEndpointBlock(
  label: string,
  vpcId: string,
  serviceName: string,
  routeTableIds: readonly string[],
) {
  return hclResource('aws_vpc_endpoint', label, [
    ['vpc_id', hclString(vpcId)],
    ['service_name', hclString(serviceName)],
    ['vpc_endpoint_type', hclString('Gateway')],
    ['route_table_ids', hclList(routeTableIds)],
  ]);
}

/** An interface endpoint with private DNS as Terraform. */
export function interfaceEndpointBlock(
  label: string,
  vpcId: string,
  serviceName: string,
  subnetIds: readonly string[],
) {
  return hclResource('aws_vpc_endpoint', label, [
    ['vpc_id', hclString(vpcId)],
    ['service_name', hclString(serviceName)],
    ['vpc_endpoint_type', hclString('Interface')],
    ['private_dns_enabled', 'true'],
    ['subnet_ids', hclList(subnetIds)],
  ]);
}

/** The routes of a gateway endpoint in tables that lack them, as Terraform: a block each. */
export function routeBlocks(label: string, vpcEndpointId: string, routeTableIds: readonly string[]): string {
  return routeTableIds
    .map((table, index) =>
      hclResource('aws_vpc_endpoint_route_table_association', `${label}_${index + 1}`, [
        ['vpc_endpoint_id', hclString(vpcEndpointId)],
        ['route_table_id', hclString(table)],
      ]),
    )
    .join('\n');
}
