import { Decimal } from 'decimal.js';
import { formatUsd } from '../units.js';

/**
 * USD per GB that Logs Insights scans (aws.amazon.com/cloudwatch/pricing, read in 2026-11); Regions that are not here
 * have that of us-east-1 or a little more.
 */
const USD_PER_GB: Readonly<Record<string, string>> = { 'us-east-1': '0.005', 'ap-northeast-1': '0.0076' };

/** What scanning so many bytes costs, a decimal string. */
export function priceOfInsights(bytes: number, region: string): string {
  if (bytes === 0) return '0';
  return new Decimal(bytes)
    .times(USD_PER_GB[region] ?? USD_PER_GB['us-east-1']!)
    .div(1e9)
    .toFixed(6);
}

/** The same for people: "$6.03". */
export const formatUsdOfInsights = (bytes: number, region: string): string => formatUsd(priceOfInsights(bytes, region));
