import { DAY_MS, HOUR_MS, isoTime } from '../units.js';
import { agentRuntimeId, REGION } from './company.js';
import { AGENTS_ACCOUNT } from './company-plan.js';
import { LOGGER, READER } from './incident-traffic.js';
import type { Ledger } from './ledger.js';
import { hexOf, type Random, randomFor, uuidOf } from './random.js';
import { officeLevel } from './traffic.js';

/** Who pressed the button: the warm pool's trigger. */
export const TRIGGER_PRINCIPAL = `arn:aws:sts::${AGENTS_ACCOUNT}:assumed-role/AWSReservedSSO_AgentEngineer_4d1f0c6b7a3e9258/r.haas@harbourline.example`;
/** `UpdateAgentRuntime` calls before the incident, as in the incident that the demo retells. */
const TRIGGER_CALLS = 21;

interface Call {
  readonly atMs: number;
  readonly name: string;
  readonly source: string;
  readonly arn: string;
  readonly userAgent: string;
  readonly parameters: unknown;
  readonly resource?: readonly [type: string, name: string];
  readonly errorCode?: string;
}

const CLI = 'aws-cli/2.31.8 md/awscrt#0.27.6 ua/2.1 os/macos#25.0.0 md/arch#arm64 lang/python#3.13.7';
const ACTIONS = 'aws-sdk-js/3.907.0 ua/2.1 os/linux lang/js md/nodejs#22.20.0';
const TERRAFORM = 'APN/1.0 HashiCorp/1.0 Terraform/1.9.7 (+https://www.terraform.io) terraform-provider-aws/6.17.0';
const PROD = '222233334444';
const DATA = '333344445555';

/**
 * LookupEvents over all accounts, write events of the last ten days, newest first: the calls that set off the warm
 * pool, and the deploys, Terraform runs and scalings of every working day, some of them closer to the onset.
 */
export function trailEvents(ledger: Ledger): { readonly Events: readonly unknown[] } {
  const calls = [...everydayCalls(ledger), ...triggerCalls(ledger), ...nearbyCalls(ledger)]
    .filter((call) => call.atMs < ledger.nowMs - 5 * 60_000)
    .sort((a, b) => b.atMs - a.atMs);
  return { Events: calls.map((call, index) => toEvent(call, `${ledger.seed} ${call.atMs} ${index}`)) };
}

function* everydayCalls({ seed, nowMs }: Ledger): Generator<Call> {
  const firstMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - 10 * DAY_MS;
  for (let hourMs = firstMs; hourMs < nowMs; hourMs += HOUR_MS) {
    const random = randomFor(seed, 'trail', hourMs);
    for (let count = random.count(1.4 * officeLevel(hourMs)); count > 0; count -= 1) {
      yield* random.pick([deploy, deploy, deploy, deployFunction, terraform])(
        random,
        hourMs + random.between(0, 3400) * 1000,
      );
    }
    if (random.next() < 0.12) yield scaleOut(random, hourMs + random.between(0, 3500) * 1000);
  }
}

/** What set an incident off. */
function* triggerCalls(ledger: Ledger): Generator<Call> {
  const { incident } = ledger;
  if (!Number.isFinite(incident.fromMs)) return;
  if (incident.kind === 'warm-pool') yield* runtimeUpdates(ledger);
  else if (incident.kind === 'reader') yield* deployOf(READER, PROD, incident.fromMs - 24 * 60_000, 311);
  else yield* deployOf(LOGGER, PROD, incident.fromMs - 9 * 60_000, 207);
}

function* runtimeUpdates({ seed, incident, company }: Ledger): Generator<Call> {
  const subnets = company.clients.filter((client) => client.kind === 'agent').map((client) => client.subnetId);
  yield {
    atMs: incident.fromMs - 47 * 60_000,
    name: 'PutImage',
    source: 'ecr.amazonaws.com',
    arn: TRIGGER_PRINCIPAL,
    userAgent: CLI,
    resource: ['AWS::ECR::Repository', 'agents/support-agent'],
    parameters: { repositoryName: 'agents/support-agent', imageTag: '118', registryId: AGENTS_ACCOUNT },
  };
  for (let call = 0; call < TRIGGER_CALLS; call += 1) {
    yield {
      atMs: incident.fromMs - (TRIGGER_CALLS - call) * 95_000,
      name: 'UpdateAgentRuntime',
      source: 'bedrock-agentcore.amazonaws.com',
      arn: TRIGGER_PRINCIPAL,
      userAgent: CLI,
      resource: ['AWS::BedrockAgentCore::Runtime', agentRuntimeId(seed, 'support_agent')],
      parameters: {
        agentRuntimeId: agentRuntimeId(seed, 'support_agent'),
        agentRuntimeArtifact: {
          containerConfiguration: {
            containerUri: `${AGENTS_ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/agents/support-agent:118`,
          },
        },
        networkConfiguration: { networkMode: 'VPC', networkModeConfig: { subnets: [...new Set(subnets)] } },
      },
    };
  }
}

/**
 * What else happened around the onset, and had nothing to do with it. Beside the reader it is closer to the onset than
 * what set that off, and of a team that sends far more: who blames the last change blames the wrong one.
 */
function* nearbyCalls({ seed, incident }: Ledger): Generator<Call> {
  if (!Number.isFinite(incident.fromMs)) return;
  const random = randomFor(seed, 'trail', 'nearby');
  if (incident.kind === 'reader') yield* deployOf('payments-api', PROD, incident.fromMs - 6 * 60_000, 402);
  yield* deployFunction(random, incident.fromMs - 11 * 60_000);
  yield* deploy(random, incident.fromMs + 25 * 60_000);
  yield* terraform(random, incident.fromMs + 70 * 60_000);
}

