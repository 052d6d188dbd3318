/** What kind of failure it is: decides the exit status, and whether a person can mend it. */
export type ErrorCode =
  /** The person's words were not understood: exit 2. */
  | 'usage'
  /** Config, owners.yaml or another file of ours is wrong. */
  | 'config'
  /** A file, folder or object could not be read or written. */
  | 'input'
  /** The store is of another version, locked or damaged. */
  | 'store'
  /** Somebody else's program answered with an error (AWS, Slack, NetBox, …). */
  | 'upstream'
  /** Not allowed for this person. */
  | 'denied'
  /** Stopped by the person or by a deadline. */
  | 'cancelled'
  /** A fault of ours. */
  | 'internal';

/**
 * The only error class of netcost. `message` is one line that a newcomer understands: what was got and what is
 * allowed. `hint` is what to do about it. `cause` keeps the original for the log; it is never shown to a person.
 */
export class NetcostError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NetcostError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** One line for a person: the message and, where there is one, what to do. Never a stack trace. */
export function describeError(error: unknown): string {
  if (error instanceof NetcostError) return error.hint ? `${error.message} ${error.hint}` : error.message;
  return 'netcost failed in a way that it does not know. Set NETCOST_DEBUG=1 to see the details.';
}
