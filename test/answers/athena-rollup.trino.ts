import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AskAthenaDeps, askAthena } from '../../src/answers/ask-athena.js';
import type { RunStatement } from '../../src/answers/athena-port.js';
import { type RollUpDeps, rollUpHours } from '../../src/answers/athena-rollup.js';
import { type Engine, openEngine } from '../../src/answers/open-engine.js';
import { athenaOnTrino, documentOf, withRollup } from '../fixtures/athena-on-trino.js';
import { runOnTrino, TRINO_ROOT, trino } from '../fixtures/trino.js';
import { makeTrinoTables } from '../fixtures/trino-tables.js';

// Hours of a gateway with thousands of short connections to few places: what a rollup is for.
const DAY = Date.UTC(2026, 10, 21) / 1000;
const NOW_MS = (DAY + 15 * 3600) * 1000;
const NAT = '10.0.0.220';
const HEADER =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr flow-direction';

let root: string;
let engine: Engine;
let tables: AskAthenaDeps['tables'];

function legsOf(n: number, second: number): string[] {
  const [client, remote] = [`10.0.${1 + (n % 4)}.${10 + (n % 7)}`, `203.0.113.${1 + (n % 9)}`];
  // Ports and sizes as a hash gives them, so that gzip finds no more in them than it does in real rows.
  const random = Math.imul(n ^ second, 0x9e3779b1) >>> 0;
  const port = 1024 + (random % 60_000);
  const bytes = 200 + (Math.imul(random, 0x85ebca6b) >>> 12);
  const row = (src: string, dst: string, psrc: string, pdst: string, ports: string, way: string): string =>
    `5 111122223333 eni-0a1b2c3d4e5f60718 ${src} ${dst} ${ports} 6 ${1 + (bytes % 900)} ${bytes} ${second} ${second + 59} ACCEPT OK ${psrc} ${pdst} ${way}`;
  const [there, back] = [`${port} 443`, `443 ${port}`];
  return [
    row(client, NAT, client, remote, there, 'ingress'),
    row(NAT, remote, NAT, remote, there, 'egress'),
    row(remote, NAT, remote, NAT, back, 'ingress'),
    row(NAT, client, remote, client, back, 'egress'),
  ];
}

const FOLDER = join('AWSLogs', '111122223333', 'vpcflowlogs', 'us-east-1', '2026', '11', '21');

/** The object of the nth half hour, with so many connections of four rows. */
async function writeObject(dir: string, nth: number, connections: number, called = String(nth), part = 1) {
  const start = DAY + nth * 1800;
  const rows = Array.from({ length: connections }, (_, n) => legsOf(n, start + (n % 29) * 60)).flat();
  const time = new Date((start + 1800) * 1000).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
  const object = `111122223333_vpcflowlogs_us-east-1_fl-0aaaaaaaaaaaaaaaa_${time}Z_${called}.log.gz`;
  const body = gzipSync(`${[HEADER, ...rows].join('\n')}\n`);
  await writeFile(join(dir, FOLDER, object), body.subarray(0, body.length * part));
}

/** Gives the folder. */
async function writeLogs(name: string, objects: number, connections: number): Promise<string> {
  const dir = join(root, name);
  await mkdir(join(dir, FOLDER), { recursive: true });
  for (let nth = 0; nth < objects; nth++) await writeObject(dir, nth, connections);
  return dir;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'netcost-rollup-'));
  const logs = await writeLogs('small', 6, 100);
  engine = await openEngine({ flowLogs: logs }, { elapsedMs: () => 0 });
  tables = await makeTrinoTables(`rolled_${process.pid}`, logs);
});
afterAll(async () => {
  await engine.close();
  await rm(root, { recursive: true, force: true });
});

async function openRollup(called: string, run: RunStatement = runOnTrino, over = tables) {
  return withRollup({ ...athenaOnTrino(engine, over), run }, called);
}

const QUESTION = 'since=2026-11-21T00:00..2026-11-21T03:00';
const HOURS = 3;

it('answers from sums by the hour as from the rows', async () => {
  const { deps } = await openRollup('rollup_plain');
  expect((await rollUpHours(deps, { nowMs: NOW_MS })).hours).toBe(HOURS);
  expect((await rollUpHours(deps, { nowMs: NOW_MS })).hours, 'once is enough').toBe(0);
  for (const words of ['by=client,remote', 'by=port,hour compare=previous']) {
    const input = { text: `${QUESTION} ${words}`, nowMs: NOW_MS };
    expect(documentOf(await askAthena(deps, input)), words).toEqual(documentOf(await engine.ask(input)));
  }
  // Begins and ends inside of hours: the sums are whole hours, and the answer says so.
  const odd = await askAthena(deps, { text: 'since=2026-11-21T00:20..2026-11-21T01:10', nowMs: NOW_MS });
  expect(odd.window).toEqual({ from: '2026-11-21T00:00:00Z', to: '2026-11-21T02:00:00Z' });
  expect(odd.caveats.join()).toContain('whole hours');
});

