import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INGEST_JOB, ingestFlowLogs } from '../jobs/ingest-flow-logs.js';
import { PRICES_JOB } from '../jobs/refresh-prices.js';
import { type Engine, ingestInto, openEngine } from './answers/open-engine.js';
import { type Config, type Environment, requireSecrets } from './config.js';
import { createDemoClock } from './demo/clock.js';
import { REGION } from './demo/company.js';
import { NETWORK_ACCOUNT } from './demo/company-plan.js';
import { extendDemo, writeDemo } from './demo/write-demo.js';
import type { Log } from './log.js';
import { type Alerting, bindAlerting } from './main/alerting.js';
import { type AthenaSide, athenaSide } from './main/athena.js';
import { accessRules, bindCommands, bindSlack, teamsOf } from './main/bind.js';
import { bucketsOf } from './main/bucket-config.js';
import { type IngestPlaces, ingestFrom } from './main/buckets.js';
import { bindBudgets } from './main/budgets.js';
import { copySourcesOf } from './main/copy-sources.js';
import { orderForDemo } from './main/demo-orders.js';
import { prepareDemoTriage } from './main/demo-triage.js';
import { bindDigests } from './main/digests.js';
import { bindHome } from './main/home.js';
import { gatewaysCommand, type NatMetrics, natDigests, natMetricsOf, readMetricsFile } from './main/nat-metrics.js';
import { ipamHistory, ownerJobs } from './main/owners.js';
import { bindPosting, postingLater } from './main/posting.js';
import { pricesJob } from './main/prices.js';
import { createTomorrow } from './main/tomorrow.js';
import { createMetrics } from './metrics.js';
import { compactStore } from './rollups/compact.js';
import { openStore } from './rollups/store.js';
import { createSchedule, type Job, type Schedule } from './schedule.js';
import { type AccessRules, OPEN_ACCESS } from './slack/access.js';
import { healthRoutes } from './slack/health-routes.js';
import { createSlackApp, type SlackApp } from './slack/slack-app.js';
import { type JobResult, writeJobResult } from './state/job-results.js';
import { openState, type State } from './state/open-state.js';
import { postOpening } from './workspace/opening.js';
import { type Demo, startDemo } from './workspace/start-demo.js';

/** In the demo the platform's group are the admins, and everybody sees every team. */
const DEMO_ACCESS: AccessRules = { ...OPEN_ACCESS, roles: { admin: ['S0PLATFRM'] } };

