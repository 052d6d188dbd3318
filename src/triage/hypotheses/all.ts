import type { Hypothesis } from '../case.js';
import type { CauseId } from '../causes.js';
import { awsApi } from './aws-api.js';
import { backupJob } from './backup-job.js';
import { benignGrowth } from './benign-growth.js';
import { crossAzNat } from './cross-az-nat.js';
import { doubleNat } from './double-nat.js';
import { dynamodb } from './dynamodb.js';
import { endpointNotAssociated } from './endpoint-not-associated.js';
import { endpointRemoved } from './endpoint-removed.js';
import { exfiltration } from './exfiltration.js';
import { idleNat } from './idle-nat.js';
import { imagePullLoop } from './image-pull-loop.js';
import { logShipping } from './log-shipping.js';
import { mining } from './mining.js';
import { notNat } from './not-nat.js';
import { packageMirror } from './package-mirror.js';
import { retryStorm } from './retry-storm.js';
import { s3CrossRegion } from './s3-cross-region.js';
import { s3SameRegion } from './s3-same-region.js';
import { trafficMoved } from './traffic-moved.js';
import { unknown } from './unknown.js';

/** Every cause of the contract, with the judgement that finds it. */
export const HYPOTHESES: Readonly<Record<CauseId, Hypothesis>> = {
  exfiltration,
  mining,
  'endpoint-removed': endpointRemoved,
  'endpoint-not-associated': endpointNotAssociated,
  'image-pull-loop': imagePullLoop,
  's3-same-region': s3SameRegion,
  's3-cross-region': s3CrossRegion,
  dynamodb,
  'aws-api': awsApi,
  'log-shipping': logShipping,
  'package-mirror': packageMirror,
  'backup-job': backupJob,
  'retry-storm': retryStorm,
  'double-nat': doubleNat,
  'cross-az-nat': crossAzNat,
  'idle-nat': idleNat,
  'traffic-moved': trafficMoved,
  'benign-growth': benignGrowth,
  'not-nat': notNat,
  unknown,
};
