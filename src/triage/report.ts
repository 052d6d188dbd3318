import type { Interval } from '../anomalies/onset.js';
import type { Point } from '../anomalies/series.js';
import type { CauseId, Confidence } from './causes.js';
import type { Evidence } from './evidence/evidence.js';
import type { Fix } from './remedies/fix.js';

/** Evidence with its number in one report. */
export interface NumberedEvidence extends Evidence {
  readonly id: string;
}

export interface DiagnosedCause {
  readonly id: CauseId;
  readonly share: number | null;
  readonly confidence: Confidence;
  readonly usdPerDay: string | null;
  readonly evidence: readonly string[];
  readonly trigger?: {
    readonly evidence: string;
    readonly events: readonly string[];
    readonly principal: string;
    readonly at: string;
  };
  readonly fixes: readonly Fix[];
}

/** A whole diagnosis, as `netcost diagnose --json` prints it (contract, part 3). Times are ISO text, money decimal strings. */
export interface Diagnosis {
  readonly alert: {
    readonly kind: string;
    readonly id: string;
    readonly natGatewayIds: readonly string[];
    readonly usd?: string;
  };
  readonly onset: { readonly earliest: string; readonly latest: string } | null;
  readonly status: {
    readonly state: 'ongoing' | 'ended';
    readonly until?: string;
    readonly usdSoFar: string | null;
    readonly phases: readonly { readonly from: string; readonly to: string; readonly bytesPerHour: number }[];
  };
  readonly causes: readonly DiagnosedCause[];
  readonly evidence: readonly NumberedEvidence[];
  readonly gaps: readonly string[];
  readonly security: boolean;
  readonly headline: string;
  readonly tookMs: number;
}

/** Hourly bytes of all gateways around the onset, for a chart; what is usual for the hour beside each. */
export interface Chart {
  readonly hours: readonly Point[];
  readonly expected: readonly (number | null)[];
  readonly onset: Interval | null;
}

/** A diagnosis with what its renderers draw. */
export interface Diagnosed {
  readonly report: Diagnosis;
  readonly chart: Chart | null;
}
