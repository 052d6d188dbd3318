import { parquetFiles } from './duckdb.js';
import { fineSql, type Knowledge, presenceSql } from './knowledge.js';
import { EMPTY_LEGS } from './segment-columns.js';
import type { Segment } from './stored.js';

/** How finely time is kept in a relation. */
export type Grain = 'minute' | 'hour' | 'day';

export interface Snapshot {
  readonly revision: number;
  readonly knowledge: Knowledge;
  readonly segments: readonly (Segment & { readonly id: number })[];
  readonly replaced: readonly number[];
  /** Days (since 1970) whose rollups hold just what counts now. */
  readonly settled: ReadonlyMap<number, RollupFiles>;
  /** Those of them whose fine rows are gone: only whole hours can be told. */
  readonly finalDays: ReadonlySet<number>;
  /** What others derive from a snapshot, such as the names of its clients; the next snapshot begins with a copy of it. */
  readonly derived: Map<string, unknown>;
}

export interface RollupFiles {
  readonly hours: string;
  readonly days: string;
  /** By hour and client, whatever the remote. */
  readonly clients: string;
  readonly presence: string;
}

const EMPTY_PRESENCE =
  '(select 0::integer as "minute", 0::integer as object, 0::bigint as context, 0::integer as ok, 0::integer as no_data, 0::integer as skip_data, 0::integer as rejected, 0::double as bytes where false)';

export const overlaps = (segment: Segment, fromMinute: number, toMinute: number): boolean =>
  segment.lastMinute >= fromMinute && segment.firstMinute < toMinute;

export function legsOf(root: string, segments: readonly Segment[]): string {
  const files = segments.filter((segment) => segment.legs > 0).map((segment) => `${root}/segments/${segment.legsFile}`);
  return files.length === 0 ? EMPTY_LEGS : parquetFiles(files);
}

export function presenceOf(root: string, segments: readonly Segment[]): string {
  const files = segments.map((segment) => `${root}/segments/${segment.presenceFile}`);
  return files.length === 0 ? EMPTY_PRESENCE : parquetFiles(files);
}

/** Minutes [from, to) of the counted legs or of the presence, from the smallest files that can tell them. */
export interface Stretch {
  readonly fromMinute: number;
  readonly toMinute: number;
}

const KEY_COLUMNS = 'context, near, far, port, protocol, service';
/** The same where remotes are summed up: nobody asks for the rest. */
const CLIENT_COLUMNS = 'context, near, -1::bigint as far, -1 as port, -1::smallint as protocol, 0 as service';
/** Of both directions, and of these the ones towards the remote; in segments as in sums. */
const COUNTS = 'bytes, packets, flows, bytes_up, packets_up, flows_up';

/** What is asked of legs. */
export interface LegNeeds {
  readonly grain: Grain;
  /** Of these alone. */
  readonly clients?: readonly bigint[] | undefined;
  /** Where nobody asks for directions, a row tells of both, and its up is null. */
  readonly byDirection: boolean;
  /** Where nobody asks for remotes, ports, protocols or services, these are not told, from a far smaller file. */
  readonly byRemote: boolean;
}

/** All that is known of each leg. */
export const EVERYTHING: LegNeeds = { grain: 'minute', byDirection: true, byRemote: true };

/**
 * The counted legs of a stretch as an SQL relation with t (minutes since 1970, the begin of a row's grain), context,
 * near, far, port, protocol, service, up, bytes, bytes_up, packets, flows. Whole days come from daily sums and whole hours
 * from hourly sums where the grain allows (both from hourly sums by client where nobody asks for remotes), the edges from
 * the fine rows: always exact to the minute.
 */
