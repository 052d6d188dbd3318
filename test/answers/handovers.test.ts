import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../src/answers/open-engine.js';
import { writeCopy } from '../../src/attribution/copies.js';
import type { HolderHistory } from '../../src/attribution/holders.js';

const folder = mkdtempSync(join(tmpdir(), 'netcost-handovers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const day = Date.parse('2026-11-20T00:00:00Z');
const HOUR = 3_600_000;
const NAT =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr interface-type flow-direction resource-id region vpc-id';
const OWN =
  'version account-id vpc-id subnet-id interface-id instance-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status pkt-srcaddr pkt-dstaddr flow-direction instance-tag';

/** `bytes` of the client through the gateway in the minute. */
const natRow = (client: string, bytes: number, atMs: number) =>
  `5 111122223333 eni-0a ${client} 10.0.0.10 40000 443 6 10 ${bytes} ${atMs / 1000} ${atMs / 1000 + 60} ACCEPT OK ${client} 52.216.0.1 nat_gateway ingress nat-0a us-east-1 vpc-1`;
/** A row of the client's own interface, to somebody inside. */
const ownRow = (client: string, instance: string, team: string, atMs: number) =>
  `11 111122223333 vpc-1 subnet-1 eni-${instance} ${instance} ${client} 10.20.9.9 5000 443 6 1 40 ${atMs / 1000} ${atMs / 1000 + 60} ACCEPT OK ${client} 10.20.9.9 egress ${team}`;

let made = 0;
async function engineOf(
  rows: { nat: readonly string[]; own: readonly string[] },
  more: { readonly owners?: string; readonly history?: HolderHistory } = {},
) {
  made += 1;
  const dir = join(folder, String(made), 'flow-logs');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'nat.log'), `${[NAT, ...rows.nat].join('\n')}\n`);
  if (rows.own.length > 0) writeFileSync(join(dir, 'own.log'), `${[OWN, ...rows.own].join('\n')}\n`);
  const owners = join(folder, `${made}.yaml`);
  writeFileSync(owners, more.owners ?? 'owners: []\n');
  const copies = join(folder, `${made}-copies`);
  if (more.history) await writeCopy(copies, 'holders', { fetchedMs: day, value: more.history });
  const tagKeys = { team: ['team'], env: [], channel: [], labels: new Map() };
  const nothing = { netbox: false, organizations: false, inventory: [], awsRanges: false, providers: [] };
  const store = join(folder, `${made}-store`);
  return openEngine(
    { flowLogs: dir, store, owners, copies: { dir: copies, tagKeys, ...nothing } },
    { elapsedMs: () => 0 },
  );
}
const nowMs = day + 24 * HOUR;
const at = (hour: number) => day + hour * HOUR;

describe('an address that changed hands', () => {
  const rows = {
    nat: [natRow('10.20.0.5', 100, at(2)), natRow('10.20.0.5', 30, at(14)), natRow('10.20.0.6', 7, at(14))],
    own: [
      ownRow('10.20.0.5', 'i-old', 'payments', at(1)),
      ownRow('10.20.0.5', 'i-old', 'payments', at(3)),
      ownRow('10.20.0.5', 'i-new', 'search', at(12)),
      ownRow('10.20.0.5', 'i-new', 'search', at(20)),
      ownRow('10.20.0.6', 'i-six', 'search', at(12)),
    ],
  };
  const owners = `owners:
  - { team: payments, tags: { service: payments } }
  - { team: search, tags: { service: search } }
`;
  const ask = async (text: string, key: string) => {
    const engine = await engineOf(rows, { owners });
    const answer = await engine.ask({ text, nowMs });
    await engine.close();
    expect(answer.rows.reduce((sum, row) => sum + row.bytes, answer.rest.bytes)).toBe(answer.total.bytes);
    return Object.fromEntries(answer.rows.map((row) => [row.key[key], Number(row.bytes)]));
  };

  it('is the workload that had it at the time of the bytes', async () => {
    expect(await ask('since=2026-11-20 by=workload', 'workload')).toEqual({ 'i-old': 100, 'i-new': 30, 'i-six': 7 });
  });

  it('is the team whose tags its holder had then', async () => {
    expect(await ask('since=2026-11-20 by=team', 'team')).toEqual({ payments: 100, search: 37 });
    expect(await ask('since=2026-11-20 team=payments by=client', 'client')).toEqual({ '10.20.0.5': 100 });
    expect(await ask('since=2026-11-20 team=!payments by=client', 'client')).toEqual({
      '10.20.0.5': 30,
      '10.20.0.6': 7,
    });
  });

  it('is one holder in a window without a change', async () => {
    expect(await ask('since=2026-11-20T00:00..2026-11-20T06:00 by=workload', 'workload')).toEqual({ 'i-old': 100 });
    expect(await ask('since=12h by=workload', 'workload')).toEqual({ 'i-new': 30, 'i-six': 7 });
  });

  it('is compared with who had it before', async () => {
    const engine = await engineOf(rows, { owners });
    const answer = await engine.ask({ text: 'since=12h by=team compare=previous', nowMs });
    await engine.close();
    expect(answer.rows.map((row) => [row.key.team, Number(row.bytes), Number(row.previous?.bytes)])).toEqual([
      ['search', 37, 0],
      ['payments', 0, 100],
    ]);
  });

  it('keeps to sums of days where nothing changed hands', async () => {
    const engine = await engineOf({ nat: rows.nat, own: rows.own.filter((row) => !row.includes('i-old')) });
    const answer = await engine.ask({ text: 'since=2026-11-20 by=workload', nowMs });
    await engine.close();
    expect(answer.statement).not.toContain('period');
    expect(answer.rows.map((row) => [row.key.workload, Number(row.bytes)])).toEqual([
      ['i-new', 130],
      ['i-six', 7],
    ]);
  });

  it('that two share at one time has not changed hands', async () => {
    const shared = [...rows.own, ownRow('10.20.0.5', 'i-old', 'payments', at(18))];
    const engine = await engineOf({ ...rows, own: shared });
    const answer = await engine.ask({ text: 'since=2026-11-20 by=workload', nowMs });
    await engine.close();
    expect(answer.statement).not.toContain('period');
  });
});

describe('an address that EC2 saw change hands', () => {
  const holder = (workload: string, team: string, fromMs: number): HolderHistory[number] => ({
    address: '10.20.0.5',
    vpcId: 'vpc-1',
    interfaceId: `eni-${workload}`,
    workload,
    tags: { team },
    fromMs,
    firstSeenMs: fromMs,
    lastSeenMs: fromMs + HOUR,
  });

  it('is attributed by the minute at which the next one got it', async () => {
    const nat = [natRow('10.20.0.5', 100, at(11)), natRow('10.20.0.5', 30, at(12))];
    const history = [
      holder('i-old', 'payments', at(-48)),
      holder('i-mid', 'billing', at(1)),
      holder('i-new', 'search', at(12)),
    ];
    const engine = await engineOf({ nat, own: [] }, { history });
    const byHour = await engine.ask({ text: 'since=2026-11-20 by=team,hour', nowMs });
    expect(byHour.rows.map((row) => [row.key.team, row.key.hour, Number(row.bytes)])).toEqual([
      ['billing', '2026-11-20T11:00:00Z', 100],
      ['search', '2026-11-20T12:00:00Z', 30],
    ]);
    const workloads = await engine.ask({ text: 'since=2026-11-20 by=workload', nowMs });
    await engine.close();
    expect(workloads.rows[0]).toMatchObject({ key: { workload: 'i-mid' } });
  });
});
