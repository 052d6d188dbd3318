import { type Case, type Finding, mainClients, toldBy } from '../case.js';
import { isPathChange } from '../evidence/change-weights.js';
import { evidence } from '../evidence/say.js';
import { associateRouteTable } from '../remedies/associate-route-table.js';
import type { TrailEvent } from '../sources.js';
import { componentEvidence, componentOnset, ownershipEvidence, scopeNames, workloadsOf } from './component-evidence.js';
import { homeDynamodb, homeS3, missingRoute } from './s3-family.js';

/** A path change may lie days before the traffic that uses it; a launch lies right before. */
const WITHIN_MS = 90 * 60_000;

/** S3 or DynamoDB of clients whose route table never got the route of the endpoint that their VPC has. */
export function endpointNotAssociated(found: Case): Finding | null {
  for (const [component, service] of [
    [homeS3(found), 's3'],
    [homeDynamodb(found), 'dynamodb'],
  ] as const) {
    const missing = component && missingRoute(found, component, service);
    if (!component || !missing) continue;
    const ids = missing.tables.map((table) => table.id);
    const subnets = new Set(mainClients(component).flatMap((place) => place.subnetId ?? []));
    const names = [...scopeNames(component), ...ids, ...missing.tables.flatMap((table) => table.subnetIds), ...subnets];
    return {
      cause: 'endpoint-not-associated',
      excess: component.excess,
      confidence: 'high',
      evidence: [
        ...toldBy(found, found.metricsSource),
        componentEvidence(found, component),
        evidence(
          'ec2',
          'found',
          'gateway endpoints of the clients’ VPC and the route tables of its private subnets',
          'Endpoint {vpcEndpointId} exists in {vpcId}, but {routeTableIds:list} lacks its route',
          {
            vpcEndpointId: missing.endpoint.id,
            vpcId: missing.endpoint.vpcId,
            routeTableIds: ids,
            serviceName: missing.endpoint.serviceName,
          },
        ),
        ownershipEvidence(found, component),
      ],
      onset: componentOnset(found, component),
      scope: {
        names,
        accepts: (event: TrailEvent) =>
          isPathChange(event.source, event.name) && event.names.some((name) => ids.includes(name)),
        withinMs: WITHIN_MS,
      },
      fixes: [associateRouteTable(found, missing.endpoint.id, ids, component.excess)],
      components: [component.key],
      fit: 0.95,
      headline: `{share:percent} of the excess is {remote}${workloadsOf(component).length > 0 ? ', by {workloads:list}' : ''}: {routeTableIds:list} lacks the route of {vpcEndpointId}`,
    };
  }
  return null;
}