export function legRelation(root: string, snapshot: Snapshot, stretch: Stretch, needs: LegNeeds): string {
  const { grain, clients, byDirection, byRemote } = needs;
  const columns = byRemote ? KEY_COLUMNS : CLIENT_COLUMNS;
  const parts: string[] = [];
  // Within each scan, where DuckDB skips the groups of a file that hold none of them.
  const ofClients =
    clients === undefined ? '' : clients.length === 0 ? 'and false' : `and near in (${clients.join(', ')})`;
  const { days, hours, fine } = coverStretch(snapshot, stretch, byRemote || grain === 'minute' ? grain : 'hour');
  const rollup = ({ fromMinute, toMinute }: Run, files: readonly string[], column: 'day' | 'hour'): void => {
    const scale = column === 'day' ? 1440 : 60;
    parts.push(`select "${column}" * ${scale} as t, ${columns}, ${COUNTS}
     from ${parquetFiles(files.map((file) => `${root}/rollups/${file}`))}
     where "${column}" >= ${fromMinute / scale} and "${column}" < ${toMinute / scale} ${ofClients}`);
  };
  for (const run of days)
    rollup(
      run,
      run.files.map((file) => file.days),
      'day',
    );
  for (const run of hours)
    rollup(
      run,
      run.files.map((file) => (byRemote ? file.hours : file.clients)),
      'hour',
    );
  if (fine.length > 0) {
    // In one scan: planning a scan takes longer than reading the minutes at a window's ends.
    const segments = snapshot.segments.filter((one) => fine.some((run) => overlaps(one, run.fromMinute, run.toMinute)));
    const within = (run: Stretch): string => `("minute" >= ${run.fromMinute} and "minute" < ${run.toMinute})`;
    const around = within({ fromMinute: fine[0]!.fromMinute, toMinute: fine.at(-1)!.toMinute });
    const runs = fine.length === 1 ? '' : `and (${fine.map(within).join(' or ')})`;
    const legs = `(select * from ${legsOf(root, segments)} where ${around} ${runs} ${ofClients})`;
    parts.push(
      `select "minute" as t, ${columns}, ${COUNTS} from ${fineSql(snapshot.knowledge, legs, snapshot.replaced)}`,
    );
  }
  if (parts.length === 0) parts.push(`select "minute" as t, ${KEY_COLUMNS}, ${COUNTS} from ${EMPTY_LEGS}`);
  const rows = parts.join('\nunion all\n');
  if (!byDirection)
    return `(select t, ${KEY_COLUMNS}, null::utinyint as up, bytes, bytes_up, packets, flows from (${rows}))`;
  const ofDirection = (count: string): string =>
    `case up when 1 then ${count}_up else ${count} - ${count}_up end as ${count}`;
  return `(select t, ${KEY_COLUMNS}, up, ${ofDirection('bytes')}, case up when 1 then bytes_up else 0 end as bytes_up,
    ${ofDirection('packets')}, of_direction as flows from (select *, case up when 1 then flows_up else flows - flows_up end as of_direction
      from (${rows}), (values (1::utinyint), (0::utinyint)) direction(up)) where of_direction > 0)`;
}

/** The presence of the gateways in a stretch: "minute", context, ok, no_data, skip_data, rejected. */
export function presenceRelation(root: string, snapshot: Snapshot, stretch: Stretch): string {
  const parts: string[] = [];
  const fine: string[] = [];
  for (let day = Math.floor(stretch.fromMinute / 1440); day * 1440 < stretch.toMinute; day++) {
    if (snapshot.finalDays.has(day)) fine.push(`${root}/rollups/${snapshot.settled.get(day)!.presence}`);
  }
  if (fine.length > 0) {
    parts.push(`select "hour" * 60 as "minute", context, ok, no_data, skip_data, rejected from ${parquetFiles(fine)}
      where "hour" * 60 >= ${stretch.fromMinute} and "hour" * 60 < ${stretch.toMinute}`);
  }
  const segments = snapshot.segments.filter((segment) => overlaps(segment, stretch.fromMinute, stretch.toMinute));
  const final = [...snapshot.finalDays].map(
    (day) => `and not ("minute" >= ${day * 1440} and "minute" < ${(day + 1) * 1440})`,
  );
  const rows = `(select * from ${presenceOf(root, segments)} where "minute" >= ${stretch.fromMinute} and "minute" < ${stretch.toMinute}
    ${final.join(' ')})`;
  parts.push(`select * from ${presenceSql(snapshot.knowledge, rows, snapshot.replaced)}`);
  return `(${parts.join(' union all ')})`;
}

