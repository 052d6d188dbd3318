/** An operation that the code sends, as the SDK names it: `{ client: 'ec2', operation: 'DescribeVpcs' }`. */
export interface SdkCall {
  /** What follows `@aws-sdk/client-`. */
  readonly client: string;
  readonly operation: string;
}

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** IAM prefixes that are not the name of the SDK's client (Service Authorization Reference). */
const PREFIXES: Readonly<Record<string, string>> = { 'cost-explorer': 'ce', 'cloudwatch-logs': 'logs' };
/** Actions that are not named after the operation. */
const ACTIONS: Readonly<Record<string, string>> = {
  's3:ListObjectsV2': 's3:ListBucket',
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
};
/** Asks nothing of IAM: everybody may. */
const FREE = new Set(['sts:GetCallerIdentity']);
const READS = /^(?:Describe|Get|List|Lookup|BatchGet|Search|Filter|Head)/;

/**
 * What only those need who use that part, each in a policy of its own: every write is here, and no read-only policy
 * holds one. Policy → actions and what they are for.
 */
export const OPTIONAL_POLICIES: Readonly<
  Record<string, { readonly says: string; readonly actions: readonly string[] }>
> = {
  'anomaly-feedback': {
    says: 'tells Cost Anomaly Detection what people said about an anomaly',
    actions: ['ce:ProvideAnomalyFeedback'],
  },
  'alert-queue': {
    says: 'takes alerts out of an SQS queue',
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ChangeMessageVisibility',
    ],
  },
  'alert-topic': {
    says: 'confirms that alerts of an SNS topic come here, and sends one for a trial',
    actions: ['sns:ConfirmSubscription', 'sns:ListSubscriptionsByTopic', 'sns:Publish'],
  },
  organizations: {
    says: 'names accounts and their tags, in the account that may list the organisation',
    actions: ['organizations:ListAccounts', 'organizations:ListTagsForResource'],
  },
  ipam: {
    says: 'reads who has which range from VPC IPAM, in the account that it is in',
    actions: ['ec2:GetIpamResourceCidrs', 'ec2:GetIpamAddressHistory'],
  },
  'logs-insights': {
    says: 'asks CloudWatch Logs for flow logs that are delivered there; Insights takes money by the GB it scans',
    actions: [
      'logs:StartQuery',
      'logs:StopQuery',
      'logs:GetQueryResults',
      'logs:FilterLogEvents',
      'logs:DescribeLogGroups',
      'logs:DescribeLogStreams',
      'logs:GetLogEvents',
    ],
  },
  athena: {
    says: 'asks Athena where logs outgrow one machine; it writes results into the bucket of its workgroup',
    actions: [
      'athena:StartQueryExecution',
      'athena:StopQueryExecution',
      'athena:GetQueryExecution',
      'athena:GetQueryResults',
      'athena:GetWorkGroup',
      'athena:GetTableMetadata',
      'athena:CreatePreparedStatement',
      'athena:BatchGetQueryExecution',
    ],
  },
};

/** Where the actions of S3 are allowed: to be filled in, or by whoever knows the buckets. */
const BUCKET_PLACEHOLDER = 'YOUR-FLOW-LOG-BUCKET';
/** The role that is assumed in each account, as init and the docs name it. */
const READ_ROLE = 'netcost-read';

/** The IAM action that a call needs; undefined where it needs none. */
export function actionOf({ client, operation }: SdkCall): string | undefined {
  const named = `${PREFIXES[client] ?? client}:${operation}`;
  return FREE.has(named) ? undefined : (ACTIONS[named] ?? named);
}

/** Whether an action only reads. */
export const isRead = (action: string): boolean => READS.test(action.split(':')[1] ?? '');

/**
 * The policies for what the code calls, by name: `read` (in each account), `bucket` (where the flow logs are), `assume`
 * (for the process itself), and the optional ones of which something is called.
 */
export function policiesOf(
  calls: readonly SdkCall[],
): Readonly<Record<string, { readonly Statement: readonly Statement[] }>> {
  const actions = [...new Set(calls.flatMap((call) => actionOf(call) ?? []))].sort();
  const optional = Object.entries(OPTIONAL_POLICIES).map(
    ([name, policy]) => [name, actions.filter((action) => policy.actions.includes(action))] as const,
  );
  const taken = new Set(optional.flatMap(([, theirs]) => theirs));
  const ofBuckets = actions.filter((action) => action.startsWith('s3:'));
  const reads = actions.filter((action) => !taken.has(action) && !ofBuckets.includes(action));
  return Object.fromEntries(
    [
      ['read', [statement('NetcostRead', reads, '*')]] as const,
      ['bucket', bucketStatements(ofBuckets, [BUCKET_PLACEHOLDER])] as const,
      ['assume', [statement('NetcostAssume', ['sts:AssumeRole'], `arn:aws:iam::*:role/${READ_ROLE}`)]] as const,
      ...optional.flatMap(([name, theirs]) =>
        theirs.length === 0 ? [] : [[name, [statement(sidOf(name), theirs, '*')]] as const],
      ),
    ].map(([name, Statement]) => [name, { Version: '2012-10-17', Statement }]),
  );
}

/** The statement that allows one action, to be added to a policy; S3's for that bucket. */
export function statementFor(action: string, bucket?: string): Statement {
  if (!action.startsWith('s3:')) return statement('NetcostRead', [action], '*');
  return bucketStatements([action], [bucket ?? BUCKET_PLACEHOLDER])[0]!;
}

function bucketStatements(actions: readonly string[], buckets: readonly string[]): Statement[] {
  const lists: readonly string[] = actions.filter((action) => /^s3:(?:List|GetBucket)/.test(action));
  const reads = actions.filter((action) => !lists.includes(action));
  return [
    ...(lists.length > 0
      ? [
          statement(
            'NetcostListBucket',
            lists,
            buckets.map((bucket) => `arn:aws:s3:::${bucket}`),
          ),
        ]
      : []),
    ...(reads.length > 0
      ? [
          statement(
            'NetcostReadObjects',
            reads,
            buckets.map((bucket) => `arn:aws:s3:::${bucket}/*`),
          ),
          {
            // S3 decrypts for whoever may use the key: needed where the bucket has a key of its own, harmless elsewhere.
            ...statement('NetcostDecryptObjects', ['kms:Decrypt'], '*'),
            Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
          },
        ]
      : []),
  ];
}

const statement = (Sid: string, Action: readonly string[], Resource: string | readonly string[]): Statement => ({
  Sid,
  Effect: 'Allow',
  Action,
  Resource,
});

const sidOf = (name: string): string =>
  `Netcost${name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
