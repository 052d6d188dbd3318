import type { AthenaKnowledge } from '../query/athena/knowledge.js';
import { learnFromSurvey } from '../query/athena/knowledge.js';
import { compileRollup, digestOfHour, type RollupTable } from '../query/athena/rollup-legs.js';
import type { Minutes } from '../query/athena/rows.js';
import { HOUR_MS, MINUTE_MS } from '../units.js';
import type { AskAthenaDeps } from './ask-athena.js';
import { touches, withoutDamaged } from './athena-scan.js';
import { surveyDays } from './athena-surveys.js';

/** The book of hours that are whole (state/athena-tables.ts). */
interface RollupBook {
  readonly read: (
    from: number,
    to: number,
  ) => Promise<ReadonlyMap<number, { readonly attempt: string; readonly digest: string }>>;
  readonly commit: (hour: number, done: { readonly attempt: string; readonly digest: string }) => Promise<void>;
}

export interface RollUpDeps extends Pick<AskAthenaDeps, 'tables' | 'inventory' | 'flowLogsCreatedMs' | 'run' | 'book'> {
  readonly rollup: Pick<RollupTable, 'database' | 'name'>;
  readonly hours: RollupBook;
  /** A name for a new attempt that none had before. */
  readonly newAttempt: () => string;
}

interface RollUpInput {
  readonly nowMs: number;
  readonly signal?: AbortSignal;
}

export interface RolledUp {
  readonly hours: number;
  readonly bytesScanned: number;
}

/** Rows of an hour are there when so much has passed after it: windows of ten minutes, delivery, and some more. */
const SETTLED_MS = 45 * MINUTE_MS;
/** How far back hours are looked for that were not summed yet, or from what is no longer known to be so. */
const LOOK_BACK_HOURS = 48;

/**
 * Sums each hour that is over and not summed yet (or from other knowledge) into the rollup table: one INSERT into a
 * partition of its own, then one row of the book that makes it count. Wherever it is stopped, what the book does not
 * name is never read: begun anew, an hour is written under another name, and none counts twice.
 */
export async function rollUpHours(deps: RollUpDeps, input: RollUpInput): Promise<RolledUp> {
  const sum = { hours: 0, bytesScanned: 0 };
  await withoutDamaged((exceptPaths) => sumHours(deps, input, exceptPaths, sum));
  return sum;
}

/**
 * Adds to `sum`, for it is begun anew where Athena names an object that it cannot read. The hours that such an object may
 * hold rows of are not summed: from the rows, an answer says what it lacks.
 */
async function sumHours(
  deps: RollUpDeps,
  input: RollUpInput,
  exceptPaths: readonly string[],
  sum: { hours: number; bytesScanned: number },
): Promise<void> {
  const scan = exceptPaths.length === 0 ? {} : { exceptPaths };
  const over = Math.floor((input.nowMs - SETTLED_MS) / HOUR_MS);
  const first = over - LOOK_BACK_HOURS;
  const stretch = { fromMinute: first * 60, toMinute: over * 60 };
  const found = await surveyDays({ ...deps, scan }, [stretch], input);
  sum.bytesScanned += found.bytesScanned;
  const knowledge = learnFromSurvey(found.surveyed, {
    ...deps.inventory,
    ...(deps.flowLogsCreatedMs ? { createdMs: deps.flowLogsCreatedMs } : {}),
    isOpen: found.openSinceMs !== undefined,
  });
  // What a survey has not seen whole is not summed yet: a flow log that began since would be left out.
  const end = Math.min(over, Math.floor(((found.openSinceMs ?? input.nowMs) - SETTLED_MS) / HOUR_MS));
  const done = await deps.hours.read(first, end);
  for (let hour = first; hour < end; hour++) {
    input.signal?.throwIfAborted();
    const digest = digestOfHour(knowledge, hour);
    if (done.get(hour)?.digest === digest || !hasRows(knowledge, hour)) continue;
    if (exceptPaths.some((path) => touches(path, hour * HOUR_MS, (hour + 1) * HOUR_MS))) continue;
    const attempt = deps.newAttempt();
    const { bytesScanned: bytes } = await deps.run({
      sql: compileRollup(deps.tables, knowledge, deps.rollup, hour, attempt, scan),
      token: `rollup ${deps.rollup.database}.${deps.rollup.name} ${hour} ${attempt}`,
      reuseMinutes: 0,
      signal: input.signal,
    });
    await deps.hours.commit(hour, { attempt, digest });
    sum.bytesScanned += bytes;
    sum.hours += 1;
  }
}

/** The hours of the stretches whose sums were made from what is known now. */
export async function rolledHours(
  { rollup, hours }: Pick<RollUpDeps, 'rollup' | 'hours'>,
  knowledge: AthenaKnowledge,
  stretches: readonly Minutes[],
): Promise<RollupTable | undefined> {
  const attempts = new Map<number, string>();
  for (const { fromMinute, toMinute } of stretches) {
    const done = await hours.read(Math.floor(fromMinute / 60), Math.ceil(toMinute / 60));
    for (const [hour, { attempt, digest }] of done) {
      if (digest === digestOfHour(knowledge, hour)) attempts.set(hour, attempt);
    }
  }
  return attempts.size === 0 ? undefined : { ...rollup, attempts };
}

function hasRows({ counted }: AthenaKnowledge, hour: number): boolean {
  return counted.some(({ surveyed }) => [...surveyed.slots.keys()].some((slot) => Math.floor(slot / 6) === hour));
}
