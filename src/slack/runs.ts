import type { AskProgress } from '../answers/ask-progress.js';
import { NetcostError } from '../errors.js';

/** One person's part in a run. */
export interface Ticket {
  readonly id: string;
  readonly userId: string;
}

/** What somebody who waits hears meanwhile. */
export interface RunEars {
  readonly onProgress?: (progress: AskProgress) => void;
  /** The person cancelled, and AWS is being told to stop. */
  readonly onStopping?: (progress: AskProgress) => void;
}

/** What is being worked out right now. */
export interface Runs {
  readonly ticket: (userId: string) => Ticket;
  /**
   * Starts the work, or joins it where the same key is in flight already: the same question asked twice is one run.
   * The work is aborted when the last one who waits for it cancels; where AWS works on it, they wait for the end of that
   * a little longer, to hear what is billed.
   */
  readonly run: <T>(
    ticket: Ticket,
    key: string,
    work: (signal: AbortSignal, onProgress: (progress: AskProgress) => void) => Promise<T>,
    ears?: RunEars,
  ) => Promise<T>;
  /** Stops one person's waiting: `stopped`, `gone` where it has ended, `foreign` where somebody else asked. */
  readonly cancel: (id: string, userId: string) => 'stopped' | 'gone' | 'foreign';
  readonly cancelAll: () => void;
  readonly count: () => number;
}

interface Flight {
  readonly controller: AbortController;
  readonly result: Promise<unknown>;
  readonly waiting: Set<RunEars>;
  /** The last that AWS said; undefined where it is not asked. */
  progress: AskProgress | undefined;
}

/** To be told to stop, to have stopped and to say so takes Athena a few seconds. */
const STOP_MS = 10_000;

export function createRuns(newId: () => string): Runs {
  const flights = new Map<string, Flight>();
  const cancels = new Map<string, { readonly userId: string; readonly stop: () => void }>();

  function join<T>(
    key: string,
    work: (signal: AbortSignal, onProgress: (progress: AskProgress) => void) => Promise<T>,
  ): Flight {
    const existing = flights.get(key);
    if (existing !== undefined && !existing.controller.signal.aborted) return existing;
    const controller = new AbortController();
    const waiting = new Set<RunEars>();
    const onProgress = (progress: AskProgress): void => {
      flight.progress = progress;
      for (const ears of waiting) ears.onProgress?.(progress);
    };
    const flight: Flight = {
      controller,
      waiting,
      progress: undefined,
      // Begun in the next turn, when the flight is there to hear of it.
      result: Promise.resolve().then(() => work(controller.signal, onProgress)),
    };
    flights.set(key, flight);
    const done = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.result.then(done, done);
    return flight;
  }

  return {
    ticket: (userId) => ({ id: newId(), userId }),
    run: async <T>(
      ticket: Ticket,
      key: string,
      work: (signal: AbortSignal, onProgress: (progress: AskProgress) => void) => Promise<T>,
      ears: RunEars = {},
    ): Promise<T> => {
      const flight = join(key, work);
      // Two who wait are two, also where they listen with the same ears.
      const own = { ...ears };
      flight.waiting.add(own);
      let isStopped = false;
      let timer: NodeJS.Timeout | undefined;
      const cancelled = new Promise<never>((_, reject) => {
        const stop = () => {
          if (isStopped) return;
          isStopped = true;
          if (flight.waiting.size > 1) return reject(stopped('The same question is still waited for, so it goes on.'));
          flight.controller.abort();
          if (flight.progress === undefined) return reject(stopped());
          own.onStopping?.(flight.progress);
          timer = setTimeout(
            () => reject(stopped('AWS bills what it had read, and has not said yet how much.')),
            STOP_MS,
          );
        };
        cancels.set(ticket.id, { userId: ticket.userId, stop });
      });
      try {
        const result = (await Promise.race([flight.result, cancelled])) as T;
        if (isStopped) throw stopped('The answer had come by then, and is billed.');
        return result;
      } finally {
        clearTimeout(timer);
        cancels.delete(ticket.id);
        flight.waiting.delete(own);
        if (flight.waiting.size === 0) flight.controller.abort();
      }
    },
    cancel: (id, userId) => {
      const entry = cancels.get(id);
      if (entry === undefined) return 'gone';
      if (entry.userId !== userId) return 'foreign';
      entry.stop();
      return 'stopped';
    },
    cancelAll: () => {
      for (const { stop } of cancels.values()) stop();
    },
    count: () => flights.size,
  };
}

const stopped = (hint?: string): NetcostError =>
  new NetcostError('cancelled', 'Stopped.', hint === undefined ? {} : { hint });
