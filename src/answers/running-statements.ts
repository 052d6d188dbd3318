interface Tells<Progress> {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onBilled?: ((bytes: number) => void) | undefined;
}

/** The statements of one question that are under way, several at once. */
export interface RunningStatements<Progress> {
  /** How far each of them is. */
  readonly now: () => readonly Progress[];
  /** Runs one, from `queued` until it has ended; `onBilled` is told what it read once it is no longer under way. */
  readonly follow: <Run extends Tells<Progress>, Result>(
    run: (statement: Run) => Promise<Result>,
    statement: Run,
    queued: Progress,
    onBilled: (bytes: number) => void,
  ) => Promise<Result>;
}

/** Follows the statements of a question, whichever engine runs them; `tell` is called whenever one has got on. */
export function followStatements<Progress>(tell: () => void): RunningStatements<Progress> {
  const running = new Map<symbol, Progress>();
  return {
    now: () => [...running.values()],
    follow: async (run, statement, queued, onBilled) => {
      const id = Symbol();
      const got = (progress: Progress): void => {
        running.set(id, progress);
        tell();
      };
      got(queued);
      try {
        return await run({
          ...statement,
          onProgress: got,
          onBilled: (bytes: number) => {
            running.delete(id);
            onBilled(bytes);
          },
        });
      } finally {
        running.delete(id);
      }
    },
  };
}
