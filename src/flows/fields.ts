/** What a field holds: decides its DuckDB and Athena column type. In text objects every field is a string. */
type FieldType = 'string' | 'int32' | 'int64';

export interface Field {
  /** The name in a text header and in LogFormat, with hyphens. Parquet and Athena use underscores. */
  readonly name: string;
  /** The flow-log version that brought the field; 6 is the Transit Gateway format. */
  readonly version: number;
  readonly type: FieldType;
  readonly meaning: string;
}

const field = (version: number, type: FieldType, name: string, meaning: string): Field => ({
  name,
  version,
  type,
  meaning,
});

/**
 * Every field of VPC and Transit Gateway flow logs, in the order of AWS's tables. The one place that knows them:
 * parser, DuckDB columns, Athena DDL and the reference page are made from it. `version` in a row is not to be
 * trusted (public samples carry a wrong one), so a layout comes from names alone.
 * Source: AWS VPC user guide, "Flow log records" (versions 2 to 5, 7 to 11) and "Transit Gateway Flow Log records" (6).
 */
export const FIELDS: readonly Field[] = [
  field(2, 'int32', 'version', 'highest version among the chosen fields; not reliable'),
  field(2, 'string', 'account-id', 'account of the interface; "unknown" for some service-made ones'),
  field(2, 'string', 'interface-id', 'the network interface; "-" for a regional NAT gateway'),
  field(2, 'string', 'srcaddr', "source; on the interface's own side always its primary private address"),
  field(2, 'string', 'dstaddr', "destination; on the interface's own side always its primary private address"),
  field(2, 'int32', 'srcport', 'source port of the packet'),
  field(2, 'int32', 'dstport', 'destination port of the packet'),
  field(2, 'int32', 'protocol', 'IANA protocol number'),
  field(2, 'int64', 'packets', 'packets in the aggregation window'),
  field(2, 'int64', 'bytes', 'bytes in the aggregation window, IP headers included'),
  field(2, 'int64', 'start', 'first packet, Unix seconds (milliseconds are seen in the wild)'),
  field(2, 'int64', 'end', 'last packet, Unix seconds'),
  field(2, 'string', 'action', 'ACCEPT or REJECT'),
  field(2, 'string', 'log-status', 'OK, NODATA or SKIPDATA'),
  field(3, 'string', 'vpc-id', 'VPC of the interface'),
  field(3, 'string', 'subnet-id', 'subnet of the interface'),
  field(3, 'string', 'instance-id', 'instance of the interface; "-" on requester-managed ones as NAT gateways'),
  field(3, 'int32', 'tcp-flags', 'TCP flags, OR-ed over the window'),
  field(3, 'string', 'type', 'IPv4, IPv6 or EFA'),
  field(3, 'string', 'pkt-srcaddr', "the packet's own source address"),
  field(3, 'string', 'pkt-dstaddr', "the packet's own destination address"),
  field(4, 'string', 'region', 'Region of the interface'),
  field(4, 'string', 'az-id', 'Availability Zone id of the interface'),
  field(4, 'string', 'sublocation-type', 'wavelength, outpost or localzone'),
  field(4, 'string', 'sublocation-id', 'id of the sublocation'),
  field(5, 'string', 'pkt-src-aws-service', "AWS service of the packet's source address"),
  field(5, 'string', 'pkt-dst-aws-service', "AWS service of the packet's destination address"),
  field(5, 'string', 'flow-direction', 'ingress or egress, seen from the interface'),
  field(
    5,
    'int32',
    'traffic-path',
    'path of egress traffic: 1 same VPC, 2 or 8 internet gateway, 7 gateway endpoint, …',
  ),
  field(6, 'string', 'resource-type', 'TransitGateway or TransitGatewayAttachment'),
  field(6, 'string', 'tgw-id', 'the transit gateway'),
  field(6, 'string', 'tgw-attachment-id', 'the attachment'),
  field(6, 'string', 'tgw-src-vpc-account-id', 'account of the source VPC'),
  field(6, 'string', 'tgw-dst-vpc-account-id', 'account of the destination VPC'),
  field(6, 'string', 'tgw-src-vpc-id', 'source VPC'),
  field(6, 'string', 'tgw-dst-vpc-id', 'destination VPC'),
  field(6, 'string', 'tgw-src-subnet-id', 'subnet of the source attachment'),
  field(6, 'string', 'tgw-dst-subnet-id', 'subnet of the destination attachment'),
  field(6, 'string', 'tgw-src-eni', 'interface of the source attachment'),
  field(6, 'string', 'tgw-dst-eni', 'interface of the destination attachment'),
  field(6, 'string', 'tgw-src-az-id', 'zone of the source attachment'),
  field(6, 'string', 'tgw-dst-az-id', 'zone of the destination attachment'),
  field(6, 'string', 'tgw-pair-attachment-id', 'the other attachment'),
  field(6, 'int64', 'packets-lost-no-route', 'packets lost for want of a route'),
  field(6, 'int64', 'packets-lost-blackhole', 'packets lost to a blackhole route'),
  field(6, 'int64', 'packets-lost-mtu-exceeded', 'packets lost for their size'),
  field(6, 'int64', 'packets-lost-ttl-expired', 'packets lost for their age'),
  field(7, 'string', 'ecs-cluster-arn', 'ECS cluster'),
  field(7, 'string', 'ecs-cluster-name', 'name of the ECS cluster'),
  field(7, 'string', 'ecs-container-instance-arn', 'ECS container instance'),
  field(7, 'string', 'ecs-container-instance-id', 'id of the ECS container instance'),
  field(7, 'string', 'ecs-container-id', 'container'),
  field(7, 'string', 'ecs-second-container-id', 'second container of the task'),
  field(7, 'string', 'ecs-service-name', 'ECS service'),
  field(7, 'string', 'ecs-task-definition-arn', 'ECS task definition'),
  field(7, 'string', 'ecs-task-arn', 'ECS task'),
  field(7, 'string', 'ecs-task-id', 'id of the ECS task'),
  field(8, 'string', 'reject-reason', 'why traffic was rejected (BPA)'),
  field(9, 'string', 'resource-id', 'the resource, as nat-… of a regional NAT gateway'),
  field(10, 'int32', 'encryption-status', '0 none, 1 Nitro, 2 application, 3 both'),
  field(11, 'string', 'instance-tag', 'tag value of the instance, percent-encoded'),
  field(11, 'string', 'instance-tag-2', 'second tag value of the instance'),
  field(11, 'string', 'interface-tag', 'tag value of the interface, percent-encoded'),
  field(11, 'string', 'interface-tag-2', 'second tag value of the interface'),
  field(11, 'string', 'asg-tag', 'tag value of the Auto Scaling group, percent-encoded'),
  field(11, 'string', 'asg-tag-2', 'second tag value of the Auto Scaling group'),
  field(11, 'string', 'interface-type', 'nat_gateway, regional_nat_gateway, transit_gateway, vpc_endpoint, …'),
  field(11, 'string', 'next-hop-interface-id', 'receiving interface of egress traffic, sending one of ingress'),
  field(11, 'string', 'next-hop-subnet-id', 'subnet of the next hop'),
  field(11, 'string', 'next-hop-az-id', 'zone of the next hop'),
  field(11, 'string', 'next-hop-vpc-id', 'VPC of the next hop'),
  field(11, 'string', 'next-hop-interface-type', 'kind of the next hop'),
];

const BY_NAME: ReadonlyMap<string, Field> = new Map(FIELDS.map((f) => [f.name, f]));

/** The field of that name, written with hyphens or underscores; undefined for a column that AWS does not publish. */
export function fieldOf(name: string): Field | undefined {
  return BY_NAME.get(name.trim().toLowerCase().replaceAll('_', '-'));
}

/** AWS's default format: version 2, in this fixed order. Used where a source has no header (CloudWatch Logs). */
export const DEFAULT_FORMAT: readonly string[] = FIELDS.filter((f) => f.version === 2).map((f) => f.name);

/** The fields that netcost makes use of, as a ready `LogFormat` for a new flow log of NAT gateway interfaces. */
export const RECOMMENDED_FORMAT = [
  ...DEFAULT_FORMAT,
  'vpc-id',
  'subnet-id',
  'instance-id',
  'type',
  'pkt-srcaddr',
  'pkt-dstaddr',
  'region',
  'az-id',
  'pkt-src-aws-service',
  'pkt-dst-aws-service',
  'flow-direction',
  'traffic-path',
  'resource-id',
]
  .map((name) => `\${${name}}`)
  .join(' ');
