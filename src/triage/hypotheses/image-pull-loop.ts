import type { Case, Finding } from '../case.js';
import { changedComponents, mainClients, toldBy } from '../case.js';
import type { Evidence } from '../evidence/evidence.js';
import { evidence } from '../evidence/say.js';
import { round } from '../evidence/tell.js';
import type { Fix } from '../remedies/fix.js';
import { fixCrashLoop } from '../remedies/fix-crash-loop.js';
import { pullThroughCache } from '../remedies/pull-through-cache.js';
import { s3GatewayEndpoint } from '../remedies/s3-gateway-endpoint.js';
import { slimImage } from '../remedies/slim-image.js';
import {
  componentEvidence,
  componentOnset,
  deployScope,
  invocationEvidence,
  noEndpointEvidence,
  ownershipEvidence,
  workloadsOf,
} from './component-evidence.js';
import { findSteps, type Steps } from './image-steps.js';
import { isHome } from './s3-family.js';

/** S3 downloads that come in whole multiples of a container image: its layers, pulled again and again. */
export function imagePullLoop(found: Case): Finding | null {
  for (const component of changedComponents(found)) {
    // Layers come out of S3; AMAZON alone may be S3 that a stale table does not tell.
    const isLayers = component.remote.kind === 's3' || component.remote.isVague;
    if (!isLayers || component.excessDown < 0.8 * component.excess) continue;
    const steps = findSteps(component, found.images);
    if (!steps) continue;
    const places = mainClients(component);
    const fixes: (Fix | null)[] = [
      isHome(found, component) ? s3GatewayEndpoint(found, places, component.excess) : pullThroughCache(),
      slimImage(),
      // A warm pool pulls by design; only tasks of a service are restarted by something.
      places.every((place) => place.kind === 'agent-runtime') ? null : fixCrashLoop(),
    ];
    const workload = workloadsOf(component)[0];
    return {
      cause: 'image-pull-loop',
      excess: component.excess,
      confidence: steps.image && component.remote.kind === 's3' ? 'high' : 'medium',
      evidence: [
        ...toldBy(found, found.metricsSource),
        componentEvidence(found, component),
        stepEvidence(steps, found),
        ownershipEvidence(found, component),
        ...(isHome(found, component) ? noEndpointEvidence(found, component, 's3') : []),
        ...invocationEvidence(found, component),
      ],
      onset: componentOnset(found, component),
      scope: deployScope(found, component, steps.image ? [steps.image.repository] : []),
      fixes: fixes.filter((fix) => fix !== null),
      components: [component.key],
      fit: 0.9,
      headline: `{share:percent} of the excess is {remote}, pulled in steps of {stepBytes:bytes}, the size of a container image${workload === undefined ? '' : ', by {workloads:list}'}`,
    };
  }
  return null;
}

/** The size of the steps, and the image that has it. */
function stepEvidence(steps: Steps, found: Case): Evidence {
  const values = { stepBytes: Math.round(steps.stepBytes), stepPart: round(steps.part), pullCount: steps.pulls };
  if (steps.image) {
    return evidence(
      'ecr',
      'found',
      'image sizes against the sums that each client pulled in an hour',
      'The downloads come in steps of {stepBytes:bytes}, the size of image {image} ({imageSizeBytes:bytes}) with its overhead; about {pullCount:count} pulls since the onset',
      { ...values, image: steps.image.repository, imageTags: steps.image.tags, imageSizeBytes: steps.image.bytes },
    );
  }
  return evidence(
    'flow-logs',
    'found',
    'sums that each client pulled in an hour',
    found.images
      ? 'The downloads come in steps of {stepBytes:bytes}; of the images that ECR listed, none has this size'
      : 'The downloads come in steps of {stepBytes:bytes}, as pulls of one image would',
    values,
  );
}
