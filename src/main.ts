import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ask from '../commands/ask.js';
import * as netcost from '../commands/netcost.js';
import * as status from '../commands/status.js';
import * as who from '../commands/who.js';
import { type Engine, ingestInto, openEngine } from './answers/open-engine.js';
import type { Ask, Call, Command, Reply } from './answers/reply.js';
import type { Names } from './attribution/identify.js';
import { indexInventory, readInventoryFiles } from './attribution/inventory.js';
import { type Config, type Environment, requireSecrets } from './config.js';
import { writeDemo } from './demo/write-demo.js';
import type { Log } from './log.js';
import { createMetrics } from './metrics.js';
import { createSchedule, type Job } from './schedule.js';
import { type AccessRules, OPEN_ACCESS } from './slack/access.js';
import { healthRoutes } from './slack/health-routes.js';
import { createSlackApp, type SlackApp } from './slack/slack-app.js';
import { readJobResults, writeJobResult } from './state/job-results.js';
import { beginRun, endRun, takeAbandonedRuns } from './state/open-runs.js';
import { openState } from './state/open-state.js';
import { readPreference, writePreference } from './state/preferences.js';
import { answerCsv } from './terminal/answer-csv.js';
import { HOUR_MS } from './units.js';
import { postOpening } from './workspace/opening.js';
import { type Demo, startDemo } from './workspace/start-demo.js';

