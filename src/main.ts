import { INGEST_JOB } from '../jobs/ingest-flow-logs.js';
import { PRICES_JOB } from '../jobs/refresh-prices.js';
import { ingestInto } from './answers/ingest-into.js';
import { type Engine, openEngine } from './answers/open-engine.js';
import { type Config, type Environment, requireSecrets } from './config.js';
import { type Alerting, bindAlerting } from './main/alerting.js';
import { type AskingSide, askingSide } from './main/asking.js';
import { accessRules, bindCommands, bindSlack } from './main/bind.js';
import { bindBudgets } from './main/budgets.js';
import { copySourcesOf } from './main/copy-sources.js';
import { bindDigests } from './main/digests.js';
import { bindHome } from './main/home.js';
import { gatewaysCommand, type NatMetrics, natMetricsOf } from './main/nat-metrics.js';
import { notCountedIn } from './main/not-counted.js';
import { ipamHistory, ownerJobs } from './main/owners.js';
import { bindPosting } from './main/posting.js';
import { pricesJob } from './main/prices.js';
import { sourceEngines } from './main/source-engines.js';
import { ingestJob, type Surroundings, startableSchedule } from './main/surroundings.js';
import { createMetrics } from './metrics.js';
import { openStore } from './rollups/store.js';
import { healthRoutes } from './slack/health-routes.js';
import { createSlackApp, type SlackApp } from './slack/slack-app.js';
import { openState } from './state/open-state.js';

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
  let asking: AskingSide | undefined;
  // A promise that nobody waited for must not end a bot that others talk to; it is a fault of ours, and logged.
  const onStray = (error: unknown) => log.error('a promise was rejected and nobody waited for it', { error });
  process.on('unhandledRejection', onStray);
  const close = async () => {
    await alerting?.stop();
    owners?.close();
    natMetrics?.close();
    asking?.close();
    await engine?.close();
    await state.close();
    process.off('unhandledRejection', onStray);
  };
  try {
    const { flowLogs, store, logFormat } = config.data;
    const { buckets, logGroups, live } = sourceEngines(config);
    const isRemote = buckets.length > 0 || logGroups.length > 0;
    if (flowLogs !== undefined) await ingestInto(store, flowLogs, logFormat, { elapsedMs, signal }, true);
    // A first month of a bucket takes a while: people are answered meanwhile, with what is there.
    else if (isRemote || live.length > 0 || config.aws.accounts.length > 0 || config.data.athena !== undefined)
      (await openStore(store, { create: true })).close();
    engine = await openEngine(
      { ...config.data, flowLogs: undefined, copies: copySourcesOf(config) },
      { elapsedMs, signal },
    );
    const when = config.schedule.ingest;
    const places = { store, flowLogs, buckets, logGroups, accounts: config.aws.accounts, logFormat };
    const hasSources = flowLogs !== undefined || isRemote;
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
    const notCounted = notCountedIn(config, engine.store);
    asking = askingSide(config, { engine, state, nowMs, elapsedMs });
    const digests = bindDigests({
      engine,
      state,
      nowMs,
      log,
      posting: () => posting,
      watches,
      makeNatDigest,
      notCounted,
    });
    const budgets = bindBudgets({ engine, state, nowMs, posting: () => posting, notCounted });
    const jobs = [
      ...(hasSources ? [ingestJob({ places, when, nowMs, elapsedMs })] : []),
      ...owners.jobs,
      ...[pricesJob(config, nowMs)].filter((job) => job !== undefined),
      digests.job,
      budgets.job,
      ...(alerting?.jobs ?? []),
      ...(asking?.jobs ?? []),
    ];
    const metrics = createMetrics({ inFlight: () => slack.inFlight(), isConnected: () => slack.isConnected() });
    const schedule = startableSchedule(jobs, state, surroundings, metrics.onJob);
    const origin = { flowLogs, accounts: config.aws.accounts, askHistory: ipamHistory(config) };
    const parts = { engine, state, schedule, nowMs, log, origin, asking: asking?.ask, notCounted };
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
