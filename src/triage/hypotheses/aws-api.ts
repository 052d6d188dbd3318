import { type Case, changedComponents, type Finding, mainClients, toldBy } from '../case.js';
import type { Component } from '../evidence/talkers.js';
import { interfaceEndpoint } from '../remedies/interface-endpoint.js';
import { nothing } from '../remedies/none.js';
import { reduceLogVolume } from '../remedies/reduce-log-volume.js';
import { DEPLOY_WINDOW_MS } from '../trigger.js';
import {
  componentEvidence,
  componentOnset,
  deployScope,
  ownershipEvidence,
  scopeNames,
  workloadsOf,
} from './component-evidence.js';
import { isHome } from './s3-family.js';
import { looksLikeObjects } from './vague-aws.js';

/** Endpoint names of services that ip-ranges.json lists under a name of their own. */
const ENDPOINT_OF_SERVICE: Readonly<Record<string, string>> = {
  API_GATEWAY: 'execute-api',
  KINESIS_VIDEO_STREAMS: 'kinesisvideo',
  EBS: 'ebs',
  CODEBUILD: 'codebuild',
  EFS: 'elasticfilesystem',
  AMAZON_CONNECT: 'connect-campaigns',
};

/** What names of workloads and changes say about the service behind an AMAZON-only address. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/firehose/i, 'kinesis-firehose'],
  [/kinesis|stream/i, 'kinesis-streams'],
  [/cloudwatch|observability|fluent|log|adot|otel/i, 'logs'],
  [/metric|monitor/i, 'monitoring'],
  [/xray|trace/i, 'xray'],
  [/sqs|queue/i, 'sqs'],
  [/sns|notif/i, 'sns'],
  [/secret|vault/i, 'secretsmanager'],
  [/ssm|parameter/i, 'ssm'],
  [/bedrock|llm|agent/i, 'bedrock-runtime'],
  [/ecr|image|registry/i, 'ecr.dkr'],
  [/sts|token|auth/i, 'sts'],
];

/** Another AWS service that has an interface endpoint. */
export function awsApi(found: Case): Finding | null {
  const component = changedComponents(found).find(
    (one) => one.remote.kind === 'aws-service' && !looksLikeObjects(found, one),
  );
  if (!component) return null;
  const places = mainClients(component);
  const service = serviceOf(found, component);
  const fix = isHome(found, component) ? interfaceEndpoint(found, service, places, component.excess) : null;
  const isLogs = service === 'logs' || service === 'monitoring';
  const fixes = [...(fix ? [fix] : []), ...(isLogs ? [reduceLogVolume()] : [])];
  return {
    cause: 'aws-api',
    excess: component.excess,
    confidence: component.remote.isVague ? 'medium' : 'high',
    evidence: [
      ...toldBy(found, found.metricsSource),
      componentEvidence(found, component),
      ownershipEvidence(found, component),
      ...toldBy(found, 'ec2'),
    ],
    onset: componentOnset(found, component),
    scope: deployScope(found, component),
    fixes: fixes.length > 0 ? fixes : [nothing()],
    components: [component.key],
    fit: 0.6,
    headline: `{share:percent} of the excess is {remote}${workloadsOf(component).length > 0 ? ', by {workloads:list}' : ''}`,
  };
}

/**
 * The endpoint's service: by the published name, else by what the clients and the changes before the onset are called,
 * else by direction (what is written most is logs, what is read most is a stream).
 */
function serviceOf(found: Case, component: Component): string {
  const own = ENDPOINT_OF_SERVICE[component.remote.service ?? ''];
  if (own) return own;
  const onset = found.onset;
  const scope = new Set(scopeNames(component).map((name) => name.toLowerCase()));
  const near = (found.trail?.events ?? []).filter(
    (event) =>
      onset !== null &&
      event.atMs <= onset.latestMs &&
      event.atMs >= onset.earliestMs - DEPLOY_WINDOW_MS &&
      event.names.some((name) => scope.has(name.toLowerCase())),
  );
  const text = [...near.flatMap((event) => event.names), ...workloadsOf(component)].join(' ');
  const hint = HINTS.find(([pattern]) => pattern.test(text))?.[1];
  return hint ?? (component.excessUp > component.excessDown ? 'logs' : 'kinesis-streams');
}
