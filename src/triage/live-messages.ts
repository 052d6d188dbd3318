import { type ErrorCode, NetcostError } from '../errors.js';
import type { Alert } from './alerts/alert.js';
import type { CallBill, DiagnosisSubject, EvidenceArrival, LiveTriage } from './live.js';
import type { Diagnosed } from './report.js';

/** What the thread that diagnoses is asked. `folder`: the recorded evidence that answers in place of AWS. */
export type ThreadQuestion =
  | {
      readonly type: 'diagnose';
      readonly subject: DiagnosisSubject;
      readonly nowMs: number;
      readonly folder: string | undefined;
    }
  | {
      readonly type: 'bytes';
      readonly natGatewayIds: readonly string[];
      readonly window: { readonly fromMs: number; readonly toMs: number };
      readonly folder: string | undefined;
    }
  /** Saves what the diagnosis `of` saw. */
  | { readonly type: 'save'; readonly of: number; readonly target: string };

/** What goes to the thread. */
export type ToThread =
  | { readonly type: 'ask'; readonly id: number; readonly question: ThreadQuestion }
  | { readonly type: 'abort'; readonly id: number }
  /** The thread gives everything back and ends. */
  | { readonly type: 'close' };

/** A live diagnosis without what cannot be sent. */
export interface SentDiagnosis extends Diagnosed {
  readonly alert: Alert;
  readonly calls: CallBill;
}

export type ThreadAnswer = SentDiagnosis | Awaited<ReturnType<LiveTriage['readGatewayBytes']>> | undefined;

/** What comes back. */
export type FromThread = { readonly id: number } & (
  | { readonly type: 'evidence'; readonly arrival: EvidenceArrival }
  | { readonly type: 'done'; readonly answer: ThreadAnswer }
  | { readonly type: 'failed'; readonly failure: SentFailure }
);

/** An error as it can be sent: `text` is for the log alone. */
export interface SentFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly text: string;
}

export function sendFailure(error: unknown): SentFailure {
  const cause = error instanceof NetcostError ? (error.cause ?? error) : error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  if (error instanceof NetcostError) return { code: error.code, message: error.message, hint: error.hint, text };
  return { code: 'internal', message: 'The diagnosis failed.', hint: 'The log says why.', text };
}

export function receiveFailure({ code, message, hint, text }: SentFailure): NetcostError {
  return new NetcostError(code, message, { cause: text, ...(hint === undefined ? {} : { hint }) });
}

/** For a diagnosis whose evidence is no longer kept. */
export function gone(): NetcostError {
  return new NetcostError('input', 'What this diagnosis saw is no longer kept.', { hint: 'Run it again.' });
}