/**
 * Outward to whole hours where a day's fine rows are gone; the same stretch where they are not. One that it is compared
 * with stays as long and at its distance (just before, where it was just before), or two lengths of time were compared.
 */
export function snapStretches(
  snapshot: Snapshot,
  asked: Stretch,
  earlier: Stretch | undefined,
): readonly [Stretch, Stretch | undefined] {
  const isCut = (minute: number): boolean => minute % 60 !== 0 && snapshot.finalDays.has(Math.floor(minute / 1440));
  const hours = {
    fromMinute: Math.floor(asked.fromMinute / 60) * 60,
    toMinute: Math.ceil(asked.toMinute / 60) * 60,
  };
  const stretch = {
    fromMinute: isCut(asked.fromMinute) ? hours.fromMinute : asked.fromMinute,
    toMinute: isCut(asked.toMinute) ? hours.toMinute : asked.toMinute,
  };
  if (earlier === undefined) return [stretch, undefined];
  const previous = besideWidened(asked, earlier, stretch);
  return isCut(previous.fromMinute) || isCut(previous.toMinute)
    ? [hours, besideWidened(asked, earlier, hours)]
    : [stretch, previous];
}

/**
 * The earlier stretch that one is compared with once it was widened: as long, and just before it where it was just before,
 * else (as the week before) at its distance.
 */
export function besideWidened(asked: Stretch, earlier: Stretch, widened: Stretch): Stretch {
  const distance =
    earlier.toMinute === asked.fromMinute
      ? widened.toMinute - widened.fromMinute
      : asked.fromMinute - earlier.fromMinute;
  return { fromMinute: widened.fromMinute - distance, toMinute: widened.toMinute - distance };
}

interface Run extends Stretch {
  readonly files: readonly RollupFiles[];
}

/** Cuts a stretch into whole settled days, hours of final days, and the fine rest, each in runs without gaps. */
function coverStretch(
  snapshot: Snapshot,
  { fromMinute, toMinute }: Stretch,
  grain: Grain,
): { readonly days: readonly Run[]; readonly hours: readonly Run[]; readonly fine: readonly Stretch[] } {
  const days: Run[] = [];
  const hours: Run[] = [];
  const fine: Stretch[] = [];
  const add = <T extends Stretch>(runs: T[], run: T, join: (last: T, run: T) => T): void => {
    const last = runs.at(-1);
    if (last && last.toMinute === run.fromMinute) runs[runs.length - 1] = join(last, run);
    else runs.push(run);
  };
  const joinRun = (last: Run, run: Run): Run => ({
    ...last,
    toMinute: run.toMinute,
    files: [...new Set([...last.files, ...run.files])],
  });
  const joinFine = (last: Stretch, run: Stretch): Stretch => ({ ...last, toMinute: run.toMinute });
  for (let day = Math.floor(fromMinute / 1440); day * 1440 < toMinute; day++) {
    const from = Math.max(fromMinute, day * 1440);
    const to = Math.min(toMinute, (day + 1) * 1440);
    const files = snapshot.settled.get(day);
    const part = { fromMinute: from, toMinute: to };
    if (files && grain === 'day' && to - from === 1440) add(days, { ...part, files: [files] }, joinRun);
    else if (files && snapshot.finalDays.has(day)) add(hours, { ...part, files: [files] }, joinRun);
    else if (files && grain !== 'minute' && Math.ceil(from / 60) < Math.floor(to / 60)) {
      const [first, last] = [Math.ceil(from / 60) * 60, Math.floor(to / 60) * 60];
      if (from < first) add(fine, { fromMinute: from, toMinute: first }, joinFine);
      add(hours, { fromMinute: first, toMinute: last, files: [files] }, joinRun);
      if (last < to) add(fine, { fromMinute: last, toMinute: to }, joinFine);
    } else add(fine, part, joinFine);
  }
  return { days, hours, fine };
}
