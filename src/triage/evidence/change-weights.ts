/** EC2 calls that change a route, an endpoint or a gateway: rare, so CloudTrail can be asked for each by name. */
export const PATH_CHANGES = [
  'DeleteVpcEndpoints',
  'ModifyVpcEndpoint',
  'CreateVpcEndpoint',
  'CreateRoute',
  'ReplaceRoute',
  'DeleteRoute',
  'AssociateRouteTable',
  'DisassociateRouteTable',
  'CreateNatGateway',
  'DeleteNatGateway',
  'AssociateNatGatewayAddress',
  'ModifySubnetAttribute',
  'CreateTransitGatewayRoute',
  'ReplaceTransitGatewayRoute',
  'CreateTransitGatewayVpcAttachment',
  'ModifyTransitGatewayVpcAttachment',
  'CreateVpcPeeringConnection',
  'ModifyVpcAttribute',
  'ModifyManagedPrefixList',
  'CreateSubnet',
] as const;

/**
 * How directly an API call can change what flows through a NAT gateway (facts/triage.md part 3): 3 changes the path or
 * the egress itself, 2 deploys or launches, 1 starts a job or changes configuration. By event source, names as prefixes
 * (Lambda logs "UpdateFunctionCode20150331v2").
 */
const WEIGHTS: Readonly<Record<string, readonly (readonly [number, readonly string[]])[]>> = {
  'ec2.amazonaws.com': [
    [3, PATH_CHANGES],
    [
      2,
      [
        'RunInstances',
        'StartInstances',
        'CreateFleet',
        'RequestSpotInstances',
        'RequestSpotFleet',
        'CreateLaunchTemplateVersion',
        'ModifyLaunchTemplate',
      ],
    ],
    [1, ['CreateFlowLogs', 'DeleteFlowLogs']],
  ],
  'bedrock-agentcore.amazonaws.com': [[3, ['CreateAgentRuntime', 'UpdateAgentRuntime', 'DeleteAgentRuntime']]],
  'bedrock-agentcore-control.amazonaws.com': [[3, ['CreateAgentRuntime', 'UpdateAgentRuntime', 'DeleteAgentRuntime']]],
  'ecs.amazonaws.com': [
    [
      2,
      [
        'RegisterTaskDefinition',
        'UpdateService',
        'CreateService',
        'RunTask',
        'StartTask',
        'PutClusterCapacityProviders',
      ],
    ],
  ],
  'ecr.amazonaws.com': [[1, ['PutImage', 'PutReplicationConfiguration', 'CreatePullThroughCacheRule']]],
  'lambda.amazonaws.com': [
    [
      2,
      [
        'CreateFunction',
        'UpdateFunctionCode',
        'UpdateFunctionConfiguration',
        'CreateEventSourceMapping',
        'UpdateEventSourceMapping',
        'PutProvisionedConcurrencyConfig',
        'PublishVersion',
        'UpdateAlias',
      ],
    ],
  ],
  'eks.amazonaws.com': [
    [2, ['UpdateNodegroup', 'CreateNodegroup', 'UpdateCluster', 'CreateFargateProfile', 'CreateAddon', 'UpdateAddon']],
  ],
  'autoscaling.amazonaws.com': [
    [
      2,
      [
        'UpdateAutoScalingGroup',
        'SetDesiredCapacity',
        'StartInstanceRefresh',
        'PutScalingPolicy',
        'CreateAutoScalingGroup',
      ],
    ],
  ],
  'codedeploy.amazonaws.com': [[2, ['CreateDeployment']]],
  'codepipeline.amazonaws.com': [[2, ['StartPipelineExecution']]],
  'codebuild.amazonaws.com': [[2, ['StartBuild', 'UpdateProject', 'CreateProject']]],
  'cloudformation.amazonaws.com': [[2, ['CreateStack', 'UpdateStack', 'ExecuteChangeSet', 'DeleteStack']]],
  'apprunner.amazonaws.com': [[2, ['StartDeployment', 'CreateService', 'UpdateService']]],
  'elasticbeanstalk.amazonaws.com': [[2, ['UpdateEnvironment', 'CreateEnvironment']]],
  'batch.amazonaws.com': [[2, ['SubmitJob', 'UpdateComputeEnvironment']]],
  'glue.amazonaws.com': [[2, ['StartJobRun', 'CreateCrawler', 'StartCrawler', 'UpdateJob']]],
  'elasticmapreduce.amazonaws.com': [[2, ['RunJobFlow', 'AddJobFlowSteps']]],
  'sagemaker.amazonaws.com': [[2, ['CreateTrainingJob', 'CreateProcessingJob', 'CreateEndpoint', 'UpdateEndpoint']]],
  'states.amazonaws.com': [[2, ['StartExecution', 'UpdateStateMachine']]],
  'kafkaconnect.amazonaws.com': [[2, ['CreateConnector', 'UpdateConnector']]],
  'firehose.amazonaws.com': [[2, ['CreateDeliveryStream', 'UpdateDestination']]],
  'dms.amazonaws.com': [[2, ['CreateReplicationTask', 'StartReplicationTask']]],
  'scheduler.amazonaws.com': [[1, ['CreateSchedule', 'UpdateSchedule']]],
  'events.amazonaws.com': [[1, ['PutRule', 'PutTargets', 'EnableRule']]],
  's3.amazonaws.com': [[1, ['PutBucketReplication', 'PutBucketPolicy', 'PutBucketLogging']]],
  'datasync.amazonaws.com': [[1, ['CreateTask', 'StartTaskExecution', 'UpdateTask']]],
  'backup.amazonaws.com': [[1, ['StartBackupJob', 'StartCopyJob', 'CreateBackupPlan', 'UpdateBackupPlan']]],
  'rds.amazonaws.com': [[1, ['CopyDBSnapshot', 'StartExportTask', 'CopyDBClusterSnapshot']]],
  'ssm.amazonaws.com': [[1, ['SendCommand', 'StartAutomationExecution', 'StartSession']]],
  'logs.amazonaws.com': [[1, ['PutSubscriptionFilter']]],
  'iam.amazonaws.com': [
    [
      1,
      [
        'CreateAccessKey',
        'AttachRolePolicy',
        'AttachUserPolicy',
        'PutUserPolicy',
        'UpdateAssumeRolePolicy',
        'CreateLoginProfile',
        'CreateUser',
      ],
    ],
  ],
  'sts.amazonaws.com': [[1, ['GetFederationToken']]],
};

