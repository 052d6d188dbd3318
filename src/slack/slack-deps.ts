import type { Answer } from '../answers/answer.js';
import type { Call, Reply } from '../answers/reply.js';
import type { Log } from '../log.js';
import type { AccessRules } from './access.js';
import type { HomeDeps } from './home-facts.js';
import type { IncidentDesk } from './incident-desk.js';
import type { RunBook } from './interrupted.js';

/** What the Slack app needs of the rest of netcost, bound in main.ts. */
export interface SlackDeps {
  /** commands/netcost.ts with its commands: one line in, one reply out. */
  readonly dispatch: (call: Call) => Promise<Reply>;
  /** Whether a line begins with a verb that changes something: such calls are never joined with somebody else's. */
  readonly isAct?: (text: string) => boolean;
  /** Whether questions cost each person bytes of their own (Athena): two people's are never joined then. */
  readonly isMetered?: boolean;
  /** All rows of an answer as CSV. */
  readonly csv: (answer: Answer) => string;
  /** Names of the teams that there are, for the composer. */
  readonly teams: () => Promise<readonly string[]>;
  readonly access: AccessRules;
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: Log;
  /** Remembers slow questions over a restart. */
  readonly book?: RunBook;
  /** The time zone of a person; undefined where nobody knows it. */
  readonly zoneOf?: (userId: string) => Promise<string | undefined>;
  /** What people chose last, by name. */
  readonly preferences?: {
    readonly read: (userId: string, name: string) => Promise<unknown>;
    readonly write: (userId: string, name: string, value: unknown) => Promise<void>;
  };
  /** Incidents and their threads; absent where alerts are not diagnosed. */
  readonly triage?: IncidentDesk | undefined;
  /** What the App Home shows beside questions; without it the home has the questions alone. */
  readonly home?: HomeDeps;
  /** Called once per question with who asked what and what came of it; a counter and the audit line hang on it. */
  readonly onCall?: (audit: AuditLine) => void;
}

/** Who asked what, where, and what came of it. Never the answer itself. */
export interface AuditLine {
  readonly caller: string;
  readonly channel: string;
  /** How it was asked: `command`, `button`, `mention`, `message`, `composer`, `shortcut`, `share`, `csv`, `statement`. */
  readonly via: string;
  readonly text: string;
  readonly outcome: 'answered' | 'usage' | 'denied' | 'cancelled' | 'failed';
  readonly tookMs: number;
  readonly reference: string;
}
