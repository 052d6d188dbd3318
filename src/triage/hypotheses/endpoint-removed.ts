import { type Case, changedComponents, type Finding, mainClients, toldBy } from '../case.js';
import type { Evidence } from '../evidence/evidence.js';
import { at, evidence } from '../evidence/say.js';
import type { Component } from '../evidence/talkers.js';
import type { Fix } from '../remedies/fix.js';
import { recreateEndpoint, restoreEndpoint, restorePrivateDns } from '../remedies/restore-endpoint.js';
import { clientsVpc, privateTables } from '../remedies/vpc.js';
import { componentEvidence, componentOnset, ownershipEvidence, workloadsOf } from './component-evidence.js';
import { type EndpointRemoval, endpointRemovals, homeDynamodb, homeS3, missingRoute } from './s3-family.js';

/** Traffic that went through a VPC endpoint until somebody took the route, the endpoint or its private DNS away. */
export function endpointRemoved(found: Case): Finding | null {
  const removals = endpointRemovals(found);
  if (!removals || removals.length === 0) return null;
  for (const [component, service] of [
    [homeS3(found), 's3'],
    [homeDynamodb(found), 'dynamodb'],
  ] as const) {
    if (!component) continue;
    const finding = forGateway(found, component, service, removals);
    if (finding) return finding;
  }
  const api = changedComponents(found).find((one) => one.remote.kind === 'aws-service');
  const dns = removals.find((one) => one.kind === 'private-dns' || (one.kind === 'deleted' && isInterface(found, one)));
  if (api && dns)
    return build(found, api, dns, [restorePrivateDns(found, dns.endpointIds[0] ?? 'unknown', api.excess)]);
  return withoutFlows(found, removals);
}

function isInterface(found: Case, removal: EndpointRemoval): boolean {
  return (
    found.inventory?.endpoints.some((one) => removal.endpointIds.includes(one.id) && one.type === 'Interface') === true
  );
}

function forGateway(
  found: Case,
  component: Component,
  service: 's3' | 'dynamodb',
  removals: readonly EndpointRemoval[],
): Finding | null {
  const missing = missingRoute(found, component, service);
  if (missing) {
    const removal = removals.find((one) => one.endpointIds.includes(missing.endpoint.id) && one.kind === 'routes');
    if (!removal) return null;
    const ids = missing.tables.map((table) => table.id);
    return build(found, component, removal, [restoreEndpoint(found, missing.endpoint.id, ids, component.excess)]);
  }
  // EC2 unknown, or the endpoint itself is gone.
  const fits = removals.filter((one) => one.kind !== 'private-dns' && isOfService(found, one, service));
  const removal = fits[0];
  if (!removal) return null;
  const fix = fixOf(found, component, removal, service);
  return fix ? build(found, component, removal, [fix]) : null;
}

/** An endpoint that EC2 does not show any more may have been of either service: then the traffic tells. */
function isOfService(found: Case, removal: EndpointRemoval, service: 's3' | 'dynamodb'): boolean {
  const known = found.inventory?.endpoints.filter((one) => removal.endpointIds.includes(one.id)) ?? [];
  if (known.length > 0) return known.some((one) => one.type === 'Gateway' && one.serviceName.endsWith(`.${service}`));
  return found.inventory === null || removal.kind === 'deleted';
}

function fixOf(found: Case, component: Component, removal: EndpointRemoval, service: 's3' | 'dynamodb'): Fix | null {
  const vpcEndpointId = removal.endpointIds[0];
  if (vpcEndpointId === undefined) return null;
  if (removal.kind === 'routes') return restoreEndpoint(found, vpcEndpointId, removal.routeTableIds, component.excess);
  const vpcId = clientsVpc(found, mainClients(component));
  if (vpcId === undefined) return null;
  const gone = {
    vpcEndpointId,
    vpcId,
    serviceName: `com.amazonaws.${found.account.region}.${service}`,
    routeTableIds: privateTables(found, vpcId).map((table) => table.id),
  };
  return recreateEndpoint(found, gone, component.excess);
}

function build(found: Case, component: Component, removal: EndpointRemoval, fixes: readonly Fix[]): Finding {
  return {
    cause: 'endpoint-removed',
    excess: component.excess,
    confidence: found.inventory ? 'high' : 'medium',
    evidence: [
      ...toldBy(found, found.metricsSource),
      componentEvidence(found, component),
      removalEvidence(removal),
      ...toldBy(found, 'ec2'),
      ownershipEvidence(found, component),
    ],
    onset: componentOnset(found, component),
    scope: scopeOf(removal),
    fixes,
    components: [component.key],
    fit: 0.97,
    headline: `{share:percent} of the excess is {remote}${workloadsOf(component).length > 0 ? ', by {workloads:list}' : ''}: the route to its VPC endpoint was taken away`,
  };
}

/** Without flow logs the bytes cannot be named, but a gateway that rose right after a route was taken can. */
function withoutFlows(found: Case, removals: readonly EndpointRemoval[]): Finding | null {
  if (found.talkers || !found.hasExcess || !found.inventory) return null;
  const removal = removals.find((one) => one.kind === 'routes' && one.endpointIds.length > 0);
  const endpoint = found.inventory.endpoints.find((one) => removal?.endpointIds.includes(one.id));
  if (!removal || !endpoint) return null;
  const still = removal.routeTableIds.filter((id) => !endpoint.routeTableIds.includes(id));
  if (still.length === 0) return null;
  return {
    cause: 'endpoint-removed',
    excess: found.excess,
    confidence: 'medium',
    evidence: [...toldBy(found, found.metricsSource), removalEvidence(removal), ...toldBy(found, 'ec2')],
    onset: found.onset,
    scope: scopeOf(removal),
    fixes: [restoreEndpoint(found, endpoint.id, still, found.excess)],
    components: [],
    fit: 0.9,
    headline: 'the route to {vpcEndpointIds:list} was taken away right before',
  };
}

function scopeOf(removal: EndpointRemoval) {
  return { names: removal.endpointIds, accepts: (event: unknown) => event === removal.event, withinMs: 48 * 3_600_000 };
}

function removalEvidence(removal: EndpointRemoval): Evidence {
  return evidence(
    'cloudtrail',
    'found',
    'calls that take routes, private DNS or the endpoint itself away',
    '{eventName} by {principal} at {at:time} took {lost} from {vpcEndpointIds:list}',
    {
      eventName: removal.event.name,
      principal: removal.event.principal,
      at: at(removal.event.atMs),
      lost: removal.kind === 'routes' ? 'routes' : removal.kind === 'deleted' ? 'everything' : 'private DNS',
      vpcEndpointIds: removal.endpointIds,
      routeTableIds: removal.routeTableIds,
    },
  );
}
