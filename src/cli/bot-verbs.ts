import type { Command } from 'commander';
import type { Terminal } from '../cli.js';
import { loadConfig, readEnvironment } from '../config.js';
import { NetcostError } from '../errors.js';
import { createLog, type Log } from '../log.js';
import { plainText } from '../terminal/plain-text.js';

const CONFIG_FILE = 'netcost.yml';

interface BotFlags {
  readonly config: string;
}

interface InitFlags {
  readonly aws?: true;
  readonly regions?: string;
  readonly role?: string;
  readonly externalId?: string;
}

/** `start`, `init` and `check`: the production bot (contract, part 1). */
export function addBotVerbs(program: Command, terminal: Terminal): void {
  withConfig(program.command('start'))
    .description('start the Slack bot of a config; secrets come from the environment')
    .action(async ({ config: path }: BotFlags) => {
      const config = loadConfig(path);
      const { runStart } = await import('../main.js');
      const { nowMs, elapsedMs, signal } = terminal;
      const log = logOf(terminal, config.log.level);
      const bot = await runStart(config, readEnvironment(), { nowMs, elapsedMs, log, signal });
      await stopped(signal);
      await bot.stop();
    });

  withConfig(program.command('init'))
    .description('write a config with every key explained, from what lies beside it and what AWS has')
    .option('--aws', 'look at AWS also where no environment variable says that there are credentials')
    .option('--regions <list>', 'Regions of AWS to look in, as us-east-1,eu-west-1; all enabled ones where absent')
    .option('--role <arn>', 'a role to look as; it goes into the config')
    .option('--external-id <id>', "what the role's trust policy asks for")
    .action(async ({ config: path, aws, regions, role, externalId }: BotFlags & InitFlags) => {
      const { runInit } = await import('../main/init.js');
      const { awsRegion, hasAwsCredentials } = readEnvironment();
      const wanted = regions?.split(',').filter((region) => region !== '');
      const isAsked = aws === true || wanted !== undefined || role !== undefined || hasAwsCredentials;
      const home = wanted?.[0] ?? awsRegion ?? 'us-east-1';
      const { signal } = terminal;
      const lines = await runInit(path, isAsked ? { home, regions: wanted, role, externalId, signal } : undefined);
      await terminal.write(`${lines.map((line) => plainText(line)).join('\n')}\n`);
    });

  withConfig(program.command('ddl'))
    .description("print the Athena tables of the config's accounts, and the lines for data.athena")
    .argument('[database]', 'the database in Athena; netcost where absent')
    .action(async (database: string | undefined, { config: path }: BotFlags) => {
      const { ddlCommand } = await import('../main/athena.js');
      const { replyText } = await import('../terminal/reply-text.js');
      const { TERMINAL } = await import('../answers/reply.js');
      const { nowMs, signal } = terminal;
      const call = { text: database ?? '', nowMs: nowMs(), caller: TERMINAL, signal };
      await terminal.write(replyText(await ddlCommand(loadConfig(path)).handle(call), 'text', { hasColour: false }));
    });

  withConfig(program.command('check'))
    .description('check config, data, state, tokens, permissions, channels and alerts: a line each, with the fix')
    .option('--test-alert', 'publish a test alert to each topic, and wait for it')
    .action(async ({ config: path, testAlert }: BotFlags & { readonly testAlert?: true }) => {
      const { runCheck } = await import('../main/check.js');
      const { nowMs, signal } = terminal;
      const surroundings = { log: logOf(terminal, 'error'), nowMs, signal };
      const lines = await runCheck(path, readEnvironment(), surroundings, { withTestAlert: testAlert === true });
      const width = Math.max(...lines.map(({ subject }) => subject.length));
      for (const { ok, subject, says, fix } of lines) {
        const text = plainText(fix === undefined ? says : `${says} ${fix}`);
        await terminal.write(`${ok ? 'ok  ' : 'FAIL'}  ${subject.padEnd(width)}  ${text}\n`);
      }
      const failed = lines.filter(({ ok }) => !ok).length;
      if (failed > 0) throw new NetcostError('config', `${failed} of ${lines.length} checks failed.`);
    });
}

/** Until Ctrl-C. */
export function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function withConfig(command: Command): Command {
  return command.option('--config <file>', 'the config file', CONFIG_FILE);
}

function logOf({ writeError, nowMs }: Terminal, level: 'debug' | 'info' | 'warn' | 'error'): Log {
  return createLog({ write: writeError, now: nowMs, level });
}
