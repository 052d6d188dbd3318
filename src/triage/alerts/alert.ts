/** What kind of program sent the alert. */
export type AlertKind = 'cost-anomaly' | 'cloudwatch-alarm' | 'budget' | 'detected' | 'manual';

/** Whether the alert fires, or says that something is over, or is none at all. */
export type AlertState = 'alarm' | 'ok' | 'unknown';

/** An alert, whatever it came from. Every field but `kind` and `id` may be missing: alerts are often thin. */
export interface Alert {
  readonly kind: AlertKind;
  /** Anomaly id, alarm ARN, budget name, …: the same alert sent again has the same id. */
  readonly id: string;
  readonly title: string;
  readonly state: AlertState;
  readonly accountIds: readonly string[];
  readonly regions: readonly string[];
  readonly natGatewayIds: readonly string[];
  /** Usage types that the alert blames; the routing looks at these, never at a service's name. */
  readonly usageTypes: readonly string[];
  /** Names of CloudWatch metrics that the alarm watches. */
  readonly metricNames: readonly string[];
  /** ARNs of alarms below a composite alarm. */
  readonly childAlarms: readonly string[];
  /** What the alert says it costs, as a decimal string. */
  readonly usd: string | undefined;
  /** When the alert says it began; day-granular for cost anomalies, so never an onset. */
  readonly startsAtMs: number | undefined;
  /** When the alert was sent or the state changed. */
  readonly sentAtMs: number | undefined;
}

/** An alert without anything known: what `parseAlert` gives for text that it cannot place. */
export function plainAlert(kind: AlertKind, id: string, title: string): Alert {
  return {
    kind,
    id,
    title,
    state: 'unknown',
    accountIds: [],
    regions: [],
    natGatewayIds: [],
    usageTypes: [],
    metricNames: [],
    childAlarms: [],
    usd: undefined,
    startsAtMs: undefined,
    sentAtMs: undefined,
  };
}
