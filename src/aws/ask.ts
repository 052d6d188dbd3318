import { NetcostError } from '../errors.js';
import type { AwsPlace } from './access.js';
import { awsFailure } from './failure.js';

/**
 * Sends one request and turns what AWS refuses into one line. `call` is `ec2:DescribeVpcs`, as a policy names it.
 * @throws NetcostError 'upstream'; 'cancelled' where the signal was aborted.
 */
export async function ask<T>(
  call: string,
  place: AwsPlace,
  signal: AbortSignal | undefined,
  send: (options: { abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await send(signal === undefined ? {} : { abortSignal: signal });
  } catch (cause) {
    if (signal?.aborted) {
      const isLate = (signal.reason as { name?: string } | undefined)?.name === 'TimeoutError';
      if (!isLate) throw new NetcostError('cancelled', `${call} was stopped.`, { cause });
      throw awsFailure({ name: 'TimeoutError', message: 'no answer in the time that a diagnosis has' }, call, place);
    }
    throw awsFailure(cause, call, place);
  }
}

/** The same signal, aborted too after `ms` with a TimeoutError. */
export function within(ms: number, signal: AbortSignal | undefined): AbortSignal {
  const late = AbortSignal.timeout(ms);
  return signal === undefined ? late : AbortSignal.any([signal, late]);
}

/** What all pages of a call hold. */
export interface Pages<T> {
  readonly items: readonly T[];
  /** Pages that were read. */
  readonly pages: number;
  /** The budget of pages ran out, or AWS gave the same token twice: there is more. */
  readonly hasMore: boolean;
}

/** Reads page after page until there is no token, at most `most` pages. */
export async function readPages<T>(
  most: number,
  page: (token: string | undefined) => Promise<{ readonly items: readonly T[]; readonly token: string | undefined }>,
): Promise<Pages<T>> {
  const items: T[] = [];
  let token: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const answer = await page(token);
    for (const item of answer.items) items.push(item);
    if (answer.token === undefined || answer.token === '') return { items, pages, hasMore: false };
    if (answer.token === token || pages >= most) return { items, pages, hasMore: true };
    token = answer.token;
  }
}

/** As JSON would hold it: moments as ISO text, nothing that is undefined. So a live answer reads as a saved one does. */
export function asDocument<T>(value: T): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}
