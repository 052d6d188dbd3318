import type { Point } from '../anomalies/series.js';
import type { Alert } from './alerts/alert.js';
import type { EvidenceSource } from './evidence/evidence.js';
import type { Diagnosed } from './report.js';
import type { Reading } from './sources.js';

/** What a live diagnosis is asked about. */
export type DiagnosisSubject =
  /** An alert that arrived; `payload` is its text as it came, for the bundle. */
  | { readonly kind: 'alert'; readonly alert: Alert; readonly payload?: string }
  | { readonly kind: 'nat'; readonly natGatewayIds: readonly string[] }
  | { readonly kind: 'team'; readonly team: string }
  /** The last alert that arrived; where none is known, what netcost's own detection finds. */
  | { readonly kind: 'last' };

/** One source has answered; for the progress message. */
export interface EvidenceArrival {
  readonly source: EvidenceSource;
  readonly state: Reading<unknown>['state'];
  /** Why it failed or is absent; undefined where it was read. One line; text from AWS, so hostile. */
  readonly why?: string;
}

export interface DiagnosisRequest {
  readonly subject: DiagnosisSubject;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly onEvidence?: (arrival: EvidenceArrival) => void;
}

/** What a diagnosis asked of AWS. */
export interface CallBill {
  readonly requests: number;
  readonly throttled: number;
  /** Decimal string; at most this, free tiers left aside. */
  readonly usd: string;
}

/** A live diagnosis. */
export interface LiveDiagnosed extends Diagnosed {
  readonly alert: Alert;
  readonly calls: CallBill;
  /**
   * Saves what was seen as an evidence bundle (redacted), which replays to the same report. Of the last few
   * diagnoses of a process alone: who needs it later saves it at once.
   * @throws NetcostError 'input' where the folder cannot be written, or the evidence is no longer kept.
   */
  readonly save: (folder: string) => Promise<void>;
}

/**
 * Diagnoses now. A source that fails is a gap in the report, never an error.
 * @throws NetcostError 'input' for a gateway that no configured account has, or `last` where nothing is known;
 * 'cancelled' where the signal was aborted.
 */
type LiveDiagnosis = (request: DiagnosisRequest) => Promise<LiveDiagnosed>;

/**
 * Takes an alert for good: when it returns, the alert outlives a crash. The intake awaits it before it deletes the
 * message, so the same alert may come again (same `alert.id`), from SQS, SNS or netcost's own detection.
 */
export type OnAlert = (alert: Alert, receivedAtMs: number, payload: string) => Promise<void>;

/** Billed bytes by hour of these gateways together; a missing hour is missing. For "fixed" and "ended". */
type ReadGatewayBytes = (
  natGatewayIds: readonly string[],
  window: { readonly fromMs: number; readonly toMs: number },
) => Promise<Reading<readonly Point[]>>;

/** Whether the store holds rows of these gateways that began after `sinceMs`: then a diagnosis without flow logs runs again. */
type HaveFlowLogsArrived = (natGatewayIds: readonly string[], sinceMs: number) => Promise<boolean>;

/** Tells Cost Anomaly Detection what became of its anomaly (ce:ProvideAnomalyFeedback). @throws NetcostError 'upstream' */
type SendAnomalyFeedback = (
  anomalyId: string,
  accountId: string | undefined,
  feedback: 'YES' | 'NO' | 'PLANNED_ACTIVITY',
) => Promise<void>;

/** All that the thread needs of AWS. */
export interface LiveTriage {
  readonly diagnose: LiveDiagnosis;
  readonly readGatewayBytes: ReadGatewayBytes;
  readonly haveFlowLogsArrived: HaveFlowLogsArrived;
  readonly sendAnomalyFeedback: SendAnomalyFeedback;
}
