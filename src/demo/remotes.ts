/** An address outside, and what is true of it. */
export interface Remote {
  readonly address: string;
  /** The AWS service that a flow log's `pkt-*-aws-service` shows, null where it shows none. */
  readonly awsService: string | null;
  /** The AWS Region of ip-ranges.json, null outside AWS. */
  readonly region: string | null;
  /** What a question by service shows: the name that owners.yaml gives it, else the AWS service, else null. */
  readonly service: string | null;
  /** Who owns the address: a provider's word, else the organisation of asn.csv. */
  readonly provider: string | null;
}

interface RemoteGroup extends Omit<Remote, 'address'> {
  readonly addresses: readonly string[];
}

/**
 * The outside world of the demo. The AWS, GitHub, Cloudflare and Fastly addresses lie in published ranges; Datadog's lie
 * in an EC2 range and are named in owners.yaml; the partner and the mail host use documentation ranges (RFC 5737).
 */
export const REMOTE_GROUPS = {
  s3: aws('S3', 'us-east-1', [
    '52.216.8.42',
    '52.216.171.109',
    '52.217.64.9',
    '54.231.192.17',
    '16.182.32.9',
    '3.5.11.130',
    '16.15.177.20',
  ]),
  ecrLayers: aws('S3', 'us-east-1', ['52.216.50.66', '52.217.113.140', '54.231.138.73', '16.15.184.31']),
  s3Ireland: aws('S3', 'eu-west-1', ['52.218.36.10', '52.218.112.203', '52.92.17.66']),
  dynamodb: aws('DYNAMODB', 'us-east-1', ['52.94.0.80', '52.94.2.10', '52.119.224.66', '3.218.180.5']),
  awsApi: aws('AMAZON', 'us-east-1', ['52.46.128.10', '52.94.233.1', '54.239.28.85', '209.54.177.1']),
  ec2Partner: aws('EC2', 'us-east-1', ['44.202.79.10', '34.195.142.7']),
  cloudfront: aws('CLOUDFRONT', 'GLOBAL', ['13.224.14.91', '13.225.78.30']),
  datadog: {
    addresses: ['3.233.148.20', '3.233.150.113', '3.233.152.7'],
    awsService: 'EC2',
    region: 'us-east-1',
    service: 'Datadog',
    provider: 'aws',
  },
  github: outside('github', ['140.82.112.4', '140.82.113.3', '185.199.109.133']),
  npm: outside('cloudflare', ['104.16.3.35', '104.16.27.34']),
  pypi: outside('fastly', ['151.101.64.223', '151.101.192.223', '199.232.36.223']),
  debian: outside('fastly', ['151.101.2.132']),
  partner: outside('Meridian Clearing Ltd', ['203.0.113.21', '203.0.113.22']),
  courier: outside('Nordfracht AG', ['198.51.100.40']),
} as const satisfies Record<string, RemoteGroup>;

export type RemoteGroupName = keyof typeof REMOTE_GROUPS;

/** Every address of a group as a remote. */
export function remotesOf(name: RemoteGroupName): readonly Remote[] {
  return REMOTES[name];
}

const REMOTES = Object.fromEntries(
  Object.entries(REMOTE_GROUPS).map(([name, { addresses, ...facts }]) => [
    name,
    (addresses as readonly string[]).map((address) => ({ address, ...facts })),
  ]),
) as unknown as Readonly<Record<RemoteGroupName, readonly Remote[]>>;

