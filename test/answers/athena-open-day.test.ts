import { expect, it } from 'vitest';
import { type AskAthenaDeps, askAthena } from '../../src/answers/ask-athena.js';
import type { AthenaRun } from '../../src/answers/athena-port.js';
import { type HolderHistory, indexHolders } from '../../src/attribution/holders.js';
import { indexInventory } from '../../src/attribution/inventory.js';
import { learnFromSurvey } from '../../src/query/athena/knowledge.js';
import { SOURCE_TEXTS } from '../../src/query/athena/survey.js';
import { readSurveys, type SurveyRow } from '../../src/query/athena/surveyed.js';
import { athenaSources, flowTable } from '../fixtures/athena-sources.js';

// A day that is not over was surveyed at ten; rows go on to come. Two logs have the gateway.

const TEN_MS = Date.UTC(2026, 10, 22, 10);
const SLOT = TEN_MS / 600_000 - 2;
const [OLD, NEW] = ['fl-0aaaaaaaaaaaaaaaa', 'fl-0bbbbbbbbbbbbbbbb'] as const;
const NEXT_HOP = ['instance-id', 'next-hop-interface-id', 'next-hop-interface-type'];
const tables = [flowTable({ flowLogIds: [OLD, NEW], fields: [...new Set([...flowTable().fields, ...NEXT_HOP])] })];

function sourceOf(log: string, from: number, to: number, texts: Partial<Record<string, string>> = {}): SurveyRow[] {
  const key = `${texts.interface_id ?? 'eni-1'} -`;
  const values: Partial<Record<string, string>> = {
    interface_id: 'eni-1',
    own_account: '111122223333',
    own_region: 'us-east-1',
    ...texts,
  };
  const seconds = [from * 600, to * 600 + 599].map(String);
  return [
    ['c', log, key, '', '0', '10', '0', '0', '0', ...seconds, ...SOURCE_TEXTS.map((name) => values[name] ?? null)],
    ...Array.from({ length: to - from + 1 }, (_, i) => ['p', log, key, String(from + i), '0', '100', '0']),
  ];
}
const NAT = {
  natGatewayId: 'nat-1',
  vpcId: 'vpc-1',
  azId: 'use1-az1',
  region: 'us-east-1',
  accountId: '111122223333',
  interfaceIds: ['eni-1'],
  addresses: ['10.0.0.220'],
};
const learn = (rows: readonly SurveyRow[], isOpen: boolean) =>
  learnFromSurvey(readSurveys(tables, [rows]), { natGateways: [NAT], otherInterfaces: new Set(), isOpen });

/** Which sources count in a minute. */
const countingAt = (rows: readonly SurveyRow[], minute: number, isOpen = true): string[] =>
  learn(rows, isOpen).counted.flatMap(({ surveyed, choices }) =>
    choices === undefined || choices.some((one) => minute >= one.fromMinute && minute < one.toMinute)
      ? [`${surveyed.log} ${surveyed.context.interfaceId}`]
      : [],
  );
const LATER = TEN_MS / 60_000 + 45;

it('lets one of two logs go on to count after the survey of a day that is not over', () => {
  const both = [...sourceOf(OLD, SLOT - 20, SLOT), ...sourceOf(NEW, SLOT - 10, SLOT)];
  expect(countingAt(both, LATER)).toEqual([`${OLD} eni-1`]);
  expect(countingAt(both, LATER, false)).toEqual([]);
});

it('lets the log go on that was there last', () => {
  const changed = [...sourceOf(OLD, SLOT - 20, SLOT - 10), ...sourceOf(NEW, SLOT - 10, SLOT)];
  expect(countingAt(changed, LATER)).toEqual([`${NEW} eni-1`]);
});

it('lets a gateway’s own rows or those of its workloads go on, never both', () => {
  const workload = (from: number, to: number) =>
    sourceOf(OLD, from, to, {
      interface_id: 'eni-w',
      instance_id: 'i-1',
      hop_interface: 'eni-1',
      hop_type: 'nat_gateway',
    });
  const own = (to: number) => sourceOf(NEW, SLOT - 20, to);
  expect(countingAt([...own(SLOT), ...workload(SLOT - 20, SLOT)], LATER)).toEqual([`${NEW} eni-1`]);
  // Deliveries are apart: a gateway whose rows are half an hour older has not stopped yet.
  expect(countingAt([...own(SLOT - 3), ...workload(SLOT - 20, SLOT)], LATER)).toEqual([`${NEW} eni-1`]);
  expect(countingAt([...own(SLOT - 9), ...workload(SLOT - 20, SLOT)], LATER)).toEqual([`${OLD} eni-w`]);
});

async function asked(text: string, nowMs: number, surveyedMs: number, holders: HolderHistory = []) {
  const naming = { ...(await athenaSources(1)).naming, holders: indexHolders(holders) };
  const runs: AthenaRun[] = [];
  const rows = sourceOf(OLD, SLOT - 20, SLOT);
  const deps: AskAthenaDeps = {
    tables,
    naming,
    inventory: indexInventory({ vpcs: [], subnets: [], interfaces: [], natGateways: [] }),
    inventoryBorders: [],
    book: { read: async () => ({ atMs: surveyedMs, rows }), write: async () => {} },
    run: async (run) => {
      runs.push(run);
      return { rows, bytesScanned: 10, isReused: false };
    },
    elapsedMs: () => 0,
  };
  const answer = await askAthena({ ...deps, inventory: { ...deps.inventory, natGateways: [NAT] } }, { text, nowMs });
  return { answer, runs };
}

it('says that rows since the survey were judged by what was known then, and calls the totals a lower bound', async () => {
  const { answer, runs } = await asked('since=1h', TEN_MS + 40 * 60_000, TEN_MS);
  expect(runs).toHaveLength(1);
  expect(answer.coverage.lowerBound).toBe(true);
  expect(answer.caveats[0]).toBe(
    'Which rows count was found out at 2026-11-22T10:00:00Z: a gateway or flow log that began since is missing, so the totals are a lower bound until a question after 2026-11-22T11:00:00Z looks again.',
  );
});

it('says nothing of it where the survey has seen the window, or was made now', async () => {
  const early = await asked('since=2026-11-22T08:00..2026-11-22T09:30', TEN_MS + 40 * 60_000, TEN_MS);
  expect(early.answer.caveats.join(' ')).not.toContain('found out at');
  const fresh = await asked('since=1h', TEN_MS, TEN_MS);
  expect(fresh.answer.caveats.join(' ')).not.toContain('found out at');
});

it('surveys anew after an hour, and not by a result that Athena kept', async () => {
  const { runs } = await asked('since=1h', TEN_MS + 61 * 60_000, TEN_MS);
  expect(runs.map(({ reuseMinutes }) => reuseMinutes)).toEqual([0, 60]);
});

it('says where an address had another owner in the window, for Athena names it by who has it now', async () => {
  const holder = (workload: string, fromMs: number) => ({
    address: '10.0.1.5',
    vpcId: 'vpc-1',
    interfaceId: `eni-${workload}`,
    workload,
    tags: {},
    fromMs,
    firstSeenMs: fromMs,
    lastSeenMs: TEN_MS,
  });
  const history = [holder('i-1', TEN_MS - 86_400_000), holder('i-2', TEN_MS - 1_800_000)];
  const said = async (text: string) => (await asked(text, TEN_MS, TEN_MS, history)).answer.caveats.join('\n');
  const words = '1 address changed hands in or after this window';
  expect(await said('since=1h by=team')).toContain(words);
  expect(await said('since=1h by=client')).not.toContain(words);
  expect(await said('since=20m by=team')).not.toContain(words);
});