function* deploy(random: Random, atMs: number): Generator<Call> {
  const [account, service] = random.pick([
    [PROD, 'payments-api'],
    [PROD, 'checkout-web'],
    [PROD, 'search-query'],
    [DATA, 'airflow-worker'],
    ['777788889999', 'push-sender'],
  ] as const);
  yield* deployOf(service, account, atMs, random.between(100, 400));
}

/** A new image of a service, and the service told to run it. */
function* deployOf(service: string, account: string, atMs: number, revision: number): Generator<Call> {
  const arn = `arn:aws:sts::${account}:assumed-role/${service.split('-')[0]}-deploy/GitHubActions`;
  const tag = hexOf(7, service, atMs);
  const cluster = `${service.split('-')[0]}-cluster`;
  yield {
    atMs,
    name: 'PutImage',
    source: 'ecr.amazonaws.com',
    arn,
    userAgent: ACTIONS,
    resource: ['AWS::ECR::Repository', service],
    parameters: { repositoryName: service, imageTag: tag, registryId: account },
  };
  yield {
    atMs: atMs + 55_000,
    name: 'RegisterTaskDefinition',
    source: 'ecs.amazonaws.com',
    arn,
    userAgent: ACTIONS,
    parameters: { family: service, networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'] },
  };
  yield {
    atMs: atMs + 80_000,
    name: 'UpdateService',
    source: 'ecs.amazonaws.com',
    arn,
    userAgent: ACTIONS,
    resource: ['AWS::ECS::Service', service],
    parameters: { cluster, service, taskDefinition: `${service}:${revision}` },
  };
}

function* deployFunction(random: Random, atMs: number): Generator<Call> {
  yield {
    atMs,
    name: 'UpdateFunctionCode20150331v2',
    source: 'lambda.amazonaws.com',
    userAgent: ACTIONS,
    arn: `arn:aws:sts::${PROD}:assumed-role/fraud-deploy/GitHubActions`,
    resource: ['AWS::Lambda::Function', 'fraud-score'],
    parameters: {
      functionName: 'fraud-score',
      s3Key: `fraud-score/${hexOf(8, atMs, random.between(0, 9))}.zip`,
      publish: true,
    },
  };
}

function* terraform(random: Random, atMs: number): Generator<Call> {
  const arn = `arn:aws:sts::${random.pick([PROD, DATA, AGENTS_ACCOUNT])}:assumed-role/gha-infra/aws-go-sdk-${atMs}`;
  const changes: readonly [string, string, unknown][] = [
    ['PutMetricAlarm', 'monitoring.amazonaws.com', { alarmName: 'checkout-5xx' }],
    ['PutRetentionPolicy', 'logs.amazonaws.com', { logGroupName: '/ecs/search', retentionInDays: 30 }],
    ['CreateTags', 'ec2.amazonaws.com', { tagSet: { items: [{ key: 'ManagedBy', value: 'terraform' }] } }],
    ['PutRolePolicy', 'iam.amazonaws.com', { roleName: 'data-task', policyName: 'inline' }],
    ['PutBucketPolicy', 's3.amazonaws.com', { bucketName: 'harbourline-assets' }],
  ];
  const count = random.between(2, 5);
  for (let nth = 0; nth < count; nth += 1) {
    const [name, source, parameters] = random.pick(changes);
    const denied = random.next() < 0.05 ? { errorCode: 'AccessDenied' } : {};
    yield { atMs: atMs + nth * 4000, name, source, arn, userAgent: TERRAFORM, parameters, ...denied };
  }
}

function scaleOut(random: Random, atMs: number): Call {
  const instanceId = `i-0${hexOf(16, 'scale', atMs)}`;
  return {
    atMs,
    name: random.pick(['RunInstances', 'TerminateInstances']),
    source: 'ec2.amazonaws.com',
    arn: `arn:aws:sts::${PROD}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling`,
    userAgent: 'autoscaling.amazonaws.com',
    resource: ['AWS::EC2::Instance', instanceId],
    parameters: { instancesSet: { items: [{ instanceId }] } },
  };
}

function toEvent(call: Call, salt: string): unknown {
  const [, , , , accountId = '', roleSession = ''] = call.arn.split(':');
  const [, role = '', session = ''] = roleSession.split('/');
  const accessKeyId = `ASIA${hexOf(16, 'key', call.arn).toUpperCase()}`;
  const principalId = `AROA${hexOf(17, 'role', accountId, role).toUpperCase()}`;
  const eventId = uuidOf('event', salt);
  const detail = {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `${principalId}:${session}`,
      arn: call.arn,
      accountId,
      accessKeyId,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId,
          arn: `arn:aws:iam::${accountId}:role/${role}`,
          accountId,
          userName: role,
        },
        attributes: { creationDate: isoTime(call.atMs - 600_000), mfaAuthenticated: 'false' },
      },
    },
    eventTime: isoTime(call.atMs),
    eventSource: call.source,
    eventName: call.name,
    awsRegion: REGION,
    sourceIPAddress: '198.51.100.77',
    userAgent: call.userAgent,
    ...(call.errorCode ? { errorCode: call.errorCode, errorMessage: 'User is not authorized' } : {}),
    requestParameters: call.parameters,
    responseElements: null,
    requestID: uuidOf('request', salt),
    eventID: eventId,
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: 'Management',
  };
  return {
    EventId: eventId,
    EventName: call.name,
    ReadOnly: 'false',
    AccessKeyId: accessKeyId,
    EventTime: isoTime(call.atMs),
    EventSource: call.source,
    Username: session,
    Resources: call.resource ? [{ ResourceType: call.resource[0], ResourceName: call.resource[1] }] : [],
    CloudTrailEvent: JSON.stringify(detail),
  };
}
