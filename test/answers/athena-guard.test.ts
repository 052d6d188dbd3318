import { expect, it } from 'vitest';
import { handle as ask } from '../../commands/ask.js';
import { handle as scan } from '../../commands/scan.js';
import { type GuardDeps, guardScan } from '../../src/answers/athena-guard.js';
import { priceOfScan, readDamaged } from '../../src/answers/athena-scan.js';
import { TERMINAL } from '../../src/answers/reply.js';
import { NetcostError } from '../../src/errors.js';
import { parseQuestion } from '../../src/query/parse.js';
import { flowTable } from '../fixtures/athena-sources.js';

const nowMs = Date.UTC(2026, 10, 22, 12);
const GB = 1e9;

function guard(more: Partial<GuardDeps> = {}): GuardDeps {
  return {
    tables: [flowTable()],
    // Every day was surveyed long after it ended.
    book: { read: async () => ({ atMs: nowMs, rows: [] }), write: async () => {} },
    limits: { confirmBytes: 20 * GB, questionBytes: 2_000 * GB, dayBytes: 5_000 * GB },
    bytesOfDay: async () => 15 * GB,
    rolledShare: async () => 0,
    readBytes: async () => 0,
    ...more,
  };
}
const asked = (text: string, more: Partial<GuardDeps> = {}, isConfirmed = false) =>
  guardScan(guard(more), text, TERMINAL, nowMs, isConfirmed);

it('lets a small question through', async () => {
  expect(await asked('since=2026-11-21..2026-11-21')).toBeUndefined();
});

it('asks back with the price, and with a button that asks of the same window', async () => {
  const reply = await asked('team=payments since=7d by=service');
  expect(reply).toMatchObject({ kind: 'list', title: 'This will scan 111.8 GiB, about $0.55' });
  if (reply?.kind !== 'list') throw new Error('no list');
  const [act] = reply.entries[0]!.acts;
  expect(act!.line).toBe(
    'scan team=payments since=2026-11-15t12:00..2026-11-22t12:00 by=service'.replaceAll(/(\d)t(\d)/g, '$1T$2'),
  );
  const { window } = parseQuestion(act!.line.slice('scan '.length), { nowMs: nowMs + 3_600_000 });
  expect(window).toEqual({ fromMs: nowMs - 7 * 86_400_000, toMs: nowMs });
  expect(reply.notes.join(' ')).toContain('bills it even where the question is cancelled');
});

it('counts days that have to be surveyed twice, and hours that are summed not at all', async () => {
  const surveyed = await asked('since=7d', { book: { read: async () => undefined, write: async () => {} } });
  expect(surveyed).toMatchObject({ title: 'This will scan 223.5 GiB, about $1.09' });
  expect(await asked('since=7d', { rolledShare: async () => 0.95 })).toBeUndefined();
});

it('asks back too where the size cannot be found out', async () => {
  expect(await asked('since=24h', { bytesOfDay: async () => undefined })).toMatchObject({
    title: 'How much this will scan is not known',
  });
});

it('refuses what is above a limit, confirmed or not', async () => {
  const huge = { bytesOfDay: async () => 400 * GB };
  await expect(asked('since=30d', huge, true)).rejects.toMatchObject({ code: 'denied' });
  await expect(asked('since=7d', huge, true)).rejects.toThrow(/one question may scan 1\.82 TiB/);
  await expect(asked('since=24h', { readBytes: async () => 4_990 * GB }, true)).rejects.toThrow(
    /have read 4\.54 TiB today; this one would read .* 4\.55 TiB a day/,
  );
  expect(await asked('since=7d', {}, true)).toBeUndefined();
});

it('guards the command, and counts what an answer read', async () => {
  const told: number[] = [];
  const answer = { query: parseQuestion('', { nowMs }), cost: { engine: 'athena', bytesScanned: 7, usd: '0' } };
  const deps = {
    ask: async () => answer as never,
    guard: (text: string, caller: typeof TERMINAL, atMs: number, isConfirmed: boolean) =>
      guardScan(guard(), text, caller, atMs, isConfirmed),
    onAnswer: async ({ cost }: { cost: { bytesScanned: number } }) => void told.push(cost.bytesScanned),
  };
  const call = { text: 'since=7d', nowMs, caller: TERMINAL };
  expect(await ask(deps, call)).toMatchObject({ kind: 'list' });
  expect(told).toEqual([]);
  expect(await scan(deps, call)).toMatchObject({ kind: 'answer' });
  expect(told).toEqual([7]);
});

it('prices whole megabytes, ten at least, and nothing where nothing was read', () => {
  expect(priceOfScan(0)).toBe('0');
  expect(priceOfScan(1)).toBe('0.000048');
  expect(priceOfScan(2 ** 40)).toBe('5.000000');
  expect(priceOfScan(10 * 2 ** 20 + 1)).toBe('0.000052');
});

it('finds the object that could not be read in what Athena says of it', () => {
  const said = (message: string) => readDamaged(new NetcostError('upstream', '', { cause: new Error(message) }));
  const path = 's3://b/AWSLogs/1/vpcflowlogs/r/2026/11/21/1_vpcflowlogs_r_fl-1_20261121T0000Z_x.log.gz';
  expect(said(`HIVE_CURSOR_ERROR: Failed to read file: ${path}`)).toBe(path);
  expect(said(`HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split ${path} (offset=0, length=3): x`)).toBe(path);
  expect(said('TABLE_NOT_FOUND: s3://b/x.log.gz')).toBeUndefined();
  expect(readDamaged(new Error('HIVE_CURSOR_ERROR s3://b/x.log.gz'))).toBeUndefined();
});
