import { type Engine, type EngineSources, openEngine } from '../answers/open-engine.js';
import type { Ask, Reply } from '../answers/reply.js';
import { NetcostError } from '../errors.js';
import { parseQuestion } from '../query/parse.js';
import { plainText } from './plain-text.js';
import { openProgressBar } from './progress-bar.js';

/** What a verb of the terminal shows while it works, and how it is stopped. */
export interface Work {
  readonly writeError: (text: string) => void;
  readonly progressStream: NodeJS.WritableStream | undefined;
  readonly elapsedMs: () => number;
  readonly signal: AbortSignal;
}

/**
 * Opens what is asked, for one question, and closes it again. The question is understood before any file is read.
 * @throws NetcostError 'usage' for words that are not understood or no place to look; 'cancelled' where it was stopped.
 */
export async function runAsk(
  input: { readonly text: string; readonly nowMs: number; readonly sources: EngineSources; readonly terminal: Work },
  answer: (ask: Ask) => Promise<Reply>,
): Promise<Reply> {
  const { text, nowMs, sources, terminal } = input;
  parseQuestion(text, { nowMs });
  return withEngine(sources, terminal, (engine) => answer(engine.ask));
}

/** Opens what is asked, with a progress bar on a terminal, for one use. @throws as runAsk does. */
export async function withEngine(
  sources: EngineSources,
  terminal: Work,
  use: (engine: Engine) => Promise<Reply>,
): Promise<Reply> {
  const bar = terminal.progressStream && (await openProgressBar(terminal.progressStream, terminal.elapsedMs));
  let engine: Engine | undefined;
  try {
    engine = await openEngine(sources, {
      elapsedMs: terminal.elapsedMs,
      signal: terminal.signal,
      ...(bar && { onProgress: bar.update }),
    });
    bar?.stop();
    if (terminal.signal.aborted) throw new NetcostError('cancelled', 'Stopped.');
    for (const note of engine.naming.owners.notes) terminal.writeError(`note: ${plainText(note)}\n`);
    return await use(engine);
  } finally {
    bar?.stop();
    await engine?.close();
  }
}
