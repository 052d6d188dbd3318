import type { Point } from '../anomalies/series.js';

/** What CloudWatch's metrics say of one NAT gateway, hour by hour. A missing hour is missing, not zero. */
export interface GatewayReading {
  readonly accountId: string;
  readonly region: string;
  readonly natGatewayId: string;
  /** Bytes that left towards destinations. */
  readonly up: readonly Point[];
  /** Bytes that were handed to clients. Billed are up and down together, and nothing else (facts/triage.md part 2). */
  readonly down: readonly Point[];
  /** The most connections at once. */
  readonly active: readonly Point[];
  readonly attempts: readonly Point[];
  readonly established: readonly Point[];
  /** Connections refused because all ports towards one destination were taken. */
  readonly portErrors: readonly Point[];
}

/** One reading of all places. A place that failed is named; its gateways are not known. */
export interface NatMetricsRead {
  readonly gateways: readonly GatewayReading[];
  /** Hours that begin at this moment or later are not read yet: CloudWatch may still change them. */
  readonly completeUntilMs: number;
  readonly failures: readonly { readonly accountId: string; readonly region: string; readonly says: string }[];
  /** Metrics that came in part, one line each. */
  readonly incomplete: readonly string[];
  /** What asking cost, a decimal string. */
  readonly usd: string;
  readonly requests: number;
}

/** Reads the NAT metrics of all places from `fromMs` on. */
export type ReadNatMetrics = (
  window: { readonly fromMs: number; readonly nowMs: number },
  signal?: AbortSignal,
) => Promise<NatMetricsRead>;
