/** What AWS takes for a GB of 2^30 bytes that a NAT gateway processes, zonal or regional, in one Region. */
export interface NatRate {
  /** USD per GB, a decimal string. */
  readonly usdPerGb: string;
  readonly source: string;
  /** ISO date, or the year where no more is known. */
  readonly asOf: string;
}

const PRICE_LIST = 'AWS bulk price list, AmazonEC2';
const QUOTED = 'quoted from AWS in public cost reports and fixtures, agrees with a published table of 2021';
const TABLE = 'published table of 2021, not confirmed since';

/**
 * List prices of NatGateway-Bytes by Region, compiled on 2026-11-21. In every Region whose price was found, a GB costs
 * what an hour costs. A Region that is missing here has no known price, or none in USD (China); its charge is then
 * "not known", never zero.
 */
export const NAT_RATES: ReadonlyMap<string, NatRate> = new Map([
  ['ap-east-1', { usdPerGb: '0.065', source: TABLE, asOf: '2021' }],
  ['ap-northeast-1', { usdPerGb: '0.062', source: QUOTED, asOf: '2026' }],
  ['ap-northeast-2', { usdPerGb: '0.059', source: TABLE, asOf: '2021' }],
  ['ap-northeast-3', { usdPerGb: '0.062', source: TABLE, asOf: '2021' }],
  ['ap-south-1', { usdPerGb: '0.056', source: QUOTED, asOf: '2026' }],
  ['ap-southeast-1', { usdPerGb: '0.059', source: QUOTED, asOf: '2026' }],
  ['ap-southeast-2', { usdPerGb: '0.059', source: TABLE, asOf: '2021' }],
  ['ca-central-1', { usdPerGb: '0.05', source: TABLE, asOf: '2021' }],
  ['eu-central-1', { usdPerGb: '0.052', source: TABLE, asOf: '2021' }],
  ['eu-north-1', { usdPerGb: '0.046', source: TABLE, asOf: '2021' }],
  ['eu-west-1', { usdPerGb: '0.048', source: PRICE_LIST, asOf: '2026-09-25' }],
  ['eu-west-2', { usdPerGb: '0.05', source: QUOTED, asOf: '2026' }],
  ['eu-west-3', { usdPerGb: '0.05', source: QUOTED, asOf: '2026' }],
  ['me-south-1', { usdPerGb: '0.0528', source: TABLE, asOf: '2021' }],
  ['sa-east-1', { usdPerGb: '0.093', source: QUOTED, asOf: '2026' }],
  ['us-east-1', { usdPerGb: '0.045', source: PRICE_LIST, asOf: '2026-08-17' }],
  ['us-east-2', { usdPerGb: '0.045', source: TABLE, asOf: '2021' }],
  ['us-gov-east-1', { usdPerGb: '0.054', source: TABLE, asOf: '2021' }],
  ['us-gov-west-1', { usdPerGb: '0.054', source: TABLE, asOf: '2021' }],
  ['us-west-1', { usdPerGb: '0.048', source: QUOTED, asOf: '2026' }],
  ['us-west-2', { usdPerGb: '0.045', source: TABLE, asOf: '2021' }],
]);