/** Real published prefixes (facts of AWS's ip-ranges.json of 2026-08-22) around the demo's remotes: prefix, Region, services. */
export const AWS_PREFIXES: readonly (readonly [string, string, readonly string[]])[] = [
  ['52.216.0.0/15', 'us-east-1', ['AMAZON', 'S3']],
  ['54.231.0.0/16', 'us-east-1', ['AMAZON', 'S3']],
  ['16.182.0.0/16', 'us-east-1', ['AMAZON', 'S3']],
  ['3.5.0.0/19', 'us-east-1', ['AMAZON', 'S3', 'EC2']],
  ['16.15.176.0/20', 'us-east-1', ['AMAZON', 'S3', 'EC2']],
  ['52.218.0.0/17', 'eu-west-1', ['AMAZON', 'S3']],
  ['52.92.0.0/17', 'eu-west-1', ['AMAZON', 'S3']],
  ['52.94.0.0/22', 'us-east-1', ['AMAZON', 'DYNAMODB']],
  ['52.119.224.0/21', 'us-east-1', ['AMAZON', 'DYNAMODB']],
  ['3.208.0.0/12', 'us-east-1', ['AMAZON', 'EC2']],
  ['3.218.180.0/22', 'us-east-1', ['DYNAMODB']],
  ['3.224.0.0/12', 'us-east-1', ['AMAZON', 'EC2']],
  ['34.192.0.0/12', 'us-east-1', ['AMAZON', 'EC2']],
  ['44.192.0.0/11', 'us-east-1', ['AMAZON', 'EC2']],
  ['52.46.128.0/19', 'us-east-1', ['AMAZON']],
  ['52.94.224.0/20', 'us-east-1', ['AMAZON']],
  ['54.239.16.0/20', 'us-east-1', ['AMAZON']],
  ['209.54.176.0/21', 'us-east-1', ['AMAZON']],
  ['13.224.0.0/14', 'GLOBAL', ['AMAZON', 'CLOUDFRONT']],
];

/** first, last, AS number, organisation. The last two AS numbers are of the range for documentation (RFC 5398). */
export const AUTONOMOUS_SYSTEMS: readonly (readonly [string, string, number, string])[] = [
  ['3.5.0.0', '3.5.31.255', 14618, 'Amazon.com, Inc.'],
  ['3.208.0.0', '3.239.255.255', 14618, 'Amazon.com, Inc.'],
  ['13.224.0.0', '13.227.255.255', 16509, 'Amazon.com, Inc.'],
  ['16.15.176.0', '16.15.191.255', 16509, 'Amazon.com, Inc.'],
  ['16.182.0.0', '16.182.255.255', 16509, 'Amazon.com, Inc.'],
  ['34.192.0.0', '34.207.255.255', 14618, 'Amazon.com, Inc.'],
  ['44.192.0.0', '44.223.255.255', 14618, 'Amazon.com, Inc.'],
  ['52.46.128.0', '52.46.159.255', 16509, 'Amazon.com, Inc.'],
  ['52.92.0.0', '52.92.127.255', 16509, 'Amazon.com, Inc.'],
  ['52.94.0.0', '52.94.255.255', 16509, 'Amazon.com, Inc.'],
  ['52.119.224.0', '52.119.231.255', 16509, 'Amazon.com, Inc.'],
  ['52.216.0.0', '52.218.127.255', 16509, 'Amazon.com, Inc.'],
  ['54.231.0.0', '54.231.255.255', 16509, 'Amazon.com, Inc.'],
  ['54.239.16.0', '54.239.31.255', 16509, 'Amazon.com, Inc.'],
  ['104.16.0.0', '104.23.255.255', 13335, 'Cloudflare, Inc.'],
  ['140.82.112.0', '140.82.127.255', 36459, 'GitHub, Inc.'],
  ['151.101.0.0', '151.101.255.255', 54113, 'Fastly, Inc.'],
  ['185.199.108.0', '185.199.111.255', 36459, 'GitHub, Inc.'],
  ['198.51.100.0', '198.51.100.255', 64497, 'Nordfracht AG'],
  ['199.232.0.0', '199.232.255.255', 54113, 'Fastly, Inc.'],
  ['203.0.113.0', '203.0.113.255', 64496, 'Meridian Clearing Ltd'],
  ['209.54.176.0', '209.54.183.255', 16509, 'Amazon.com, Inc.'],
];

function aws(service: string, region: string, addresses: readonly string[]): RemoteGroup {
  return { addresses, awsService: service, region, service, provider: 'aws' };
}

function outside(provider: string, addresses: readonly string[]): RemoteGroup {
  return { addresses, awsService: null, region: null, service: null, provider };
}
