/**
 * Interface endpoints: USD per zone and hour, and per GB for the first PB (AWS bulk price list, us-east-1, 2026-07; facts/
 * flow-logs.md part 3). Gateway endpoints cost nothing and have no meter. Other Regions differ by some percent; where
 * their price is not known, answers say that us-east-1's stands in.
 */
export const INTERFACE_ENDPOINT = { region: 'us-east-1', usdPerZoneHour: '0.01', usdPerGb: '0.01' } as const;

/** AWS's month in price pages and in its calculator. */
export const HOURS_PER_MONTH = 730;
