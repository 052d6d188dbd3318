import type { Decision } from '../state/incident-acts.js';
import type { Incident } from '../state/incidents.js';

/** What listeners need of triage; bound in src/main/triage.ts. */
export interface IncidentDesk {
  readonly read: (id: string) => Promise<Incident | undefined>;
  /** The incident whose thread a message stands in. */
  readonly ofThread: (channelId: string, threadTs: string) => Promise<Incident | undefined>;
  readonly decide: (incident: Incident, decision: Decision, userId: string) => Promise<void>;
  /**
   * Diagnoses the alert that a message tells of: in the thread where its incident has one already, else below the
   * message where that is wanted, else in the channel for incidents. Says which channel that is.
   */
  readonly diagnoseMessage: (
    text: string,
    place: { readonly channelId: string; readonly ts: string } | undefined,
  ) => Promise<{ readonly channel: string; readonly isHere: boolean }>;
  /** The evidence of an incident as one file. Throws NetcostError('input') where there is none. */
  readonly pack: (incident: Incident) => Promise<{ readonly name: string; readonly bytes: Buffer }>;
}
