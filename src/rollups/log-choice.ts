import type { DuckDBConnection } from '@duckdb/node-api';
import { type Choice, chooseLogs, type LogPresence, SLOT_MINUTES } from '../flows/choice.js';
import type { Gateways } from '../flows/gateways.js';
import type { Catalog } from './catalog.js';
import { quoteLiteral } from './duckdb.js';
import { insertRows } from './insert-rows.js';

/** One thing that logs compete for: a gateway, or one workload's interface towards it. */
export const unitOf = (gateway: number, isNextHop: boolean, interfaceId: string): string =>
  isNextHop ? `${gateway}>${interfaceId}` : String(gateway);

/** Where a unit is in several logs, or a gateway has its own rows beside those of workloads: which log counts when. */
export async function choose(
  connection: DuckDBConnection,
  catalog: Catalog,
  gateways: Gateways,
  presence: string,
): Promise<Map<string, readonly Choice[]>> {
  const logsOfUnit = new Map<string, Map<string, { contexts: bigint[]; score: number }>>();
  for (const { context, gateway, isNextHop, source } of gateways.sources) {
    const unit = unitOf(gateway, isNextHop, source.interfaceId);
    const logs = logsOfUnit.get(unit) ?? new Map();
    const log = logs.get(source.flowLogId) ?? { contexts: [], score: 0 };
    log.contexts.push(context);
    log.score = Math.max(log.score, source.fieldScore);
    logs.set(source.flowLogId, log);
    logsOfUnit.set(unit, logs);
  }
  const contested = [...logsOfUnit].filter(
    ([unit, logs]) => logs.size > 1 || (unit.includes('>') && logsOfUnit.has(unit.slice(0, unit.indexOf('>')))),
  );
  if (contested.length === 0) return new Map();
  const wanted = new Set(contested.map(([unit]) => unit));
  for (const unit of wanted) if (unit.includes('>')) wanted.add(unit.slice(0, unit.indexOf('>')));
  const slots = await slotsOf(
    connection,
    presence,
    [...wanted].flatMap((unit) => [...(logsOfUnit.get(unit)?.values() ?? [])].flatMap((log) => log.contexts)),
  );
  const lives = new Map(catalog.flowLogLives().map((life) => [life.flowLogId, life]));
  const presenceOf = (unit: string): LogPresence[] =>
    [...(logsOfUnit.get(unit) ?? [])].map(([log, { contexts, score }]) => {
      const life = lives.get(log);
      return {
        log,
        score,
        firstMinute: Math.floor((life?.firstSecond ?? 0) / 60),
        lastMinute: Math.floor((life?.lastSecond ?? 0) / 60),
        slots: new Set(contexts.flatMap((context) => slots.get(context)?.all ?? [])),
        skipped: new Set(contexts.flatMap((context) => slots.get(context)?.skipped ?? [])),
        bytes: sumBySlot(contexts.map((context) => slots.get(context)?.bytes ?? new Map())),
      };
    });
  const choices = new Map<string, readonly Choice[]>();
  for (const [unit] of contested) {
    const parent = unit.includes('>') ? unit.slice(0, unit.indexOf('>')) : undefined;
    const owned =
      parent === undefined ? new Set<number>() : new Set(presenceOf(parent).flatMap((log) => [...log.slots]));
    const logs = presenceOf(unit).map((log) => ({
      ...log,
      slots: new Set([...log.slots].filter((slot) => !owned.has(slot))),
    }));
    choices.set(unit, chooseLogs(logs));
  }
  return choices;
}

interface SlotsOfContext {
  readonly all: number[];
  readonly skipped: number[];
  readonly bytes: Map<number, number>;
}

function sumBySlot(parts: readonly ReadonlyMap<number, number>[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const part of parts) for (const [slot, bytes] of part) sums.set(slot, (sums.get(slot) ?? 0) + bytes);
  return sums;
}

async function slotsOf(
  connection: DuckDBConnection,
  presence: string,
  contexts: readonly bigint[],
): Promise<Map<bigint, SlotsOfContext>> {
  const found = new Map<bigint, SlotsOfContext>();
  if (contexts.length === 0) return found;
  const result = await connection.runAndReadAll(
    `select context, "minute" // ${SLOT_MINUTES} as slot, max(skip_data), sum(bytes) from ${presence} where context in (${contexts.join(',')}) group by all`,
  );
  for (const [context, slot, skipped, bytes] of result.getRows() as unknown as [bigint, number, number, number][]) {
    const entry: SlotsOfContext = found.get(context) ?? { all: [], skipped: [], bytes: new Map() };
    entry.all.push(slot);
    entry.bytes.set(slot, bytes);
    if (skipped > 0) entry.skipped.push(slot);
    found.set(context, entry);
  }
  return found;
}

export async function fillChoices(
  connection: DuckDBConnection,
  choices: ReadonlyMap<string, readonly Choice[]>,
): Promise<void> {
  await connection.run(
    'create or replace table choice (unit varchar, log varchar, from_minute integer, to_minute integer)',
  );
  await insertRows(
    connection,
    'choice',
    [...choices].flatMap(([unit, list]) =>
      list.map((c) => `(${quoteLiteral(unit)}, ${quoteLiteral(c.log)}, ${c.fromMinute}, ${c.toMinute})`),
    ),
  );
  if (choices.size > 0) {
    await connection.run(
      `update counted set has_choice = true where unit in (${[...choices.keys()].map(quoteLiteral).join(', ')})`,
    );
  }
}
