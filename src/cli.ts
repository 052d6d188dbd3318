#!/usr/bin/env node
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import type { Call, Reply } from './answers/reply.js';
import { addBotVerbs, stopped } from './cli/bot-verbs.js';
import { addDiagnose } from './cli/diagnose.js';
import { configOfAthena, ingestSourcesOf, nameSourcesOf, type SourceFlags, sourcesOf } from './cli/sources.js';
import { loadConfig, readEnvironment } from './config.js';
import { NetcostError } from './errors.js';
import { QUESTION_KEYS } from './query/question-keys.js';
import { askYesNo } from './terminal/ask-yes-no.js';
import { exitStatusOf, failureText } from './terminal/failure.js';
import type { IngestWork } from './terminal/ingest-once.js';
import type { ReplyFormat } from './terminal/reply-text.js';
import { questionOf, readNow } from './terminal/typed-words.js';

// What a verb needs is imported when the verb runs: a question about a small store should not wait for the rest.

/** What a run of the program reads and writes, so that a test can be its terminal. */
export interface Terminal {
  readonly write: (text: string) => Promise<void>;
  readonly writeError: (text: string) => void;
  /** Whether standard output wants colour; whether standard error can show a progress bar. */
  readonly hasColour: boolean;
  readonly progressStream: NodeJS.WritableStream | undefined;
  /** Puts a question to whoever sits there; undefined where nobody does. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  readonly isDebugging: boolean;
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
  readonly signal: AbortSignal;
}

interface ReplyFlags extends SourceFlags {
  readonly yes?: true;
  readonly now?: string;
  readonly json?: true;
  readonly csv?: true;
}

/** Runs one command line (without node and script) and returns its exit status (contract, part 1). Never throws. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const program = createProgram(terminal);
    // `netcost team=payments` asks, as `/netcost team=payments` does.
    const isQuestion = /^(?:label\.)?[^\s=-][^\s=]*!?=/.test(args[0] ?? '');
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(isQuestion ? ['ask', ...args] : args, { from: 'user' });
    await terminal.write('');
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      const message = error.message.replace(/^error: /, '').replace(/\s+/g, ' ');
      const usage = new NetcostError('usage', `${message.replace(/[.]?$/, '.')}`, {
        hint: 'See netcost --help.',
        cause: error,
      });
      terminal.writeError(failureText(usage, terminal.isDebugging));
      return 2;
    }
    terminal.writeError(failureText(error, terminal.isDebugging));
    return exitStatusOf(error);
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('netcost')
    .description('Says who sends bytes through the NAT gateway, to whom, and for how many dollars, from VPC flow logs.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .exitOverride()
    .configureOutput({ writeOut: (text) => void terminal.write(text), writeErr: () => {} })
    .addHelpText('after', `\nFor example:\n${EXAMPLES.map((example) => `  ${example}`).join('\n')}`);

  withReplyFlags(program.command('ask'))
    .description('answer a question about bytes and dollars')
    .argument('<question...>', 'words such as team=payments since=24h by=service')
    .option('--yes', 'ask Athena although it will read much, without asking back; its limits hold all the same')
    .addHelpText('after', () => questionHelp())
    .action(async (words: string[], flags: ReplyFlags) => {
      const { runAsk } = await import('./terminal/ask-once.js');
      const text = questionOf(words);
      const nowMs = nowOf(flags, terminal);
      const sources = sourcesOf(flags);
      const { handle } = await import('../commands/ask.js');
      const { TERMINAL } = await import('./answers/reply.js');
      const config = configOfAthena(flags);
      if (config !== undefined) {
        const { askByConfig } = await import('./main/ask-athena-once.js');
        const call = { text, nowMs, caller: TERMINAL, signal: terminal.signal };
        const input = { sources, call, isConfirmed: flags.yes === true, terminal };
        await show(await askByConfig(config, readEnvironment(), input), flags, terminal);
        return;
      }
      const reply = await runAsk({ text, nowMs, sources, terminal }, (ask) =>
        handle({ ask }, { text, nowMs, caller: TERMINAL, signal: terminal.signal }),
      );
      await show(reply, flags, terminal);
    });

  withReplyFlags(program.command('who'))
    .description('say who is behind an address: owner or provider, service, region, how it is known')
    .argument('<address...>', 'IPv4 or IPv6 addresses; at=TIME for who it was then')
    .action(async (words: string[], flags: ReplyFlags) => {
      const { handle } = await import('../commands/who.js');
      const { loadNames } = await import('./terminal/load-names.js');
      const names = async () => loadNames(nameSourcesOf(flags), await historyOf(flags.config));
      await show(await handle({ names }, await callOf(words, flags, terminal)), flags, terminal);
    });

  withReplyFlags(program.command('endpoints'))
    .description('say what VPC endpoints would save, VPC by VPC, with Terraform')
    .argument('[words...]', 'since=7d, vpc=vpc-0a1b2c3d')
    .action(async (words: string[], flags: ReplyFlags) => {
      const { withEngine } = await import('./terminal/ask-once.js');
      const { handle } = await import('../commands/endpoints.js');
      const { endpointDeps } = await import('./main/endpoint-deps.js');
      const call = await callOf(words, flags, terminal);
      const reply = withEngine(sourcesOf(flags), terminal, (engine) => handle(endpointDeps(engine), call));
      await show(await reply, flags, terminal);
    });

  withReplyFlags(program.command('reconcile'))
    .description('compare the logs with what CloudWatch measured and what was billed')
    .argument('[words...]', 'since=7d')
    .action(async (words: string[], flags: ReplyFlags) => {
      const { withEngine } = await import('./terminal/ask-once.js');
      const { handle } = await import('../commands/reconcile.js');
      const { reconcileDeps } = await import('./main/reconcile-deps.js');
      const call = await callOf(words, flags, terminal);
      const sources = sourcesOf(flags);
      const accounts = flags.config === undefined ? [] : loadConfig(flags.config).aws.accounts;
      const reply = withEngine(sources, terminal, (engine) =>
        handle(reconcileDeps(engine, sources.flowLogs, accounts, terminal.signal), call),
      );
      await show(await reply, flags, terminal);
    });

  program
    .command('demo')
    .description('start the whole bot against a local workspace, with the data of a company that does not exist')
    .option('--port <n>', 'port of the page on 127.0.0.1; a free one where absent')
    .action(async (flags: { port?: string }) => {
      const port = portOf(flags.port);
      const { runDemo } = await import('./main/demo.js');
      const { createLog } = await import('./log.js');
      const { nowMs, elapsedMs, signal, writeError } = terminal;
      const log = createLog({ write: writeError, now: nowMs, level: 'warn' });
      const say = (line: string) => writeError(`${line}\n`);
      const demo = await runDemo({ port, say }, { nowMs, elapsedMs, log, signal });
      await terminal.write(demoText(demo));
      await stopped(signal);
      await demo.stop();
    });

  addDiagnose(program, terminal);

  program
    .command('ingest')
    .description('bring new flow-log objects into a store')
    .option('--flow-logs <dir>', 'folder with flow-log objects, in any layout')
    .option('--store <dir>', 'the store; made where it is not there')
    .option('--config <file>', 'what the flags leave open')
    .option('--json', 'print one JSON document')
    .action(async (flags: SourceFlags & { json?: true }) => {
      const sources = ingestSourcesOf(flags);
      const { runIngest } = await import('./terminal/ingest-once.js');
      const { ingestFrom } = await import('./main/ingest-from.js');
      if (flags.config !== undefined) await refreshOwnersOf(flags.config, sources.store, terminal);
      const ingest = (work: IngestWork) => ingestFrom(sources, { ...work, nowMs: terminal.nowMs });
      await runIngest(ingest, flags, terminal);
    });
  addBotVerbs(program, terminal);
  return program;
}

/** Owners and inventory that the config names, before the logs that they tell gateways and names of. */
async function refreshOwnersOf(path: string, store: string, terminal: Terminal): Promise<void> {
  const { refreshOwnersOnce } = await import('./main/owners.js');
  const { plainText } = await import('./terminal/plain-text.js');
  const { nowMs, signal } = terminal;
  const { failed } = await refreshOwnersOnce(loadConfig(path), readEnvironment(), store, { nowMs, signal });
  for (const { name, error } of failed) terminal.writeError(`note: ${plainText(`${name}: ${error}`)}\n`);
}

/** The page, and the same question in another terminal, over the same files. */
function demoText({ url, dir }: { readonly url: string; readonly dir: string }): string {
  const flags = `--flow-logs ${dir}/flow-logs --owners ${dir}/owners.yaml --ip-ranges ${dir}/ip-ranges.json --asn ${dir}/asn.csv`;
  return `netcost demo is ready: ${url}\nThe same in a terminal: netcost ask since=24h by=team ${flags}\nStop it with Ctrl-C.\n`;
}

const EXAMPLES = [
  'netcost demo',
  'netcost ask since=24h by=team --flow-logs ./flow-logs --owners owners.yaml',
  'netcost ask team=payments since=7d by=service --store ./store --json',
  'netcost who 52.216.58.42 10.20.5.7 --owners owners.yaml',
  'netcost ask --help',
];

function withReplyFlags(command: Command): Command {
  return command
    .option('--flow-logs <dir>', 'folder with flow-log objects, in any layout')
    .option('--store <dir>', 'the store that holds what was read; without --flow-logs, all that is asked')
    .option('--config <file>', 'netcost.yml: where to read, for what the flags leave open')
    .option('--owners <file>', 'owners.yaml: who owns which addresses')
    .option('--ip-ranges <file>', "AWS's ip-ranges.json; a bundled one where absent")
    .option('--asn <file>', 'AS table: start,end,asn,organisation')
    .option('--now <time>', 'the moment that "now" means, as 2026-11-21T12:00:00Z')
    .addOption(new Option('--json', 'print one JSON document').conflicts('csv'))
    .option('--csv', 'print CSV');
}

function questionHelp(): string {
  const width = Math.max(...QUESTION_KEYS.map(({ example }) => example.length)) + 2;
  const lines = QUESTION_KEYS.map(({ example, says }) => `  ${example.padEnd(width)}${says}`);
  return `\nWords of a question, in any order; several values with commas, !value for all but that one:\n${lines.join('\n')}`;
}

function portOf(text: string | undefined): number {
  const port = text === undefined ? 0 : /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new NetcostError('usage', `--port ${text} is no port.`, { hint: 'Allowed: 0 to 65535; 0 takes a free one.' });
}

function nowOf(flags: ReplyFlags, terminal: Terminal): number {
  return flags.now === undefined ? terminal.nowMs() : readNow(flags.now);
}

/** VPC IPAM, where the config has a scope: its client is loaded for nobody else. */
async function historyOf(path: string | undefined) {
  const config = path === undefined ? undefined : loadConfig(path);
  if (config === undefined || config.owners.ipam.length === 0) return undefined;
  return (await import('./main/owners.js')).ipamHistory(config);
}

async function callOf(words: readonly string[], flags: ReplyFlags, terminal: Terminal): Promise<Call> {
  const { TERMINAL } = await import('./answers/reply.js');
  return { text: words.join(' '), nowMs: nowOf(flags, terminal), caller: TERMINAL, signal: terminal.signal };
}

async function show(reply: Reply, flags: ReplyFlags, terminal: Terminal): Promise<void> {
  const { replyText } = await import('./terminal/reply-text.js');
  const format: ReplyFormat = flags.json ? 'json' : flags.csv ? 'csv' : 'text';
  if (format === 'csv' && reply.kind === 'answer' && reply.answer.rest.groups > 0) {
    terminal.writeError(
      `note: ${reply.answer.rest.groups} more groups are left out; raise top= (up to 1000) to see them.\n`,
    );
  }
  await terminal.write(replyText(reply, format, { hasColour: terminal.hasColour }));
}

/** From the package.json that is nearest above this file: that of the project, or of the installed package. */
function readVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version?: unknown };
      return String(version);
    } catch (cause) {
      if (folder.pathname === '/') throw new NetcostError('internal', 'package.json is not there.', { cause });
    }
  }
}

async function main(): Promise<void> {
  const stop = new AbortController();
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(status);
      stop.abort();
    });
  }
  // Whoever reads us may have heard enough, as `head` has: that is no failure.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  }
  const status = await runCommandLine(process.argv.slice(2), {
    write: (text) => new Promise((resolve) => process.stdout.write(text, () => resolve())),
    writeError: (text) => process.stderr.write(text),
    hasColour: process.stdout.isTTY === true && process.stdout.hasColors(),
    progressStream: process.stderr.isTTY ? process.stderr : undefined,
    confirm:
      process.stdin.isTTY && process.stderr.isTTY
        ? (question) => askYesNo({ input: process.stdin, output: process.stderr }, question, stop.signal)
        : undefined,
    isDebugging: readEnvironment().isDebugging,
    nowMs: () => Date.now(),
    elapsedMs: () => performance.now(),
    signal: stop.signal,
  });
  process.exit(status);
}

const script = process.argv[1];
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) await main();