/** What both lives need from the process around them. */
export interface Surroundings {
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The demo, and how to end it. */
export interface RunningDemo extends Demo {
  /** Where its files are; an evidence bundle, and removed when it stops. */
  readonly dir: string;
  readonly stop: () => Promise<void>;
}

/**
 * The whole bot against the local workspace and the demo company: generated up to now, read, asked through the real
 * Slack app; new flow logs arrive as they do in life. Everything is in a temporary folder that stopping removes.
 */
export async function runDemo(
  options: { readonly port: number; readonly transport?: 'http' | 'socket'; readonly say?: (line: string) => void },
  surroundings: Surroundings,
): Promise<RunningDemo> {
  const { elapsedMs, log, signal } = surroundings;
  const clock = createDemoClock(surroundings.nowMs);
  const nowMs = clock.now;
  const say = options.say ?? (() => {});
  const dir = await mkdtemp(join(tmpdir(), 'netcost-demo-'));
  const store = join(dir, 'store');
  const state = await openState({ kind: 'sqlite', file: ':memory:' });
  let engine: Engine | undefined;
  const clean = async () => {
    await engine?.close();
    await state.close();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    say('Writing two weeks of flow logs of a company that does not exist …');
    let written = await writeDemo({ dir, nowMs: nowMs() });
    say('Reading them …');
    const sources = { store, owners: written.ownersFile, ipRanges: written.ipRangesFile, asn: written.asnFile };
    const opened = await openEngine({ ...sources, flowLogs: written.flowLogsDir }, { elapsedMs, signal });
    engine = opened;
    const arrive = async () => {
      written = await extendDemo(written, clock.told(), triage.endedMs());
    };
    const job = ingestJob({
      places: { store, flowLogs: written.flowLogsDir, buckets: [], accounts: [] },
      when: '*/5 * * * *',
      before: arrive,
      nowMs,
      elapsedMs,
    });
    const posting = postingLater();
    const digests = bindDigests({ engine: opened, state, nowMs, log, posting: posting.get, watches: true });
    const budgets = bindBudgets({ engine: opened, state, nowMs, posting: posting.get });
    const triage = prepareDemoTriage({
      dir,
      state,
      access: DEMO_ACCESS,
      teams: async () => teamsOf(opened),
      nowMs,
      elapsedMs,
      log,
      say: (channel, threadTs, text) => demo.workspace.room.post({ channel, threadTs, text, userId: 'U0DANA001' }),
    });
    const jobs = [job, digests.job, budgets.job, triage.job];
    const schedule = startableSchedule(jobs, state, { ...surroundings, nowMs });
    const origin = { flowLogs: written.flowLogsDir, accounts: [] };
    const parts = { engine: opened, state, schedule, nowMs, log, origin };
    const metrics = natDigests(
      readMetricsFile(() => written.metricsFile, { accountId: NETWORK_ACCOUNT, region: REGION }),
    );
    const commands = [
      ...bindCommands(parts),
      gatewaysCommand(metrics),
      ...digests.commands,
      budgets.command,
      triage.command,
    ];
    const demo = await startDemo({
      port: options.port,
      transport: options.transport ?? 'http',
      teams: teamsOf(opened),
      verbs: commands.filter(({ name }) => name !== 'ask').map(({ name, summary }) => ({ word: name, says: summary })),
      slack: {
        ...bindSlack(parts, commands, DEMO_ACCESS),
        zoneOf: digests.zoneOf,
        home: bindHome({ ...parts, watches: true }),
      },
      triage: triage.bind,
      alerts: triage.alerts,
      tomorrow: createTomorrow({
        clock,
        schedule: () => schedule,
        dataJob: job.name,
        jobs: [triage.job, digests.job, budgets.job].map(({ name }) => name),
        sleep,
      }),
    });
    const { botToken, workspace } = demo;
    posting.set(bindPosting({ botToken, apiUrl: workspace.apiUrl, access: DEMO_ACCESS, state, nowMs, log }));
    await orderForDemo({ engine: opened, state, nowMs: nowMs() });
    postOpening(demo.workspace.room, await busiestPair(opened, nowMs()));
    schedule.start();
    await triage.start();
    return {
      ...demo,
      dir,
      stop: async () => {
        await schedule.stop();
        await triage.stop();
        await demo.stop();
        await clean();
      },
    };
  } catch (error) {
    await clean();
    throw error;
  }
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
  const { databaseUrl: url } = env;
  const state = await openState(
    url === undefined ? { kind: 'sqlite', file: config.state.file } : { kind: 'postgres', url },
  );
  let engine: Engine | undefined;
  let owners: ReturnType<typeof ownerJobs> | undefined;
  let alerting: Alerting | undefined;
  let natMetrics: NatMetrics | undefined;
  let athena: AthenaSide | undefined;
  // A promise that nobody waited for must not end a bot that others talk to; it is a fault of ours, and logged.
  const onStray = (error: unknown) => log.error('a promise was rejected and nobody waited for it', { error });
  process.on('unhandledRejection', onStray);
  const close = async () => {
    await alerting?.stop();
    owners?.close();
    natMetrics?.close();
    athena?.close();
    await engine?.close();
    await state.close();
    process.off('unhandledRejection', onStray);
  };
  try {
    const { flowLogs, store, logFormat } = config.data;
    const buckets = bucketsOf(config);
    if (flowLogs !== undefined) await ingestInto(store, flowLogs, logFormat, { elapsedMs, signal }, true);
    // A first month of a bucket takes a while: people are answered meanwhile, with what is there.
    else if (buckets.length > 0 || config.aws.accounts.length > 0 || config.data.athena !== undefined)
      (await openStore(store, { create: true })).close();
    engine = await openEngine(
      { ...config.data, flowLogs: undefined, copies: copySourcesOf(config) },
      { elapsedMs, signal },
    );
    const when = config.schedule.ingest;
    const places = { store, flowLogs, buckets, accounts: config.aws.accounts, logFormat };
    const hasSources = flowLogs !== undefined || buckets.length > 0;
    owners = ownerJobs(config, env, engine, nowMs);
    const access = accessRules(config);
    const { botToken } = secrets;
    const posting = bindPosting({ botToken, apiUrl: options.slackApiUrl, access, state, nowMs, log });
    natMetrics = natMetricsOf(config, engine.store);
    const onlyMetrics = natMetrics?.isAllThereIs ? natMetrics : undefined;
    const { makeNatDigest } = onlyMetrics ?? {};
    alerting = bindAlerting(config, {
      ...{ engine, state, access, botToken, nowMs, elapsedMs, log },
      apiUrl: options.slackApiUrl,
    });
    const watches = alerting !== undefined;
    athena = athenaSide(config, { engine, state, nowMs, elapsedMs });
    const digests = bindDigests({ engine, state, nowMs, log, posting: () => posting, watches, makeNatDigest });
    const budgets = bindBudgets({ engine, state, nowMs, posting: () => posting });
    const jobs = [
      ...(hasSources ? [ingestJob({ places, when, nowMs, elapsedMs })] : []),
      ...owners.jobs,
      ...[pricesJob(config, nowMs)].filter((job) => job !== undefined),
      digests.job,
      budgets.job,
      ...(alerting?.jobs ?? []),
      ...(athena?.jobs ?? []),
    ];
    const metrics = createMetrics({ inFlight: () => slack.inFlight(), isConnected: () => slack.isConnected() });
    const schedule = startableSchedule(jobs, state, surroundings, metrics.onJob);
    const origin = { flowLogs, accounts: config.aws.accounts, askHistory: ipamHistory(config) };
    const parts = { engine, state, schedule, nowMs, log, origin, asking: athena?.ask };
    const commands = [
      ...bindCommands(parts),
      ...(natMetrics === undefined ? [] : [gatewaysCommand(natMetrics.makeNatDigest)]),
      ...digests.commands,
      budgets.command,
      ...(alerting === undefined ? [] : [alerting.command]),
    ];
    const { mode, port, host } = config.slack;
    const slack: SlackApp = createSlackApp(
      {
        botToken,
        transport:
          mode === 'http'
            ? { mode, signingSecret: secrets.signingSecret, port, host }
            : { mode, appToken: secrets.appToken, port },
        routes: [
          ...healthRoutes({ ...metrics, isConnected: () => slack.isConnected(), inFlight: () => slack.inFlight() }),
          ...(alerting?.routes ?? []),
        ],
        ...(options.slackApiUrl === undefined ? {} : { apiUrl: options.slackApiUrl }),
      },
      {
        ...bindSlack(parts, commands, access),
        ...(alerting === undefined ? {} : { triage: alerting.desk }),
        zoneOf: digests.zoneOf,
        home: bindHome({ ...parts, watches, natMetrics: onlyMetrics }),
        onCall: (line) => {
          metrics.onCall(line);
          log.info('audit', { ...line });
        },
      },
    );
    const listening = await slack.start();
    schedule.start();
    await alerting?.start();
    if (buckets.length > 0) void schedule.runNow(INGEST_JOB);
    for (const { name } of owners.jobs) void schedule.runNow(name);
    if (jobs.some(({ name }) => name === PRICES_JOB)) void schedule.runNow(PRICES_JOB);
    log.info('netcost has started', { mode, port: listening, state: state.kind, store });
    return {
      port: listening,
      stop: async () => {
        await schedule.stop();
        await slack.stop();
        await close();
        log.info('netcost has stopped');
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A schedule whose results are kept in the state; `also` hears of each. */
function startableSchedule(
  jobs: readonly Job[],
  state: State,
  { nowMs, log }: Surroundings,
  also: (result: Omit<JobResult, 'runs' | 'failures'>) => void = () => {},
): Schedule {
  return createSchedule(jobs, {
    now: nowMs,
    random: Math.random,
    log,
    keep: async (result) => {
      also(result);
      await writeJobResult(state.db, result);
    },
  });
}

/** Reads what is new of the flow logs; a running engine sees it with its next question. */
function ingestJob(options: {
  readonly places: IngestPlaces;
  readonly when: string;
  readonly before?: () => Promise<void>;
  readonly nowMs: () => number;
  readonly elapsedMs: () => number;
}): Job {
  const { places, when, before, nowMs, elapsedMs } = options;
  return ingestFlowLogs({
    when,
    before,
    ingest: (signal) => ingestFrom(places, { nowMs, elapsedMs, signal, keepLoopFree: true }),
    compact: async () => {
      const opened = await openStore(places.store, { create: false });
      try {
        return await compactStore(opened, nowMs());
      } finally {
        opened.close();
      }
    },
  });
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
