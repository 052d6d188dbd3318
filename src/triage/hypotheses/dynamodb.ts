import { type Case, changedComponents, type Finding, mainClients, toldBy } from '../case.js';
import { dynamodbGatewayEndpoint } from '../remedies/dynamodb-gateway-endpoint.js';
import { nothing } from '../remedies/none.js';
import {
  componentEvidence,
  componentOnset,
  deployScope,
  noEndpointEvidence,
  ownershipEvidence,
  workloadsOf,
} from './component-evidence.js';
import { isHome } from './s3-family.js';

/** DynamoDB through the NAT gateway. A gateway endpoint helps for the own Region alone. */
export function dynamodb(found: Case): Finding | null {
  const component = changedComponents(found).find((one) => one.remote.kind === 'dynamodb');
  if (!component) return null;
  const fix = isHome(found, component)
    ? dynamodbGatewayEndpoint(found, mainClients(component), component.excess)
    : null;
  return {
    cause: 'dynamodb',
    excess: component.excess,
    confidence: found.inventory ? 'high' : 'medium',
    evidence: [
      ...toldBy(found, found.metricsSource),
      componentEvidence(found, component),
      ownershipEvidence(found, component),
      ...noEndpointEvidence(found, component, 'dynamodb'),
    ],
    onset: componentOnset(found, component),
    scope: deployScope(found, component),
    fixes: [fix ?? nothing()],
    components: [component.key],
    fit: 0.7,
    headline: `{share:percent} of the excess is {remote}${workloadsOf(component).length > 0 ? ', by {workloads:list}' : ''}`,
  };
}
