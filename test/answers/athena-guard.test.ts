import { expect, it } from 'vitest';
import { type AskDeps, handle as ask } from '../../commands/ask.js';
import { handle as scan } from '../../commands/scan.js';
import { type GuardDeps, guardScan } from '../../src/answers/athena-guard.js';
import { priceOfScan, readDamaged } from '../../src/answers/athena-scan.js';
import { TERMINAL } from '../../src/answers/reply.js';
import { openAllowance } from '../../src/answers/scan-allowance.js';
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
/** What is said instead; undefined where the question may be asked. */
const asked = async (text: string, more: Partial<GuardDeps> = {}, isConfirmed = false) => {
  const found = await guardScan(guard(more), text, TERMINAL, nowMs, isConfirmed);
  return 'instead' in found ? found.instead : undefined;
};

it('lets a small question through', async () => {
  expect(await asked('since=2026-11-21..2026-11-21')).toBeUndefined();
});

it('asks back with the price, and with a button that asks of the same window', async () => {
  const reply = await asked('team=payments since=7d by=service');
  expect(reply).toMatchObject({
    title: 'This will scan 111.8 GiB, about $0.55',
    label: 'Scan 111.8 GiB for $0.55',
    says: ['Athena, 2026-11-15 12:00 to 2026-11-22 12:00 UTC'],
    untilMs: nowMs + 30 * 60_000,
  });
  expect(reply!.line).toBe(
    'scan team=payments since=2026-11-15t12:00..2026-11-22t12:00 by=service'.replaceAll(/(\d)t(\d)/g, '$1T$2'),
  );
  const { window } = parseQuestion(reply!.line.slice('scan '.length), { nowMs: nowMs + 3_600_000 });
  expect(window).toEqual({ fromMs: nowMs - 7 * 86_400_000, toMs: nowMs });
  expect(reply!.notes.join(' ')).toContain('bills what was read, also where the question is cancelled');
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

/** A day's ledger of one person, and the command over it; `ask` reads 7 GB, and then does what is given. */
function metered(after: () => Promise<void> = async () => {}, limits = guard().limits) {
  const ledger = { bytes: 0 };
  const allowance = openAllowance({
    read: async () => ledger.bytes,
    add: async (_person, _day, bytes) => {
      ledger.bytes += bytes;
    },
  });
  const deps: AskDeps = {
    ask: async ({ onBilled }) => {
      onBilled?.(7 * GB);
      await after();
      return { query: parseQuestion('', { nowMs }) } as never;
    },
    guard: (text, caller, atMs, isConfirmed) =>
      allowance.admit(caller.id, () =>
        guardScan(guard({ limits, readBytes: allowance.used }), text, caller, atMs, isConfirmed),
      ),
    bill: allowance.bill,
  };
  return { deps, ledger };
}
const call = { text: 'since=7d', nowMs, caller: TERMINAL };

it('guards the command, and counts what a question read', async () => {
  const { deps, ledger } = metered();
  expect(await ask(deps, call)).toMatchObject({ kind: 'confirm' });
  expect(ledger.bytes).toBe(0);
  expect(await scan(deps, call)).toMatchObject({ kind: 'answer' });
  expect(ledger.bytes).toBe(7 * GB);
});

it('counts what was read for a question that was cancelled or failed', async () => {
  const cancelled = new NetcostError('cancelled', 'The question was cancelled.');
  const { deps, ledger } = metered(() => Promise.reject(cancelled));
  await expect(scan(deps, call)).rejects.toBe(cancelled);
  expect(ledger.bytes).toBe(7 * GB);
});

it('lets many questions at once read no more than one after the other', async () => {
  let end = () => {};
  const under = new Promise<void>((resolve) => {
    end = resolve;
  });
  // Each is thought to read 120 GB, a day takes 300.
  const { deps, ledger } = metered(() => under, { ...guard().limits, dayBytes: 300 * GB });
  const outcomes = [1, 2, 3, 4].map(() =>
    scan(deps, call).then(
      () => 'answered',
      (error: Error) => error.message,
    ),
  );
  for (const message of await Promise.all(outcomes.slice(2))) {
    expect(message).toMatch(/have read .* today; this one would read/);
  }
  end();
  expect(await Promise.all(outcomes.slice(0, 2))).toEqual(['answered', 'answered']);
  // What they did not read is free again.
  expect(ledger.bytes).toBe(14 * GB);
  expect(await scan(deps, call)).toMatchObject({ kind: 'answer' });
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
