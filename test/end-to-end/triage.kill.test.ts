import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatePlace } from '../../src/state/open-state.js';
import { BOT_SCOPES, OPTIONAL_SCOPES } from '../../src/workspace/start-demo.js';
import { startWorkspace, type Workspace } from '../../src/workspace/workspace-server.js';
import { type Cluster, hasPostgres, startPostgres } from '../state/postgres-cluster.js';
import { CHANNELS } from './demo-fixture.js';
import { wordsOf, writeIncident } from './triage-fixture.js';

/** `npm run torture` kills ten times as often. */
const KILLS = Math.max(2, Math.floor(Number(process.env.NETCOST_KILLS ?? 20) / 5));
/** About as many calls as a whole thread takes: the kill falls between any two of them, or within one. */
const CALLS = 14;
const secrets = { botToken: 'xoxb-test-1234567890', appToken: 'xapp-test-1234567890', signingSecret: 'a secret' };

let folder: string;
let payload: string;
let cluster: Cluster | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-triage-kill-'));
  writeIncident(join(folder, 'evidence'), 'a service reads a bucket of its Region');
  payload = readFileSync(join(folder, 'evidence', 'alert.json'), 'utf8');
  if (hasPostgres()) cluster = await startPostgres();
}, 60_000);
afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function startReplica(workspace: Workspace, place: StatePlace): { child: ChildProcess; ended: Promise<boolean> } {
  const given = {
    place,
    botToken: secrets.botToken,
    apiUrl: workspace.apiUrl,
    evidence: join(folder, 'evidence'),
    bundles: join(folder, 'bundles'),
    payloads: [payload],
  };
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/end-to-end/triage-child.ts', JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let isIdle = false;
  child.stdout?.on('data', (data: Buffer) => {
    if (data.toString().includes('idle')) isIdle = true;
  });
  const ended = new Promise<boolean>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      code === 0 || signal === 'SIGKILL' ? resolve(isIdle) : reject(new Error(`the replica ended with ${code}`)),
    );
  });
  return { child, ended };
}

/** Kills the process a moment after Slack got its nth call. */
async function killAt(
  workspace: Workspace,
  child: ChildProcess,
  ended: Promise<boolean>,
  calls: number,
  afterMs: number,
) {
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!isOver && workspace.calls.length < calls) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await ended;
}

async function expectOneWholeThread(workspace: Workspace): Promise<void> {
  // A file appears a moment after Slack took it.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const all = workspace.room.messages(CHANNELS.costs);
  const parents = all.filter((one) => one.threadTs === undefined);
  const replies = all.filter((one) => one.threadTs !== undefined);
  expect(parents).toHaveLength(1);
  expect(replies.every((one) => one.threadTs === parents[0]?.ts)).toBe(true);
  const heads = replies.map((one) => wordsOf(one));
  expect(heads.filter((text) => text.startsWith('Asked 6 sources'))).toHaveLength(1);
  expect(heads.filter((text) => text.startsWith('Diagnosis:'))).toHaveLength(1);
  expect(replies.flatMap((one) => one.files.map((id) => workspace.room.files.get(id)?.name))).toHaveLength(1);
  expect(replies).toHaveLength(3);
  expect(wordsOf(parents[0])).toMatch(/NAT gateways took .* more than usual/);
  expect(all.filter((one) => wordsOf(one).includes('<@U0MIGUEL1>')).length).toBeLessThanOrEqual(1);
}

const workspaceOf = () =>
  startWorkspace({
    ...secrets,
    now: () => Date.now(),
    transport: 'http',
    port: 0,
    scopes: [...BOT_SCOPES, ...OPTIONAL_SCOPES],
  });

describe('a triage that is killed at any moment', () => {
  test(`is one whole thread after the restart, ${KILLS} times`, { timeout: 3_600_000 }, async () => {
    for (let nth = 0; nth < KILLS; nth += 1) {
      const workspace = await workspaceOf();
      try {
        const place = { kind: 'sqlite', file: join(folder, `${nth}.db`) } as const;
        const first = startReplica(workspace, place);
        await killAt(workspace, first.child, first.ended, 1 + Math.floor(Math.random() * CALLS), Math.random() * 40);
        // The queue delivers again what was not acknowledged, and sometimes what was.
        expect(await startReplica(workspace, place).ended).toBe(true);
        await expectOneWholeThread(workspace);
      } finally {
        await workspace.stop();
      }
    }
  });

  test.runIf(hasPostgres())(
    `is one whole thread where a second replica goes on, ${Math.ceil(KILLS / 2)} times`,
    async () => {
      for (let nth = 0; nth < Math.ceil(KILLS / 2); nth += 1) {
        const workspace = await workspaceOf();
        try {
          const name = `kill${nth}`;
          const { default: pg } = await import('pg');
          const admin = new pg.Client({ connectionString: cluster?.url });
          await admin.connect();
          await admin.query(`CREATE DATABASE ${name}`);
          await admin.end();
          const place = { kind: 'postgres', url: (cluster?.url ?? '').replace(/\/postgres$/, `/${name}`) } as const;
          const first = startReplica(workspace, place);
          const second = startReplica(workspace, place);
          await killAt(workspace, first.child, first.ended, 1 + Math.floor(Math.random() * CALLS), Math.random() * 40);
          expect(await second.ended).toBe(true);
          await expectOneWholeThread(workspace);
        } finally {
          await workspace.stop();
        }
      }
    },
  );
});
