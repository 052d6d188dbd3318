import * as ask from '../../commands/ask.js';
import type { EngineSources } from '../answers/open-engine.js';
import type { Call, Reply } from '../answers/reply.js';
import type { Config, Environment } from '../config.js';
import { NetcostError } from '../errors.js';
import { openStore } from '../rollups/store.js';
import { openState, type State } from '../state/open-state.js';
import { type Work, withEngine } from '../terminal/ask-once.js';
import { plainText } from '../terminal/plain-text.js';
import { confirmText } from '../terminal/reply-text.js';
import { openScanLine } from '../terminal/scan-line.js';
import { askingSide } from './asking.js';

/**
 * One question of the terminal as the bot with this config would ask it: of Athena, of the store, or of either by the
 * window. A question that would read much is asked back first where somebody can answer, else refused with its price,
 * unless `isConfirmed`; limits hold all the same.
 * @throws NetcostError 'denied' with what it would read, 'cancelled' with what is billed, and as `ask` does.
 */
export async function askByConfig(
  config: Config,
  env: Pick<Environment, 'databaseUrl'>,
  input: {
    readonly sources: EngineSources;
    readonly call: Call;
    readonly isConfirmed: boolean;
    readonly terminal: Work & { readonly confirm?: ((question: string) => Promise<boolean>) | undefined };
  },
): Promise<Reply> {
  const { sources, call, isConfirmed, terminal } = input;
  // Where Athena has the rows, nothing may ever have been brought here.
  (await openStore(config.data.store, { create: true })).close();
  const state = await stateOf(config, env, terminal);
  const progress = openScanLine(terminal.progressStream, terminal.signal);
  try {
    return await withEngine({ ...sources, flowLogs: undefined }, terminal, async (engine) => {
      const { elapsedMs } = terminal;
      const parts = { engine, state, nowMs: () => call.nowMs, elapsedMs };
      const side = askingSide(config, parts);
      if (side === undefined) return ask.handle({ ask: engine.ask }, call);
      try {
        const heard = { ...call, onProgress: progress.show };
        const reply = await (isConfirmed ? ask.askConfirmed : ask.handle)(side.ask, heard);
        if (reply.kind !== 'confirm') return reply;
        const { title, notes } = reply;
        if (terminal.confirm === undefined) {
          throw new NetcostError('denied', `${title}.`, {
            hint: `${notes.join(' ')} Give --yes to ask it all the same.`,
          });
        }
        terminal.writeError(confirmText(reply, { hasColour: false }));
        if (!(await terminal.confirm('Ask it?'))) throw new NetcostError('denied', 'Not asked: nothing was scanned.');
        // With the same clock, so that it is the window of that price.
        return await ask.askConfirmed(side.ask, heard);
      } finally {
        side.close();
      }
    });
  } finally {
    progress.stop();
    await state.close();
  }
}

/** The bot's state; one of this run alone where the bot has it open: surveys are then not kept for the next question. */
async function stateOf(config: Config, { databaseUrl: url }: Pick<Environment, 'databaseUrl'>, terminal: Work) {
  if (url !== undefined) return openState({ kind: 'postgres', url });
  try {
    return await openState({ kind: 'sqlite', file: config.state.file });
  } catch (error) {
    if (!(error instanceof NetcostError) || error.code !== 'store') throw error;
    terminal.writeError(
      `note: ${plainText(error.message)} What Athena is asked now is not kept for the next question.\n`,
    );
    return openState({ kind: 'sqlite', file: ':memory:' }) satisfies Promise<State>;
  }
}
