import { createInterface } from 'node:readline';
import { NetcostError } from '../errors.js';

/**
 * Puts a question to whoever sits at the terminal, with No as what Enter means; the end of the input is a No too.
 * @throws NetcostError 'cancelled' where the signal is aborted meanwhile (Ctrl-C).
 */
export async function askYesNo(
  streams: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream },
  question: string,
  signal: AbortSignal,
): Promise<boolean> {
  // Lines alone, without keys: so Ctrl-C stays the signal that the program listens to.
  const lines = createInterface({ input: streams.input, terminal: false });
  streams.output.write(`${question} [y/N] `);
  try {
    return await new Promise((resolve, reject) => {
      const stop = () => {
        streams.output.write('\n');
        reject(new NetcostError('cancelled', 'Stopped.', { hint: 'Nothing was asked.' }));
      };
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      lines.once('line', (line) => resolve(/^\s*y(?:es)?\s*$/i.test(line)));
      lines.once('close', () => resolve(false));
    });
  } finally {
    lines.close();
  }
}
