import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ask from '../commands/ask.js';
import * as netcost from '../commands/netcost.js';
import * as who from '../commands/who.js';
import { openEngine } from './answers/open-engine.js';
import type { Ask, Call, Command, Reply } from './answers/reply.js';
import type { Names } from './attribution/identify.js';
import { indexInventory, readInventoryFiles } from './attribution/inventory.js';
import { writeDemo } from './demo/write-demo.js';
import type { Log } from './log.js';
import { OPEN_ACCESS } from './slack/access.js';
import { answerCsv } from './terminal/answer-csv.js';
import { type Demo, startDemo } from './workspace/start-demo.js';

/** What both lives need from the process around them. */
export interface Surroundings {
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The commands with their dependencies: the same list in Slack and in the terminal. */
export function bindCommands(deps: { readonly ask: Ask; readonly names: () => Promise<Names> }): readonly Command[] {
  return [
    { name: ask.name, usage: ask.usage, summary: ask.summary, handle: (call) => ask.handle(deps, call) },
    { name: who.name, usage: who.usage, summary: who.summary, handle: (call) => who.handle(deps, call) },
  ];
}

/** `/netcost …`: one line in, one reply out. */
export function bindDispatch(commands: readonly Command[]): (call: Call) => Promise<Reply> {
  return (call) => netcost.handle({ commands }, call);
}

/** The demo, and how to end it. */
export interface RunningDemo extends Demo {
  readonly stop: () => Promise<void>;
}

/**
 * The whole bot against the local workspace and the demo company: generated up to now, read, asked through the real
 * Slack app. Everything is in a temporary folder that stopping removes.
 */
export async function runDemo(
  options: { readonly port: number; readonly transport?: 'http' | 'socket'; readonly say?: (line: string) => void },
  surroundings: Surroundings,
): Promise<RunningDemo> {
  const say = options.say ?? (() => {});
  const dir = await mkdtemp(join(tmpdir(), 'netcost-demo-'));
  const clean = () => rm(dir, { recursive: true, force: true });
  try {
    say('Writing two weeks of flow logs of a company that does not exist …');
    const written = await writeDemo({ dir, nowMs: surroundings.nowMs() });
    say('Reading them …');
    const engine = await openEngine(
      {
        flowLogs: written.flowLogsDir,
        store: join(dir, 'store'),
        owners: written.ownersFile,
        ipRanges: written.ipRangesFile,
        asn: written.asnFile,
      },
      { elapsedMs: surroundings.elapsedMs, signal: surroundings.signal },
    );
    const inventory = indexInventory(await readInventoryFiles(join(dir, 'ec2')));
    const names = async (): Promise<Names> => ({
      owners: engine.naming.owners,
      tables: engine.naming.remotes,
      placeOf: (address) => inventory.placeOf(address, ''),
    });
    const commands = bindCommands({ ask: (input) => engine.ask(input), names });
    const teams = [...new Set(engine.naming.owners.entries.map((entry) => entry.team))];
    const demo = await startDemo({
      port: options.port,
      transport: options.transport ?? 'http',
      teams,
      verbs: commands.filter(({ name }) => name !== 'ask').map(({ name, summary }) => ({ word: name, says: summary })),
      slack: {
        dispatch: bindDispatch(commands),
        csv: answerCsv,
        teams: async () => teams,
        access: OPEN_ACCESS,
        now: surroundings.nowMs,
        log: surroundings.log,
      },
    });
    return {
      ...demo,
      stop: async () => {
        await demo.stop();
        await engine.close();
        await clean();
      },
    };
  } catch (error) {
    await clean();
    throw error;
  }
}
