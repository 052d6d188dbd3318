import { type ResourceLimits, Worker } from 'node:worker_threads';
import { describeError, NetcostError } from '../errors.js';
import type { DiagnosisSubject, EvidenceArrival, LiveTriage } from './live.js';
import {
  type FromThread,
  gone,
  receiveFailure,
  type SentDiagnosis,
  type ThreadAnswer,
  type ThreadQuestion,
  type ToThread,
} from './live-messages.js';

/** The part of a live triage that takes the processor, in a thread of its own. */
export interface LiveThread extends Pick<LiveTriage, 'diagnose' | 'readGatewayBytes'> {
  /** What waits is rejected as cancelled. The thread ends once its database rests. */
  readonly close: () => Promise<void>;
}

type ReadBytes = Awaited<ReturnType<LiveTriage['readGatewayBytes']>>;

interface Waiting {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: Error) => void;
  readonly onEvidence: ((arrival: EvidenceArrival) => void) | undefined;
}

/** Ending a thread while its database works would end the process, so it is asked, and left alone after this long. */
const CLOSE_MS = 5_000;

/**
 * Diagnoses in a thread, so that nobody waits for it: redacting, measuring and judging weeks of series and a store's
 * rows take the processor for a second and more. The thread starts with the first question and serves all; one that
 * breaks is an error of those who waited for it, and the next question starts another.
 * `entry` is the file of the thread, which calls `serveLive`; `workerData` is what it gets; `folderOf` tells which
 * recorded evidence answers in place of AWS; `resourceLimits` are Node's own where absent.
 */
export function openLiveThread(
  entry: URL,
  workerData: unknown,
  folderOf: (subject: DiagnosisSubject) => Promise<string | undefined> = async () => undefined,
  resourceLimits: ResourceLimits = {},
): LiveThread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let isClosed = false;
  let lastId = 0;

  const lose = (lost: Worker, error: NetcostError): void => {
    if (worker !== lost) return;
    worker = undefined;
    for (const one of waiting.values()) one.reject(error);
    waiting.clear();
  };

  const start = (): Worker => {
    const fresh = new Worker(entry, { workerData, resourceLimits });
    // What waits for an answer has a deadline of its own; a thread at rest must not keep the process.
    fresh.unref();
    fresh.on('message', (message: FromThread) => {
      const one = waiting.get(message.id);
      if (message.type === 'evidence') {
        try {
          one?.onEvidence?.(message.arrival);
        } catch {
          // Whoever shows progress must not lose the diagnosis.
        }
        return;
      }
      waiting.delete(message.id);
      if (message.type === 'done') one?.resolve(message.answer);
      else one?.reject(receiveFailure(message.failure));
    });
    const ended = (cause?: unknown) =>
      lose(
        fresh,
        new NetcostError('internal', 'The thread that diagnoses ended early.', {
          hint: 'The next diagnosis starts another.',
          ...(cause === undefined ? {} : { cause }),
        }),
      );
    fresh.on('error', ended);
    fresh.on('messageerror', ended);
    fresh.on('exit', () => ended());
    return fresh;
  };

  const ask = (
    question: ThreadQuestion,
    signal?: AbortSignal,
    onEvidence?: (arrival: EvidenceArrival) => void,
  ): { readonly id: number; readonly answer: Promise<ThreadAnswer> } => {
    lastId += 1;
    const id = lastId;
    const stopped = () => new NetcostError('cancelled', 'The diagnosis was stopped.');
    if (isClosed || signal?.aborted) return { id, answer: Promise.reject(stopped()) };
    worker ??= start();
    const to = worker;
    const send = (message: ToThread) => to.postMessage(message);
    const answer = new Promise<ThreadAnswer>((resolve, reject) => {
      waiting.set(id, { resolve, reject, onEvidence });
      send({ type: 'ask', id, question });
    });
    const stop = () => {
      waiting.get(id)?.reject(stopped());
      if (waiting.delete(id)) send({ type: 'abort', id });
    };
    signal?.addEventListener('abort', stop, { once: true });
    return { id, answer: answer.finally(() => signal?.removeEventListener('abort', stop)) };
  };

  return {
    diagnose: async ({ subject, nowMs, signal, onEvidence }) => {
      const folder = await folderOf(subject);
      const { id, answer } = ask({ type: 'diagnose', subject, nowMs, folder }, signal, onEvidence);
      const diagnosed = (await answer) as SentDiagnosis;
      const from = worker;
      return {
        ...diagnosed,
        save: async (target) => {
          if (worker !== from) throw gone();
          await ask({ type: 'save', of: id, target }).answer;
        },
      };
    },
    readGatewayBytes: async (natGatewayIds, window) => {
      const folder = await folderOf({ kind: 'nat', natGatewayIds });
      try {
        return (await ask({ type: 'bytes', natGatewayIds, window, folder }).answer) as ReadBytes;
      } catch (error) {
        return { state: 'failed', error: describeError(error) };
      }
    },
    close: async () => {
      isClosed = true;
      const closing = worker;
      if (closing === undefined) return;
      lose(closing, new NetcostError('cancelled', 'The diagnosis was stopped.'));
      let timer: NodeJS.Timeout | undefined;
      const exited = new Promise<void>((resolve) => closing.once('exit', () => resolve()));
      closing.postMessage({ type: 'close' } satisfies ToThread);
      await Promise.race([exited, new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)))]);
      clearTimeout(timer);
    },
  };
}
