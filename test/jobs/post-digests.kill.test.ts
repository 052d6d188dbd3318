import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nextDue } from '../../src/answers/digest-due.js';
import { randomFor } from '../../src/demo/random.js';
import { digestKey } from '../../src/slack/digest-post.js';
import { readDelivery } from '../../src/state/deliveries.js';
import { openState, type StatePlace } from '../../src/state/open-state.js';
import { addSubscription, listSubscriptions } from '../../src/state/subscriptions.js';
import { DAY_MS, HOUR_MS, isoTime } from '../../src/units.js';
import { BOT_SCOPES } from '../../src/workspace/start-demo.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace-server.js';
import { CHANNELS, PEOPLE } from '../end-to-end/demo-fixture.js';
import { type Cluster, hasPostgres, startPostgres } from '../state/postgres-cluster.js';

const KILLS = Number(process.env.NETCOST_KILLS ?? 20);
const KILLS_A_DAY = 4;
const SUBSCRIPTIONS = 10;
const secrets = { botToken: 'xoxb-test-kill', appToken: 'xapp-test-kill', signingSecret: 'kill' };
/** Histories of public channels and of direct messages may be read, those of private channels not. */
const SCOPES = [...BOT_SCOPES, 'channels:history'];
const PLACES = [CHANNELS.costs, CHANNELS.general, CHANNELS.payments, PEOPLE.dana];

let folder: string;
let child: string;
let cluster: Cluster | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(process.cwd(), 'node_modules/.netcost-kill-'));
  child = join(folder, 'child.mjs');
  // Bundled, so that a process begins in a fraction of the time that it is then killed in.
  await build({
    entryPoints: ['test/jobs/digest-child.ts'],
    outfile: child,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  if (hasPostgres()) cluster = await startPostgres();
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test(`one process on SQLite, killed ${KILLS} times`, async () => {
  const file = join(folder, 'state.db');
  await killAndCount({ kind: 'sqlite', file }, file, 1);
}, 3_600_000);

test.runIf(hasPostgres())(
  `two replicas on Postgres, killed ${KILLS} times`,
  async () => {
    const url = cluster?.url ?? '';
    await killAndCount({ kind: 'postgres', url }, url, 2);
  },
  3_600_000,
);

/** Days of digests, each day's run killed at random moments and then let end; every digest is counted. */
async function killAndCount(place: StatePlace, argument: string, replicas: number): Promise<void> {
  const random = randomFor(`digest kills ${place.kind}`);
  let dayMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  let aheadMs = 0;
  const workspace = await startWorkspace({
    ...{ ...secrets, now: () => Date.now() + aheadMs, transport: 'http', port: 0, scopes: SCOPES },
  });
  await subscribe(place, dayMs + 9 * HOUR_MS + 1);
  const found = { once: 0, unsure: 0, unsureThere: 0 };
  try {
    for (let kills = 0; kills < KILLS; dayMs += DAY_MS) {
      // The next morning.
      aheadMs = dayMs + DAY_MS + 9 * HOUR_MS + 10_000 - Date.now();
      workspace.faults.clear();
      workspace.faults.failNext('chat.postMessage', { kind: 'slow', ms: 15 }, 2_000);
      for (let today = 0; today < KILLS_A_DAY && kills < KILLS; today += 1) {
        const processes = Array.from({ length: replicas }, () => start(workspace, argument, aheadMs));
        const ended = processes.map((process) => process.ended);
        const victim = processes[random.between(0, replicas - 1)]!;
        await victim.begun;
        await new Promise((resolve) => setTimeout(resolve, random.between(0, 350)));
        const wasKilled = victim.process.kill('SIGKILL');
        if ((await victim.ended) === 'killed' && wasKilled) kills += 1;
        // The other one goes on alone now and then; else it is killed as well.
        if (random.between(0, 1) === 0) for (const { process } of processes) process.kill('SIGKILL');
        await Promise.all(ended);
      }
      expect(await start(workspace, argument, aheadMs).ended).toBe('done');
      await countDay(place, workspace, isoTime(dayMs).slice(0, 10), found);
    }
  } finally {
    await workspace.stop();
  }
  process.stdout.write(
    `${place.kind}, ${KILLS} kills: ${found.once} digests once, ${found.unsure} marked unsure (${found.unsureThere} of them there)\n`,
  );
}

async function subscribe(place: StatePlace, nowMs: number): Promise<void> {
  const state = await openState(place);
  for (let n = 0; n < SUBSCRIPTIONS; n += 1) {
    const order = {
      ...{ team: `team-${n}`, every: 'daily' as const, weekday: 1, minute: 540, zone: 'UTC' },
      ...{ channel: PLACES[n % PLACES.length]!, owner: PEOPLE.dana, homeId: undefined },
    };
    await addSubscription(state.db, order, { id: `d${n}`, nowMs, nextMs: nextDue(order, nowMs).atMs });
  }
  await state.close();
}

/** Each digest of the day, and each thread, is there once, or is marked unsure and there at most once. */
async function countDay(
  place: StatePlace,
  workspace: Workspace,
  day: string,
  found: { once: number; unsure: number; unsureThere: number },
): Promise<void> {
  const state = await openState(place);
  const keys = workspace.room
    .channels()
    .flatMap(({ id }) => workspace.room.messages(id))
    .map(({ metadata }) => (metadata as { event_payload?: { key?: string } } | undefined)?.event_payload?.key);
  const count = (key: string) => keys.filter((each) => each === key).length;
  for (const subscription of await listSubscriptions(state.db)) {
    const key = digestKey(subscription, day);
    const delivery = await readDelivery(state.db, key);
    if (delivery?.state === 'unsure') {
      expect([subscription.channel, count(key) <= 1]).toEqual([CHANNELS.payments, true]);
      expect([key, count(`${key}/owner`)]).toEqual([key, 1]);
      found.unsure += 1;
      found.unsureThere += count(key);
      continue;
    }
    expect([key, delivery?.state, count(key)]).toEqual([key, 'sent', 1]);
    const thread = await readDelivery(state.db, `${key}/thread`);
    if (thread?.state === 'unsure') expect(count(`${key}/thread`)).toBeLessThanOrEqual(1);
    else expect([`${key}/thread`, thread?.state, count(`${key}/thread`)]).toEqual([`${key}/thread`, 'sent', 1]);
    found.once += 1;
  }
  await state.close();
}

interface Replica {
  readonly process: ChildProcess;
  readonly begun: Promise<void>;
  readonly ended: Promise<'done' | 'killed'>;
}

function start(workspace: Workspace, place: string, aheadMs: number): Replica {
  const replica = spawn(process.execPath, [child, place, workspace.apiUrl, secrets.botToken, `${aheadMs}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let isDone = false;
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  replica.stdout.on('data', (data: Buffer) => {
    const text = data.toString();
    if (text.includes('begun')) begin();
    if (text.includes('done')) isDone = true;
  });
  const ended = new Promise<'done' | 'killed'>((resolve, reject) => {
    replica.on('error', reject);
    replica.on('exit', (code, signal) => {
      begin();
      if (isDone) resolve('done');
      else if (signal === 'SIGKILL') resolve('killed');
      else reject(new Error(`the replica ended with ${code}`));
    });
  });
  return { process: replica, begun, ended };
}
