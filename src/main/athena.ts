import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AskDeps } from '../../commands/ask.js';
import * as ddl from '../../commands/ddl.js';
import { rollUpAthena } from '../../jobs/roll-up-athena.js';
import { toMinutes } from '../answers/ask.js';
import { type AskAthenaDeps, askAthena } from '../answers/ask-athena.js';
import { guardScan } from '../answers/athena-guard.js';
import type { RunStatement, SurveyBook } from '../answers/athena-port.js';
import { type RollUpDeps, rolledHours, rollUpHours } from '../answers/athena-rollup.js';
import type { FlowLogFormat } from '../answers/athena-tables.js';
import { keepAnswers } from '../answers/kept-answers.js';
import type { Engine } from '../answers/open-engine.js';
import type { Ask, Command } from '../answers/reply.js';
import { openAllowance } from '../answers/scan-allowance.js';
import type { InventoryFiles } from '../attribution/inventory-files.js';
import { openAwsAccess } from '../aws/access.js';
import { openAthena } from '../aws/athena.js';
import { bytesOfDay } from '../aws/athena-size.js';
import { describeFlowLogs } from '../aws/flow-log-formats.js';
import type { Config } from '../config.js';
import { NetcostError } from '../errors.js';
import { type FlowTable, fieldsOfFormat } from '../flows/ddl.js';
import { inventoryBorders } from '../query/athena/inventory-borders.js';
import { parseQuestion } from '../query/parse.js';
import type { Job } from '../schedule.js';
import {
  addScannedBytes,
  commitRolledHour,
  readRolledHours,
  readScannedBytes,
  readSurvey,
  writeSurvey,
} from '../state/athena-tables.js';
import type { State } from '../state/open-state.js';
import { accountsOf } from './accounts.js';

const GB = 1e9;

/** What a config with `data.athena` adds: how questions are asked, what guards them, and the job of the rollup. */
export interface AthenaSide {
  readonly ask: AskDeps;
  readonly jobs: readonly Job[];
  readonly close: () => void;
}

/** Undefined where the config has no data.athena. Asks AWS nothing before the first question. */
export function athenaSide(
  config: Config,
  parts: {
    readonly engine: Engine;
    readonly state: State;
    readonly nowMs: () => number;
    readonly elapsedMs: () => number;
  },
): AthenaSide | undefined {
  const { athena, engine: choice } = config.data;
  if (athena === undefined) {
    if (choice === 'embedded') return undefined;
    throw new NetcostError('config', `data.engine is ${choice}, and data.athena is not set.`, {
      hint: 'netcost ddl prints the tables and the lines for the config.',
    });
  }
  const { engine, state, nowMs, elapsedMs } = parts;
  const accounts = accountsOf(config.aws.accounts);
  const access = openAwsAccess(accounts);
  const place = athenaPlace(config, athena);
  const tables = tablesOf(athena);
  const placeOf = new Map(athena.tables.map((table) => [table.name, table]));
  const run: RunStatement = openAthena(
    access,
    place,
    { ...athena, timeoutMs: athena.timeoutSeconds * 1000 },
    // Athena's own clock, not that of the question (--now).
    { nowMs: () => Date.now(), elapsedMs, sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}) },
  );
  const book: SurveyBook = {
    read: (key) => readSurvey(state.db, key),
    write: (key, atMs, rows) => writeSurvey(state.db, key, atMs, rows),
  };
  const created = flowLogsCreated(access);
  const rollup = athena.rollup && rollupOf(athena.database, athena.rollup.table, state);
  const depsNow = async (): Promise<AskAthenaDeps> => {
    const inventory = engine.store.catalog.meta('inventory');
    return {
      tables,
      naming: engine.naming,
      inventory: engine.store.inventory,
      inventoryBorders: inventory ? inventoryBorders(JSON.parse(inventory) as InventoryFiles) : [],
      flowLogsCreatedMs: await created(),
      run,
      book,
      elapsedMs,
      ...(rollup ? { rollupOf: (knowledge, stretches) => rolledHours(rollup, knowledge, stretches) } : {}),
    };
  };
  const usesAthena = async (fromMs: number): Promise<boolean> =>
    choice === 'athena' || (choice === 'auto' && !(await reachesBack(engine, fromMs)));
  const ask: Ask = async (input) => {
    const { window } = parseQuestion(input.text, { nowMs: input.nowMs });
    if (!(await usesAthena(window.fromMs))) return engine.ask(input);
    const answer = await askAthena(await depsNow(), input);
    kept.keep(input, answer);
    return answer;
  };
  const kept = keepAnswers(elapsedMs);
  const allowance = openAllowance({
    read: (person, day) => readScannedBytes(state.db, person, day),
    add: (person, day, bytes) => addScannedBytes(state.db, person, day, bytes),
  });
  const limits = {
    confirmBytes: athena.limits.confirmGb * GB,
    questionBytes: athena.limits.questionGb * GB,
    dayBytes: athena.limits.dayGb * GB,
  };
  return {
    ask: {
      ask,
      guard: async (text, caller, atMs, isConfirmed) => {
        const { window, by } = parseQuestion(text, { nowMs: atMs });
        // What Athena does not answer has no price: the question says so.
        if (by.includes('charge') || !(await usesAthena(window.fromMs))) return {};
        const answer = kept.find({ text, nowMs: atMs });
        if (answer !== undefined) return { answer };
        const deps = {
          tables,
          book,
          limits,
          bytesOfDay: (table: FlowTable, day: number) =>
            bytesOfDay(access, place, placeOf.get(table.name)!, table, day),
          rolledShare: async (query: ReturnType<typeof parseQuestion>) => {
            const { fromMinute, toMinute } = toMinutes(query.window);
            const done = await rollup?.hours.read(Math.floor(fromMinute / 60), Math.ceil(toMinute / 60));
            return Math.min(1, (done?.size ?? 0) / Math.max(1, Math.floor((toMinute - fromMinute) / 60)));
          },
          readBytes: allowance.used,
        };
        return allowance.admit(caller.id, () => guardScan(deps, text, caller, atMs, isConfirmed));
      },
      bill: allowance.bill,
    },
    jobs:
      rollup && athena.rollup
        ? [
            rollUpAthena({
              when: athena.rollup.when,
              rollUp: async (signal) => rollUpHours({ ...(await depsNow()), ...rollup }, { nowMs: nowMs(), signal }),
            }),
          ]
        : [],
    close: () => access.close(),
  };
}

