import type { Incident } from '../state/incidents.js';
import type { CallBill } from '../triage/live.js';
import type { Chart, Diagnosis } from '../triage/report.js';

/** A diagnosis as an incident keeps it. */
export interface KeptDiagnosis {
  readonly report: Diagnosis;
  readonly chart: Chart | null;
  readonly calls: CallBill | null;
  /** Folder of its evidence, below the folder for bundles. */
  readonly bundle: string | null;
  /** Which run it is, and what it was made for: `first`, `trail`, or a person's or an alert's reason. */
  readonly run: number;
  readonly atMs: number;
  /** What the earlier run said otherwise; null where this is the first, or where they agree. */
  readonly changed: string | null;
  /** When CloudTrail was asked again, or will be. */
  readonly trailAgainMs: number | null;
  readonly isTrailDone: boolean;
}

/** One line of the progress message. */
export interface ProgressLine {
  readonly source: string;
  readonly state: 'asking' | 'read' | 'failed' | 'absent';
  readonly why?: string;
}

/** What the progress message shows. */
export interface Progress {
  readonly why: string | null;
  readonly startedMs: number;
  /** Null while it is under way. */
  readonly endedMs: number | null;
  readonly lines: readonly ProgressLine[];
  /** Why there is no diagnosis, where it failed. */
  readonly failure?: string;
}

/** Everything that a thread draws. */
export interface IncidentView {
  readonly incident: Incident;
  readonly diagnosed: KeptDiagnosis | null;
  readonly progress: Progress | null;
  /** Who is mentioned in the first diagnosis: `<@U…>`, `<!subteam^S…>`; undefined for nobody. */
  readonly mention?: string;
  readonly nowMs: number;
}

/** Reads what the state keeps as JSON; null for what is none of ours. */
export function readKept(value: unknown): KeptDiagnosis | null {
  return typeof value === 'object' && value !== null && 'report' in value ? (value as KeptDiagnosis) : null;
}

export function readProgress(value: unknown): Progress | null {
  return typeof value === 'object' && value !== null && 'lines' in value ? (value as Progress) : null;
}
