import { NetcostError } from '../errors.js';

/** One person's part in a run. */
export interface Ticket {
  readonly id: string;
  readonly userId: string;
}

/** What is being worked out right now. */
export interface Runs {
  readonly ticket: (userId: string) => Ticket;
  /**
   * Starts the work, or joins it where the same key is in flight already: the same question asked twice is one run.
   * The work is aborted when the last one who waits for it cancels.
   */
  readonly run: <T>(ticket: Ticket, key: string, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** Stops one person's waiting: `stopped`, `gone` where it has ended, `foreign` where somebody else asked. */
  readonly cancel: (id: string, userId: string) => 'stopped' | 'gone' | 'foreign';
  readonly cancelAll: () => void;
  readonly count: () => number;
}

interface Flight {
  readonly controller: AbortController;
  readonly result: Promise<unknown>;
  waiting: number;
}

export function createRuns(newId: () => string): Runs {
  const flights = new Map<string, Flight>();
  const cancels = new Map<string, { readonly userId: string; readonly stop: () => void }>();

  function join<T>(key: string, work: (signal: AbortSignal) => Promise<T>): Flight {
    const existing = flights.get(key);
    if (existing !== undefined && !existing.controller.signal.aborted) return existing;
    const controller = new AbortController();
    const flight: Flight = { controller, result: work(controller.signal), waiting: 0 };
    flights.set(key, flight);
    const done = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.result.then(done, done);
    return flight;
  }

  return {
    ticket: (userId) => ({ id: newId(), userId }),
    run: async <T>(ticket: Ticket, key: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
      const flight = join(key, work);
      flight.waiting += 1;
      const cancelled = new Promise<never>((_, reject) => {
        const stop = () => reject(new NetcostError('cancelled', 'Stopped.'));
        cancels.set(ticket.id, { userId: ticket.userId, stop });
      });
      try {
        return (await Promise.race([flight.result, cancelled])) as T;
      } finally {
        cancels.delete(ticket.id);
        flight.waiting -= 1;
        if (flight.waiting === 0) flight.controller.abort();
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
