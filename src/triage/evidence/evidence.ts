/** Where a fact comes from. The six first may fail or be absent; the others are files of ours or of the bundle. */
export type EvidenceSource =
  | 'cloudwatch'
  | 'cloudtrail'
  | 'ec2'
  | 'ecr'
  | 'cost-explorer'
  | 'flow-logs'
  | 'ip-ranges'
  | 'owners'
  | 'prices';

/** `none`: asked, and nothing was there. `failed`: asked, and the source answered with an error. `absent`: not there to ask. */
export type EvidenceStatus = 'found' | 'none' | 'failed' | 'absent';

/** What a figure of an evidence may be. Nested values hold lists for a reader of the JSON; sentences use flat ones. */
export type EvidenceValue =
  | string
  | number
  | boolean
  | null
  | readonly EvidenceValue[]
  | { readonly [key: string]: EvidenceValue };

/** A fact, how it was asked for, and one sentence that is rendered from its own values. */
export interface Evidence {
  readonly source: EvidenceSource;
  readonly status: EvidenceStatus;
  readonly asked: string;
  readonly says: string;
  readonly values: Readonly<Record<string, EvidenceValue>>;
}

/** Words for the sources, as a person says them. */
export const SOURCE_WORDS: Readonly<Record<EvidenceSource, string>> = {
  cloudwatch: 'CloudWatch metrics',
  cloudtrail: 'CloudTrail',
  ec2: 'EC2 inventory',
  ecr: 'ECR images',
  'cost-explorer': 'Cost Explorer',
  'flow-logs': 'flow logs',
  'ip-ranges': "AWS's published IP ranges (ip-ranges.json)",
  owners: 'owners.yaml',
  prices: 'price list',
};
