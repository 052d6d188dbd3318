import { type Case, changedComponents, mainClients } from '../case.js';
import type { Component } from '../evidence/talkers.js';
import { clientsVpc, gatewayEndpoint, tablesWithout } from '../remedies/vpc.js';
import type { RouteTable, TrailEvent, VpcEndpoint } from '../sources.js';

/** Components of S3 in the gateways' own Region, as far as the tables tell the Region. */
export function homeS3(found: Case): Component | undefined {
  return changedComponents(found).find((one) => one.remote.kind === 's3' && isHome(found, one));
}

/** DynamoDB of the gateways' own Region. */
export function homeDynamodb(found: Case): Component | undefined {
  return changedComponents(found).find((one) => one.remote.kind === 'dynamodb' && isHome(found, one));
}

/** A Region that no table knows is taken for the own one: S3 of elsewhere is the exception, and a gap says so. */
export function isHome(found: Case, component: Component): boolean {
  return component.remote.region === null || component.remote.region === found.account.region;
}

/** A gateway endpoint that exists, and the private route tables of its VPC that lack its route. */
export interface MissingRoute {
  readonly endpoint: VpcEndpoint;
  readonly tables: readonly RouteTable[];
  /** Part of the component's bytes whose clients use one of these tables, 0 to 1. */
  readonly part: number;
}

/** Half: where most of the bytes come through tables that have the route, the route is not what is missing. */
const MIN_PART = 0.5;

/** Whether a component goes through the NAT gateway because its clients' route tables lack an existing endpoint's route. */
export function missingRoute(found: Case, component: Component, service: 's3' | 'dynamodb'): MissingRoute | null {
  const places = mainClients(component);
  const vpcId = clientsVpc(found, places);
  if (vpcId === undefined) return null;
  const endpoint = gatewayEndpoint(found, vpcId, service);
  if (!endpoint) return null;
  const tables = tablesWithout(found, endpoint);
  if (tables.length === 0) return null;
  const ids = new Set(tables.map((table) => table.id));
  const known = component.clients.filter((client) => client.excess > 0 && client.place.routeTableId !== undefined);
  const total = known.reduce((sum, client) => sum + client.excess, 0);
  const lacking = known
    .filter((client) => ids.has(client.place.routeTableId as string))
    .reduce((sum, client) => sum + client.excess, 0);
  const part = total > 0 ? lacking / total : 1;
  return part >= MIN_PART ? { endpoint, tables, part } : null;
}

/** A call that took routes from an endpoint, or the endpoint itself. */
export interface EndpointRemoval {
  readonly event: TrailEvent;
  readonly endpointIds: readonly string[];
  readonly routeTableIds: readonly string[];
  readonly kind: 'routes' | 'deleted' | 'private-dns';
}

/** Two days: an endpoint may be taken away on a quiet evening and be missed in the morning; the onset decides the rest. */
const REMOVAL_REACH_MS = 48 * 3_600_000;

/** Removals of endpoint routes before the onset, the newest first. Null where CloudTrail was not read. */
export function endpointRemovals(found: Case): EndpointRemoval[] | null {
  if (!found.trail || !found.onset) return found.trail ? [] : null;
  const { earliestMs, latestMs } = found.onset;
  return found.trail.events
    .filter(
      (event) => event.errorCode === undefined && event.atMs <= latestMs && event.atMs >= earliestMs - REMOVAL_REACH_MS,
    )
    .flatMap((event) => removalOf(event) ?? [])
    .reverse();
}

function removalOf(event: TrailEvent): EndpointRemoval | null {
  const text = JSON.stringify(event.request ?? {});
  const ids = (pattern: RegExp) => [
    ...new Set([...`${text} ${event.names.join(' ')}`.matchAll(pattern)].map((one) => one[0])),
  ];
  const endpointIds = ids(/\bvpce-[0-9a-f]+\b/g);
  if (event.name.startsWith('DeleteVpcEndpoints')) return { event, endpointIds, routeTableIds: [], kind: 'deleted' };
  if (!event.name.startsWith('ModifyVpcEndpoint')) {
    const isEndpointRoute = event.name === 'DeleteRoute' && /pl-[0-9a-f]+/.test(text);
    return isEndpointRoute ? { event, endpointIds, routeTableIds: ids(/\brtb-[0-9a-f]+\b/g), kind: 'routes' } : null;
  }
  if (/RemoveRouteTableId/i.test(text))
    return { event, endpointIds, routeTableIds: removedTables(event.request), kind: 'routes' };
  if (/"PrivateDnsEnabled"\s*:\s*(?:false|"false")/i.test(text))
    return { event, endpointIds, routeTableIds: [], kind: 'private-dns' };
  return null;
}

function removedTables(request: unknown): string[] {
  const found: string[] = [];
  const walk = (value: unknown, inside: boolean) => {
    if (typeof value === 'string' && inside && /^rtb-/.test(value)) found.push(value);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) walk(inner, inside || /RemoveRouteTableId/i.test(key));
  };
  walk(request, false);
  return [...new Set(found)];
}
