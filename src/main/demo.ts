import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, openEngine } from '../answers/open-engine.js';
import { createDemoClock } from '../demo/clock.js';
import { REGION } from '../demo/company.js';
import { NETWORK_ACCOUNT } from '../demo/company-plan.js';
import { extendDemo, writeDemo } from '../demo/write-demo.js';
import { type AccessRules, OPEN_ACCESS } from '../slack/access.js';
import { openState } from '../state/open-state.js';
import { postOpening } from '../workspace/opening.js';
import { type Demo, startDemo } from '../workspace/start-demo.js';
import { bindCommands, bindSlack, teamsOf } from './bind.js';
import { bindBudgets } from './budgets.js';
import { orderForDemo } from './demo-orders.js';
import { prepareDemoTriage } from './demo-triage.js';
import { bindDigests } from './digests.js';
import { bindHome } from './home.js';
import { gatewaysCommand, natDigests, readMetricsFile } from './nat-metrics.js';
import { bindPosting, postingLater } from './posting.js';
import { ingestJob, type Surroundings, startableSchedule } from './surroundings.js';
import { createTomorrow } from './tomorrow.js';

/** In the demo the platform's group are the admins, and everybody sees every team. */
const DEMO_ACCESS: AccessRules = { ...OPEN_ACCESS, roles: { admin: ['S0PLATFRM'] } };

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
      places: { store, flowLogs: written.flowLogsDir, buckets: [], logGroups: [], accounts: [] },
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

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The client and the far end between which most bytes went in the last day. */
async function busiestPair(
  engine: Engine,
  nowMs: number,
): Promise<{ readonly client: string; readonly remote: string } | undefined> {
  const { rows } = await engine.ask({ text: 'since=24h by=client,remote top=1', nowMs });
  const { client, remote } = rows[0]?.key ?? {};
  return typeof client === 'string' && typeof remote === 'string' ? { client, remote } : undefined;
}
