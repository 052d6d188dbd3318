import { describeError, NetcostError } from '../errors.js';
import { plainText } from './plain-text.js';

/** The exit status of the contract: 2 where the words were not understood, 130 where it was stopped, else 1. */
export function exitStatusOf(error: unknown): number {
  if (!(error instanceof NetcostError)) return 1;
  if (error.code === 'usage') return 2;
  return error.code === 'cancelled' ? 130 : 1;
}

/** One line for standard error; with the stack of the error and of its causes only for whoever debugs. */
export function failureText(error: unknown, isDebugging: boolean): string {
  const line = `netcost: ${plainText(describeError(error).replace(/\s+/g, ' ').trim())}\n`;
  if (!isDebugging) return line;
  const stacks: string[] = [];
  for (let cause = error; cause instanceof Error && stacks.length < 8; cause = cause.cause) {
    stacks.push(`${stacks.length > 0 ? 'caused by ' : ''}${cause.stack ?? String(cause)}`);
  }
  return `${line}${stacks.join('\n')}\n`;
}