type AthenaConfig = NonNullable<Config['data']['athena']>;

/** Where Athena is asked, and by whose credentials. */
export const athenaPlace = ({ aws }: Config, { account, region }: AthenaConfig) => ({
  accountId: account ?? aws.accounts[0]?.id ?? '',
  region,
});

/** The tables of a config. */
export const tablesOf = ({ catalog, database, tables }: AthenaConfig): readonly FlowTable[] =>
  tables.map((table) => ({
    ...(catalog === undefined ? {} : { catalog }),
    database,
    name: table.name,
    fields: fieldsOfFormat(table.format),
    file: table.file,
    layout: table.layout,
    isHourly: table.hourly,
    flowLogIds: table.flowLogs,
  }));

/** `netcost ddl` over every configured account and Region. */
export function ddlCommand(config: Config): Command {
  const flowLogs = async (signal?: AbortSignal) => {
    const access = openAwsAccess(accountsOf(config.aws.accounts));
    try {
      return (await Promise.all(access.places.map((place) => describeFlowLogs(access, place, signal)))).flat();
    } finally {
      access.close();
    }
  };
  const { name, usage, summary } = ddl;
  return { name, usage, summary, handle: (call) => ddl.handle({ flowLogs }, call) };
}

function rollupOf(database: string, name: string, state: State): Pick<RollUpDeps, 'rollup' | 'hours' | 'newAttempt'> {
  const table = `${database}.${name}`;
  return {
    rollup: { database, name },
    hours: {
      read: (from, to) => readRolledHours(state.db, table, from, to),
      commit: (hour, done) => commitRolledHour(state.db, table, hour, done),
    },
    newAttempt: () => randomUUID().slice(0, 13),
  };
}

/** Since when flow logs exist; asked once, and again after a failure. Without the permission the rows tell it. */
function flowLogsCreated(access: ReturnType<typeof openAwsAccess>): () => Promise<ReadonlyMap<string, number>> {
  let known: Promise<readonly FlowLogFormat[]> | undefined;
  return async () => {
    known ??= Promise.all(access.places.map((place) => describeFlowLogs(access, place))).then((logs) => logs.flat());
    try {
      return new Map((await known).map(({ id, createdMs }) => [id, createdMs]));
    } catch {
      known = undefined;
      return new Map();
    }
  };
}

/** Whether the store has rows from before that moment. */
async function reachesBack(engine: Engine, fromMs: number): Promise<boolean> {
  const lives = engine.store.catalog.flowLogLives();
  return lives.some(({ firstSecond }) => firstSecond > 0 && firstSecond * 1000 <= fromMs);
}
