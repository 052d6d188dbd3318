import { type Case, changedComponents, type Finding, toldBy } from '../case.js';
import { moveBucketOrReader } from '../remedies/move-bucket-or-reader.js';
import {
  componentEvidence,
  componentOnset,
  deployScope,
  ownershipEvidence,
  workloadsOf,
} from './component-evidence.js';
import { isHome } from './s3-family.js';

/** S3 of another Region: no gateway endpoint reaches it. */
export function s3CrossRegion(found: Case): Finding | null {
  const component = changedComponents(found).find((one) => one.remote.kind === 's3' && !isHome(found, one));
  if (!component) return null;
  return {
    cause: 's3-cross-region',
    excess: component.excess,
    confidence: 'high',
    evidence: [
      ...toldBy(found, found.metricsSource),
      componentEvidence(found, component),
      ownershipEvidence(found, component),
    ],
    onset: componentOnset(found, component),
    scope: deployScope(found, component),
    fixes: [moveBucketOrReader()],
    components: [component.key],
    fit: 0.7,
    headline: `{share:percent} of the excess is {remote}, another Region than the gateways' {homeRegion}${workloadsOf(component).length > 0 ? ', by {workloads:list}' : ''}`,
  };
}
