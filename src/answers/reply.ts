import type { Answer } from './answer.js';
import type { AskInput } from './ask.js';
import type { AskEars } from './ask-progress.js';

/**
 * What a command says, as data. Slack turns it into blocks, the terminal into aligned text, `--json` into JSON: one
 * reply, several renderers. All strings are plain text: they may hold names from AWS, and the renderer escapes them.
 */
export type Reply = AnswerReply | HelpReply | TableReply | ListReply | TextReply | ConfirmReply;

/** The answer to a question about bytes and dollars. */
interface AnswerReply {
  readonly kind: 'answer';
  readonly answer: Answer;
}

/** What can be asked. */
export interface HelpReply {
  readonly kind: 'help';
  /** One sentence: what netcost is. */
  readonly intro: string;
  readonly sections: readonly HelpSection[];
}

interface HelpSection {
  readonly title: string;
  /** `code` is what a person types, as after `/netcost` or `netcost`; `says` is what it does. */
  readonly entries: readonly { readonly code: string; readonly says: string }[];
}

/** Any other list: addresses and their owners, endpoints, jobs, a bill compared with the logs. */
export interface TableReply {
  readonly kind: 'table';
  readonly title: string;
  readonly columns: readonly { readonly title: string; readonly align: 'left' | 'right' }[];
  /** As long as `columns`, each; null is "not known" and is shown as a dash. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** What to say where there are no rows. */
  readonly empty: string;
  /** Sentences below the table: caveats, next steps. */
  readonly notes: readonly string[];
  /** Text to be copied as it is: Terraform. */
  readonly code?: { readonly title: string; readonly text: string };
  /** What `--json` prints; the table itself where absent. */
  readonly json?: unknown;
}

/** Things that something can be done with, as subscriptions. */
export interface ListReply {
  readonly kind: 'list';
  readonly title: string;
  readonly entries: readonly ListEntry[];
  /** What to say where there are none. */
  readonly empty: string;
  readonly notes: readonly string[];
  readonly json?: unknown;
}

export interface ListEntry {
  readonly title: string;
  readonly lines: readonly string[];
  /** Buttons; each is a line that could be typed after `/netcost`. */
  readonly acts: readonly { readonly label: string; readonly line: string; readonly isDangerous?: true }[];
}

/** What stands in place of an answer that would cost much, until the person who asked has accepted its price. */
export interface ConfirmReply {
  readonly kind: 'confirm';
  /** What it costs: "This will scan 1.2 TiB, about $6.00", no full stop. */
  readonly title: string;
  /** The question as it was asked. */
  readonly question: string;
  /** Where it is asked, and over which window. */
  readonly says: readonly string[];
  /** What accepting is called: "Scan 1.2 TiB for $6.00". */
  readonly label: string;
  /** The line that accepts, with the window fixed, as it could be typed after `/netcost`. */
  readonly line: string;
  /** From then on the price may be another one, and is asked for anew. */
  readonly untilMs: number;
  readonly notes: readonly string[];
  readonly json?: unknown;
}

/**
 * Whether a question may be asked now: what is said instead, the answer where it was paid for already, or what gives
 * back the bytes that were set aside for it.
 */
export interface Admission {
  readonly instead?: ConfirmReply;
  readonly answer?: Answer;
  readonly release?: () => void;
}

/** A few plain sentences, one per entry. */
interface TextReply {
  readonly kind: 'text';
  readonly lines: readonly string[];
  readonly json?: unknown;
}

/** Who asks: decides what they may see. The terminal is whoever runs the process, and sees what its files hold. */
export interface Caller {
  /** For the audit line: `terminal`, or `T0123/U0123`. */
  readonly id: string;
  /** Teams whose rows this person may see, lower case; `all` where nothing is held back. */
  readonly teams: 'all' | readonly string[];
  readonly roles: readonly Role[];
}

export const ROLES = ['admin', 'finance', 'security', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** Where in Slack somebody calls. */
interface CallPlace {
  readonly userId: string;
  readonly channelId: string;
  /** The workspace that the person is in, as Slack says it with each call. */
  readonly homeId: string | undefined;
}

/** One call of a command: the words after its name, the clock, who calls, how to stop it, and who hears how far it is. */
export interface Call extends AskEars {
  readonly text: string;
  readonly nowMs: number;
  readonly caller: Caller;
  readonly signal?: AbortSignal | undefined;
  /** Absent in the terminal. */
  readonly place?: CallPlace;
}

/** A command with its dependencies bound, as main.ts and cli.ts hand it to Slack and to the terminal. */
export interface Command {
  /** The word a person types: `who`. */
  readonly name: string;
  /** What may follow: `who ADDRESS…`. */
  readonly usage: string;
  /** One line for the help, no full stop. */
  readonly summary: string;
  /** @throws NetcostError('usage') for words that are not understood; any other code for a failure. */
  readonly handle: (call: Call) => Promise<Reply>;
  /** It changes something or depends on who calls: two people's same words at the same time are two calls. */
  readonly acts?: true;
}

/** Answers one question: askQuestion of ask.ts with its dependencies bound. */
export type Ask = (input: AskInput) => Promise<Answer>;

/** The caller of the terminal. */
export const TERMINAL: Caller = { id: 'terminal', teams: 'all', roles: ['admin', 'finance', 'security', 'member'] };
