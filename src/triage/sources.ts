import type { Owners } from '../attribution/owners.js';
import type { RemoteTables } from '../attribution/ranges.js';
import type { Alert } from './alerts/alert.js';

/** What a source answered. Absent, failed and empty are three things. */
export type Reading<T> =
  | {
      readonly state: 'read';
      readonly value: T;
      /** What the value lacks, a line each: an account that did not answer, pages beyond the budget. Nothing may be said of it. */
      readonly lacks?: readonly string[];
    }
  | { readonly state: 'failed'; readonly error: string }
  | { readonly state: 'absent'; readonly reason: string };

/** One CloudWatch series. Values have one entry per time; a missing point is missing. Times are UTC ms, ascending. */
export interface MetricSeries {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly periodMs: number;
  readonly stat: string;
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

/** One CloudTrail write event. */
export interface TrailEvent {
  readonly atMs: number;
  readonly name: string;
  /** `ecs.amazonaws.com`. */
  readonly source: string;
  /** The principal's ARN; its user name where there is no ARN. */
  readonly principal: string;
  readonly userAgent: string;
  readonly sourceAddress: string | undefined;
  readonly errorCode: string | undefined;
  /** `AssumedRole`, `IAMUser`, `AWSService`, … */
  readonly identityType: string;
  /** Every text that stands in Resources and requestParameters: names, ids, ARNs. */
  readonly names: readonly string[];
  /** requestParameters, as the API gave them. */
  readonly request: unknown;
}

export interface Trail {
  readonly events: readonly TrailEvent[];
  /** What was searched; the answer is silent outside it. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Pages ran out before the window was covered. */
  readonly truncated: boolean;
  /** How it was searched, for a person; undefined where nobody said. */
  readonly searched?: string;
}

export interface NatGateway {
  readonly id: string;
  readonly vpcId: string | undefined;
  readonly subnetId: string | undefined;
  readonly state: string;
  readonly isPrivate: boolean;
  readonly isRegional: boolean;
  readonly createdAtMs: number | undefined;
  readonly deletedAtMs: number | undefined;
  /** Private and public addresses, secondary ones included. */
  readonly addresses: readonly string[];
  readonly interfaceIds: readonly string[];
  readonly name: string | undefined;
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly az: string | undefined;
  readonly cidrs: readonly string[];
}

export interface Route {
  /** A CIDR, or the id of a prefix list. */
  readonly destination: string;
  /** `nat-…`, `igw-…`, `tgw-…`, `vpce-…`, `local`, `eni-…`; empty where nothing is known. */
  readonly target: string;
  readonly isBlackhole: boolean;
}

export interface RouteTable {
  readonly id: string;
  readonly vpcId: string;
  readonly isMain: boolean;
  readonly subnetIds: readonly string[];
  readonly routes: readonly Route[];
}

export interface VpcEndpoint {
  readonly id: string;
  readonly vpcId: string;
  readonly type: 'Gateway' | 'Interface' | 'other';
  /** `com.amazonaws.us-east-1.s3`. */
  readonly serviceName: string;
  readonly state: string;
  readonly routeTableIds: readonly string[];
  readonly subnetIds: readonly string[];
  readonly privateDns: boolean;
  readonly name: string | undefined;
}

export interface NetworkInterface {
  readonly id: string;
  readonly type: string;
  readonly description: string;
  readonly addresses: readonly string[];
  readonly subnetId: string | undefined;
  readonly vpcId: string | undefined;
  readonly az: string | undefined;
  readonly instanceId: string | undefined;
  readonly groupNames: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
}

export interface Inventory {
  readonly vpcs: readonly {
    readonly id: string;
    readonly cidrs: readonly string[];
    readonly name: string | undefined;
  }[];
  readonly subnets: readonly Subnet[];
  readonly routeTables: readonly RouteTable[];
  readonly natGateways: readonly NatGateway[];
  readonly endpoints: readonly VpcEndpoint[];
  readonly interfaces: readonly NetworkInterface[];
  /** Describe… calls that are missing, by their file's name: `vpc-endpoints`, … Nothing may be said about these. */
  readonly missing: readonly string[];
}

export interface ContainerImage {
  readonly repository: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  readonly pushedAtMs: number | undefined;
}

/** One line of the bill on one day. */
export interface UsageLine {
  readonly dayMs: number;
  readonly usageType: string;
  readonly usd: number;
  readonly quantity: number;
}

/** One sum of counted flow records. Null is "the logs do not tell". */
export interface FlowSum {
  /** Start of the time bucket, UTC ms. */
  readonly atMs: number;
  readonly natGatewayId: string | null;
  readonly client: string | null;
  readonly remote: string | null;
  readonly port: number | null;
  readonly protocol: number | null;
  readonly direction: 'up' | 'down';
  /** pkt-*-aws-service of the remote end. */
  readonly awsService: string | null;
  readonly bytes: number;
  readonly packets: number;
  readonly flows: number;
}

/** Counted flows of the gateways, and how complete they are. */
export interface FlowReading {
  readonly sums: readonly FlowSum[];
  readonly bucketMs: number;
  /** The first and last moment that the logs cover; null where no row counted. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Whole hours between the two without a single row. */
  readonly emptyHours: readonly number[];
  readonly skipDataRows: number;
  readonly noDataRows: number;
  readonly rejectedFlows: number;
  readonly malformedLines: number;
  /** False for version 2 logs: remotes and clients cannot be joined, remotes come from the outside leg alone. */
  readonly hasPacketAddresses: boolean;
  /** Without packet addresses: sums of the outside leg (remote known, client not). */
  readonly outside: readonly FlowSum[];
  readonly natGatewaysSeen: readonly string[];
  /** Gateways as the logs know them, with their own addresses: what stands in where EC2 was not read. */
  readonly gateways: readonly {
    readonly id: string;
    readonly vpcId: string | undefined;
    readonly addresses: readonly string[];
  }[];
  /** What rows of other interfaces tell about clients' addresses. */
  readonly facts: ReadonlyMap<string, ClientFact>;
}

/** What a row of a client's own interface tells of it. */
export interface ClientFact {
  readonly vpcId: string | undefined;
  readonly subnetId: string | undefined;
  readonly az: string | undefined;
  readonly workload: string | undefined;
  readonly accountId: string | undefined;
}

export interface Account {
  readonly accountId: string;
  readonly region: string;
  readonly nowMs: number;
}

/**
 * All that a diagnosis asks. A bundle answers from files, AWS answers live; both read the same way. Every call may be
 * made once; none throws.
 */
export interface EvidenceSources {
  readonly account: Account;
  readonly alert: Alert;
  readonly metrics: () => Promise<Reading<readonly MetricSeries[]>>;
  readonly trail: () => Promise<Reading<Trail>>;
  readonly inventory: () => Promise<Reading<Inventory>>;
  readonly images: () => Promise<Reading<readonly ContainerImage[]>>;
  readonly usage: () => Promise<Reading<readonly UsageLine[]>>;
  readonly flows: () => Promise<Reading<FlowReading>>;
  readonly remotes: () => Promise<Reading<RemoteLookup>>;
  readonly owners: () => Promise<Reading<Owners>>;
}

/** Tables that tell remotes apart, with what a person should know about their age. */
export interface RemoteLookup {
  readonly tables: RemoteTables;
  /** A newer table, asked where the first knows nothing better than AMAZON. */
  readonly newer: RemoteTables | undefined;
  /** When the AWS ranges were made; undefined where they do not say. */
  readonly rangesMadeAtMs: number | undefined;
  /** False where the bundle had none and netcost's own table stands in. */
  readonly hasRangesFile: boolean;
  readonly hasAsTable: boolean;
}
