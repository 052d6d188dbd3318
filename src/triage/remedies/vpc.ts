import type { Case } from '../case.js';
import { type ClientPlace, holds } from '../evidence/workloads.js';
import type { RouteTable, VpcEndpoint } from '../sources.js';

/** The VPC in which most of the clients stand; undefined where none is known. */
function vpcOf(places: readonly ClientPlace[]): string | undefined {
  const counts = new Map<string, number>();
  for (const place of places) if (place.vpcId) counts.set(place.vpcId, (counts.get(place.vpcId) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/**
 * The VPC of the clients; where nothing places them, the gateways' own VPC if all of these stand in one and clients'
 * addresses are not known to be elsewhere.
 */
export function clientsVpc(found: Case, places: readonly ClientPlace[]): string | undefined {
  const known = vpcOf(places);
  if (known) return known;
  const vpcs = [...new Set((found.inventory?.natGateways ?? []).flatMap((gateway) => gateway.vpcId ?? []))];
  const vpc = found.inventory?.vpcs.find((one) => one.id === vpcs[0]);
  if (vpcs.length !== 1 || vpcs[0] === undefined) return undefined;
  // Clients behind a transit gateway stand elsewhere, and an endpoint here would not serve them.
  const isInside = places.every((place) => !vpc || vpc.cidrs.some((cidr) => holds(cidr, place.address)));
  return isInside ? vpcs[0] : undefined;
}

/** Route tables of a VPC that lead no subnet to an internet gateway: the ones a gateway endpoint is for. */
export function privateTables(found: Case, vpcId: string): readonly RouteTable[] {
  return (found.inventory?.routeTables ?? []).filter((table) => table.vpcId === vpcId && !leadsOut(table));
}

function leadsOut(table: RouteTable): boolean {
  return table.routes.some((route) => route.target.startsWith('igw-') && isDefault(route.destination));
}

/** A default route, IPv4 or IPv6. */
function isDefault(destination: string): boolean {
  return destination === '0.0.0.0/0' || destination === '::/0';
}

/** The gateway endpoint of a service in a VPC, if there is one that is not gone. */
export function gatewayEndpoint(found: Case, vpcId: string, service: 's3' | 'dynamodb'): VpcEndpoint | undefined {
  return found.inventory?.endpoints.find(
    (endpoint) =>
      endpoint.vpcId === vpcId &&
      endpoint.type === 'Gateway' &&
      endpoint.serviceName.endsWith(`.${service}`) &&
      !/delet|reject|fail|expire/.test(endpoint.state),
  );
}

/** Private route tables that lack the route of a gateway endpoint. */
export function tablesWithout(found: Case, endpoint: VpcEndpoint): readonly RouteTable[] {
  return privateTables(found, endpoint.vpcId).filter(
    (table) =>
      !endpoint.routeTableIds.includes(table.id) &&
      !table.routes.some((route) => route.target === endpoint.id && !route.isBlackhole),
  );
}