it('reads a hundredth of what the rows are', async () => {
  const busy = await makeTrinoTables(`busy_${process.pid}`, await writeLogs('busy', 1, 32_000));
  const { deps } = await openRollup('rollup_busy', runOnTrino, busy);
  await rollUpHours(deps, { nowMs: NOW_MS });
  const input = { text: 'since=2026-11-21T00:00..2026-11-21T01:00 by=client,remote', nowMs: NOW_MS };
  const [rows, sums] = [
    await askAthena({ ...deps, rollupOf: async () => undefined }, input),
    await askAthena(deps, input),
  ];
  expect(documentOf(sums)).toEqual(documentOf(rows));
  const times = rows.cost.bytesScanned / sums.cost.bytesScanned;
  console.info(
    `rows: ${rows.cost.bytesScanned} bytes read; sums: ${sums.cost.bytesScanned}; ${Math.round(times)} times less`,
  );
  expect(times).toBeGreaterThanOrEqual(100);
});

it('sums an hour anew of which rows arrive late, and compares windows of the same length', async () => {
  const name = `late_${process.pid}`;
  const late = await makeTrinoTables(name, await writeLogs('late', 6, 40));
  const { deps } = await openRollup('rollup_late', runOnTrino, late);
  const raw = { ...athenaOnTrino(engine, late) };
  await rollUpHours(deps, { nowMs: NOW_MS });
  await writeObject(join(TRINO_ROOT, name), 3, 17, 'late');
  const nowMs = NOW_MS + 61 * 60_000;
  expect((await rollUpHours(deps, { nowMs })).hours).toBe(1);
  for (const words of ['by=client', 'by=remote,hour']) {
    const input = { text: `${QUESTION} ${words}`, nowMs };
    expect(documentOf(await askAthena(deps, input)), words).toEqual(documentOf(await askAthena(raw, input)));
  }
  // 25 minutes become an hour, so what they are compared with is the hour before and not the 25 minutes.
  const [odd, whole] = await Promise.all(
    ['02:10..2026-11-21T02:35', '02:00..2026-11-21T03:00'].map((window) =>
      askAthena(deps, { text: `since=2026-11-21T${window} by=client compare=previous`, nowMs }),
    ),
  );
  expect(odd!.total).toEqual(whole!.total);
  expect(odd!.rows).toEqual(whole!.rows);
});

it('sums no hour that an object which cannot be read may belong to, and all others', async () => {
  const name = `cut_${process.pid}`;
  const cut = await makeTrinoTables(name, await writeLogs('cut', 6, 40));
  await writeObject(join(TRINO_ROOT, name), 5, 40, 'cut', 0.6);
  const { deps, done } = await openRollup('rollup_cut', runOnTrino, cut);
  await rollUpHours(deps, { nowMs: NOW_MS });
  expect([...done.keys()]).toEqual([0, 1].map((hour) => DAY / 3600 + hour));
  const input = { text: `${QUESTION} by=client`, nowMs: NOW_MS };
  const answer = await askAthena(deps, input);
  expect(documentOf(answer)).toEqual(documentOf(await askAthena(athenaOnTrino(engine, cut), input)));
  expect(answer.coverage.lowerBound, 'and it says that something is missing').toBe(true);
});

it('doubles no hour, wherever the job is killed', async () => {
  const killed = new Error('killed');
  let calls = 0;
  let fatal: 'before' | 'after' | 'never' = 'never';
  const { deps, done } = await openRollup('rollup_killed', async (run) => {
    const isInsert = run.sql.startsWith('insert');
    if (isInsert && fatal === 'before' && calls++ === 1) throw killed;
    const result = await runOnTrino(run);
    if (isInsert && fatal === 'after' && calls++ === 1) throw killed;
    return result;
  });
  for (const step of ['before', 'after'] as const) {
    [calls, fatal] = [0, step];
    await expect(rollUpHours(deps, { nowMs: NOW_MS })).rejects.toThrow('killed');
  }
  fatal = 'never';
  let commits = 0;
  const torn = {
    ...deps.hours,
    commit: async (...args: Parameters<RollUpDeps['hours']['commit']>) => {
      if (commits++ === 0) throw killed;
      return deps.hours.commit(...args);
    },
  };
  await expect(rollUpHours({ ...deps, hours: torn }, { nowMs: NOW_MS })).rejects.toThrow('killed');
  expect(done.size).toBeLessThan(HOURS);
  const input = { text: `${QUESTION} by=client`, nowMs: NOW_MS };
  const expected = documentOf(await engine.ask(input));
  expect(documentOf(await askAthena(deps, input)), 'hours that are not whole come from the rows').toEqual(expected);
  await rollUpHours(deps, { nowMs: NOW_MS });
  expect(done.size).toBe(HOURS);
  const { rows } = await trino(`select count(distinct rollup_attempt) from hive.netcost.${deps.rollup.name}`);
  expect(Number(rows[0]![0]), 'what the killed runs wrote is still there').toBeGreaterThan(HOURS);
  expect(documentOf(await askAthena(deps, input)), 'and nobody reads it').toEqual(expected);
});
