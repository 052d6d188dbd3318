import { type Case, changedComponents, type Finding, mainClients, toldBy } from '../case.js';
import { nothing } from '../remedies/none.js';
import { s3GatewayEndpoint } from '../remedies/s3-gateway-endpoint.js';
import {
  componentEvidence,
  componentOnset,
  deployScope,
  noEndpointEvidence,
  ownershipEvidence,
  workloadsOf,
} from './component-evidence.js';
import { isHome } from './s3-family.js';
import { looksLikeObjects } from './vague-aws.js';

/** S3 of the gateways' own Region, read or written through the NAT gateway. */
export function s3SameRegion(found: Case): Finding | null {
  const changed = changedComponents(found);
  const component =
    changed.find((one) => one.remote.kind === 's3' && isHome(found, one)) ??
    changed.find((one) => isHome(found, one) && looksLikeObjects(found, one));
  if (!component) return null;
  const isSure = component.remote.kind === 's3' && component.remote.region !== null && found.inventory !== null;
  const fix = s3GatewayEndpoint(found, mainClients(component), component.excess);
  return {
    cause: 's3-same-region',
    excess: component.excess,
    confidence: isSure ? 'high' : 'medium',
    evidence: [
      ...toldBy(found, found.metricsSource),
      componentEvidence(found, component),
      ownershipEvidence(found, component),
      ...noEndpointEvidence(found, component, 's3'),
    ],
    onset: componentOnset(found, component),
    scope: deployScope(found, component),
    fixes: [fix ?? nothing()],
    components: [component.key],
    fit: component.remote.kind === 's3' ? 0.7 : 0.5,
    headline: `{share:percent} of the excess is {remote}${workloadsOf(component).length > 0 ? ', by {workloads:list}' : ''}`,
  };
}
