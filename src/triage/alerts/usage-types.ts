/** What a line of the bill is about, as far as NAT gateways are concerned. */
export type UsageKind =
  | 'nat-bytes'
  | 'nat-hours'
  | 'cross-az'
  | 'internet-out'
  | 'cross-region'
  | 'endpoint'
  | 'transit-gateway'
  | 'other';

/**
 * The usage types of the network, by their end: the Region's prefix ("EU-", "USW2-", none in us-east-1) cannot be built
 * from the Region (facts/triage.md 1.1). Never the service's name: NAT bytes have been billed as "Amazon Elastic Block
 * Store".
 */
const PATTERNS: readonly (readonly [RegExp, UsageKind])[] = [
  [/(?:^|-)(?:Regional)?NatGateway-(?:Prvd-)?Bytes$/, 'nat-bytes'],
  [/(?:^|-)(?:Regional)?NatGateway-(?:Hours|Prvd-Gbps)$/, 'nat-hours'],
  [/(?:^|-)DataTransfer-Regional-Bytes$/, 'cross-az'],
  [/(?:^|-)AWS-(?:Out|In)-Bytes$/, 'cross-region'],
  [/(?:^|-)DataTransfer-Out-Bytes$/, 'internet-out'],
  [/(?:^|-)VpcEndpoint-(?:Bytes|Hours)$/, 'endpoint'],
  [/(?:^|-)TransitGateway-(?:Bytes|Hours)$/, 'transit-gateway'],
];

/** @param usageType as Cost Explorer writes it: "EU-NatGateway-Bytes". */
export function usageKind(usageType: string): UsageKind {
  return PATTERNS.find(([pattern]) => pattern.test(usageType))?.[1] ?? 'other';
}