/** @returns 0 for what changes nothing of the traffic. */
export function changeWeight(source: string, name: string): number {
  for (const [weight, names] of WEIGHTS[source] ?? []) if (names.some((one) => name.startsWith(one))) return weight;
  return 0;
}

/** Calls that change a route, an endpoint or a gateway. */
export function isPathChange(source: string, name: string): boolean {
  return source === 'ec2.amazonaws.com' && changeWeight(source, name) === 3;
}

/** Calls by which an intruder gets in, stays in, or reaches a host. */
const ACCESS = [
  'CreateAccessKey',
  'CreateUser',
  'CreateLoginProfile',
  'AttachUserPolicy',
  'AttachRolePolicy',
  'PutUserPolicy',
  'UpdateAssumeRolePolicy',
  'StartSession',
  'SendCommand',
  'GetFederationToken',
  'AuthorizeSecurityGroupEgress',
];

export function isAccessChange(name: string): boolean {
  return ACCESS.some((one) => name.startsWith(one));
}

/** Calls that start a copy of data. */
const COPIES = [
  'StartTaskExecution',
  'StartBackupJob',
  'StartCopyJob',
  'CopyDBSnapshot',
  'CopyDBClusterSnapshot',
  'StartExportTask',
  'StartReplicationTask',
  'CopySnapshot',
  'CreateTask',
  'CreateBackupPlan',
  'UpdateBackupPlan',
  'PutBucketReplication',
];

export function isCopyStart(name: string): boolean {
  return COPIES.some((one) => name.startsWith(one));
}