/** What both lives need from the process around them. */
export interface Surroundings {
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface CommandDeps extends status.StatusDeps {
  readonly ask: Ask;
  readonly names: () => Promise<Names>;
}

/** The commands with their dependencies: the same list in Slack and in the terminal. */
function bindCommands(deps: CommandDeps): readonly Command[] {
  return [
    { name: ask.name, usage: ask.usage, summary: ask.summary, handle: (call) => ask.handle(deps, call) },
    { name: who.name, usage: who.usage, summary: who.summary, handle: (call) => who.handle(deps, call) },
    { name: status.name, usage: status.usage, summary: status.summary, handle: (call) => status.handle(deps, call) },
  ];
}

/** `/netcost …`: one line in, one reply out. */
function bindDispatch(commands: readonly Command[]): (call: Call) => Promise<Reply> {
  return (call) => netcost.handle({ commands }, call);
}

/** The demo, and how to end it. */
export interface RunningDemo extends Demo {
  /** Where its files are: flow-logs, owners.yaml, ip-ranges.json, … */
  readonly dir: string;
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
    const commands = bindCommands({
      ask: (input) => engine.ask(input),
      names,
      completeUntil: () => completeUntil(engine, surroundings.nowMs()),
      jobs: async () => [],
      running: () => [],
    });
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
    postOpening(demo.workspace.room, await busiestPair(engine, surroundings.nowMs()));
    return {
      ...demo,
      dir,
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

/** The client and the far end between which most bytes went in the last day. */
async function busiestPair(
  engine: Engine,
  nowMs: number,
): Promise<{ readonly client: string; readonly remote: string } | undefined> {
  const { rows } = await engine.ask({ text: 'since=24h by=client,remote top=1', nowMs });
  const { client, remote } = rows[0]?.key ?? {};
  return typeof client === 'string' && typeof remote === 'string' ? { client, remote } : undefined;
}

/** The moment up to which flow logs have arrived. */
async function completeUntil(engine: Pick<Engine, 'ask'>, nowMs: number): Promise<string | null> {
  return (await engine.ask({ text: 'since=1h', nowMs })).coverage.completeUntil;
}

/** The production bot, and how to end it. */
export interface RunningBot {
  /** Where /healthz and /metrics are. */
  readonly port: number | undefined;
  readonly stop: () => Promise<void>;
}

/**
 * The production bot: config → state → engine → Slack app → jobs. Starting is last; what fails before it is one line.
 * Stopping takes no more work, lets questions in flight end, then closes in the opposite order.
 */
export async function runStart(
  config: Config,
  env: Environment,
  surroundings: Surroundings,
  options: { readonly slackApiUrl?: string; readonly secrets?: ReturnType<typeof requireSecrets> } = {},
): Promise<RunningBot> {
  const { log, nowMs, elapsedMs, signal } = surroundings;
  const secrets = options.secrets ?? requireSecrets(config, env);
  const state = await openState(
    env.databaseUrl === undefined
      ? { kind: 'sqlite', file: config.state.file }
      : { kind: 'postgres', url: env.databaseUrl },
  );
  let engine: Engine | undefined;
  try {
    const { flowLogs, store, logFormat } = config.data;
    if (flowLogs !== undefined) await ingestInto(store, flowLogs, logFormat, { elapsedMs, signal }, true);
    const opened = await openEngine({ ...config.data, flowLogs: undefined }, { elapsedMs, signal });
    engine = opened;
    const jobs: readonly Job[] = flowLogs === undefined ? [] : [ingestJob(config, flowLogs, elapsedMs)];
    const schedule = createSchedule(jobs, {
      now: nowMs,
      random: Math.random,
      log,
      keep: async (result) => {
        metrics.onJob(result);
        await writeJobResult(state.db, result);
      },
    });
    const commands = bindCommands({
      ask: (input) => opened.ask(input),
      names: async () => ({
        owners: opened.naming.owners,
        tables: opened.naming.remotes,
        placeOf: (address) => opened.store.inventory.placeOf(address, ''),
      }),
      completeUntil: () => completeUntil(opened, nowMs()),
      jobs: () => readJobResults(state.db),
      running: () => schedule.running(),
    });
    const metrics = createMetrics({ inFlight: () => slack.inFlight(), isConnected: () => slack.isConnected() });
    const teams = [...new Set(opened.naming.owners.entries.map((entry) => entry.team))];
    const { mode, port, host } = config.slack;
    const slack: SlackApp = createSlackApp(
      {
        botToken: secrets.botToken,
        transport:
          mode === 'http'
            ? { mode, signingSecret: secrets.signingSecret, port, host }
            : { mode, appToken: secrets.appToken, port },
        routes: healthRoutes({
          page: metrics.page,
          contentType: metrics.contentType,
          isConnected: () => slack.isConnected(),
          inFlight: () => slack.inFlight(),
        }),
        ...(options.slackApiUrl === undefined ? {} : { apiUrl: options.slackApiUrl }),
      },
      {
        dispatch: bindDispatch(commands),
        csv: answerCsv,
        teams: async () => teams,
        access: accessRules(config),
        now: nowMs,
        newId: () => randomUUID().slice(0, 8),
        log,
        book: {
          begin: (run) => beginRun(state.db, run),
          end: (id) => endRun(state.db, id),
          takeAbandoned: () => takeAbandonedRuns(state.db),
        },
        preferences: {
          read: (user, name) => readPreference(state.db, user, name),
          write: (user, name, value) => writePreference(state.db, user, name, value),
        },
        onCall: (line) => {
          metrics.onCall(line);
          log.info('audit', { ...line });
        },
      },
    );
    // A promise that nobody waited for must not end a bot that others talk to; it is a fault of ours, and logged.
    const onStray = (error: unknown) => log.error('a promise was rejected and nobody waited for it', { error });
    process.on('unhandledRejection', onStray);
    const listening = await slack.start();
    schedule.start();
    log.info('netcost has started', { mode, port: listening, state: state.kind, store });
    return {
      port: listening,
      stop: async () => {
        await schedule.stop();
        await slack.stop();
        await opened.close();
        await state.close();
        process.off('unhandledRejection', onStray);
        log.info('netcost has stopped');
      },
    };
  } catch (error) {
    await engine?.close();
    await state.close();
    throw error;
  }
}

function ingestJob(config: Config, flowLogs: string, elapsedMs: () => number): Job {
  return {
    name: 'ingest-flow-logs',
    when: config.schedule.ingest,
    deadlineMs: HOUR_MS,
    jitterMs: 20_000,
    run: async (signal) => {
      const report = await ingestInto(config.data.store, flowLogs, config.data.logFormat, { elapsedMs, signal }, true);
      return `${report.objectsRead} new objects, ${report.rows} rows`;
    },
  };
}

/** The config's access, as the Slack side takes it. */
function accessRules({ access }: Config): AccessRules {
  return { roles: access.roles, memberTeams: access.members, teams: access.teams, guests: access.guests };
}
