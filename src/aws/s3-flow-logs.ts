import * as z from 'zod';
import { NetcostError } from '../errors.js';
import type { ObjectSource, RemoteObject, SourceStep } from '../rollups/object-source.js';
import { DAY_MS, HOUR_MS } from '../units.js';
import type { AwsAccess } from './access.js';
import {
  dayPrefix,
  findLanes,
  LATE_MS,
  type Lane,
  laneOf,
  nextStart,
  SWEEP_DAYS,
  startOfDay,
} from './flow-log-lanes.js';
import { type Bucket, type ListPage, listPage, readObjectTo } from './s3.js';

/** Flow logs in a bucket, as `data.buckets` of the config tells them. */
export interface FlowLogBucket extends Bucket {
  /** Where AWSLogs/ is found, or any folder below it; "" = the whole bucket. */
  readonly prefix: string;
  /** How far back the first reading goes. */
  readonly days: number;
  /** Only logs of these accounts and Regions; undefined = all. */
  readonly accounts: readonly string[] | undefined;
  readonly regions: readonly string[] | undefined;
}

/** New accounts and Regions of a bucket are looked for so often. */
const LANES_FOR_MS = HOUR_MS;

/** What is remembered between runs. */
const State = z.object({
  /** Lane → until when it was listed, ms. */
  listed: z.record(z.string(), z.number()),
  /** When lanes were looked for. */
  lanesMs: z.number(),
  /** The UTC day of the last look at whole days. */
  sweptDay: z.number(),
});
type State = z.infer<typeof State>;

/**
 * A bucket with flow logs as a source of objects. AWS's layouts (by day, by hour, Hive) are listed day by day from where
 * the last run ended, with a margin for late objects: a run that finds nothing new makes one or two requests for each
 * account and Region. A prefix that is laid out otherwise is listed whole each time.
 */
export function openFlowLogBucket(
  access: AwsAccess,
  bucket: FlowLogBucket,
  { nowMs }: { readonly nowMs: () => number },
): ObjectSource {
  const name = `s3://${bucket.name}/${bucket.prefix}`;
  return {
    name,
    list: (state, signal) => listNew(access, bucket, readState(state), nowMs(), signal),
    fetch: (object, file, signal) =>
      readObjectTo(access, bucket, object.key.slice(bucket.name.length + 1), file, signal),
  };
}

async function* listNew(
  access: AwsAccess,
  bucket: FlowLogBucket,
  before: State | undefined,
  nowMs: number,
  signal: AbortSignal,
): AsyncIterable<SourceStep> {
  const areKnown = before !== undefined && nowMs - before.lanesMs < LANES_FOR_MS;
  const lanes = (
    areKnown ? lanesOf(before) : await findLanes(bucket.prefix, (at) => foldersAt(access, bucket, at, signal))
  )
    .filter(({ accountId }) => bucket.accounts?.includes(accountId) ?? true)
    .filter(({ region }) => bucket.regions?.includes(region) ?? true);
  if (lanes.length === 0) {
    yield* listWhole(access, bucket, signal);
    return;
  }
  const today = startOfDay(nowMs);
  const firstDay = today - (bucket.days - 1) * DAY_MS;
  const isSwept = before?.sweptDay === today;
  const starts = new Map(
    lanes.map((lane) => {
      const until = before?.listed[lane.prefix];
      if (until === undefined) return [lane, firstDay] as const;
      return [lane, Math.min(until - LATE_MS, isSwept ? nowMs : today - (SWEEP_DAYS - 1) * DAY_MS)] as const;
    }),
  );
  const state: State = {
    listed: { ...before?.listed },
    lanesMs: areKnown ? before.lanesMs : nowMs,
    sweptDay: before?.sweptDay ?? today,
  };
  const failed = new Set<Lane>();
  // Day by day over all lanes, so that objects of one time stand together in the store.
  for (let day = startOfDay(Math.min(...starts.values())); day <= today; day += DAY_MS) {
    for (const lane of lanes) {
      const fromMs = Math.max(starts.get(lane)!, day);
      if (failed.has(lane) || fromMs >= day + DAY_MS) continue;
      try {
        for await (const page of dayPages(access, bucket, dayPrefix(lane, day), fromMs, signal)) {
          yield { kind: 'objects', objects: logObjects(bucket, page) };
        }
        state.listed[lane.prefix] = Math.max(state.listed[lane.prefix] ?? 0, Math.min(day + DAY_MS, nowMs));
      } catch (error) {
        if (!(error instanceof NetcostError) || signal.aborted) throw error;
        failed.add(lane);
        // One that was never listed would not be known by the next run.
        state.lanesMs = 0;
        yield { kind: 'failed', what: `s3://${bucket.name}/${lane.prefix}`, error };
        if (failed.size === lanes.length) return;
      }
    }
    if (day === today && failed.size === 0) state.sweptDay = today;
    yield { kind: 'reached', state: JSON.stringify(state) };
  }
}

async function* dayPages(
  access: AwsAccess,
  bucket: FlowLogBucket,
  prefix: string,
  fromMs: number,
  signal: AbortSignal,
): AsyncIterable<ListPage> {
  let startAfter: string | undefined;
  for (;;) {
    const page = await listPage(access, bucket, { prefix, ...(startAfter !== undefined && { startAfter }) }, signal);
    yield page;
    if (!page.isCut || page.objects.length === 0) return;
    startAfter = nextStart(prefix, page, fromMs);
  }
}

/** What is not laid out as AWS does it: all of it, each time. What is known is not fetched again. */
async function* listWhole(access: AwsAccess, bucket: FlowLogBucket, signal: AbortSignal): AsyncIterable<SourceStep> {
  for await (const page of dayPages(access, bucket, bucket.prefix, 0, signal)) {
    yield { kind: 'objects', objects: logObjects(bucket, page) };
  }
}

/** The folders right below a prefix, each with its slash. */
export async function foldersAt(
  access: AwsAccess,
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const folders: string[] = [];
  let startAfter: string | undefined;
  for (;;) {
    const query = { prefix, delimiter: '/' as const, ...(startAfter !== undefined && { startAfter }) };
    const page = await listPage(access, bucket, query, signal);
    folders.push(...page.folders);
    const last = [page.objects.at(-1)?.key, page.folders.at(-1)]
      .filter((each) => each !== undefined)
      .sort()
      .at(-1);
    if (!page.isCut || last === undefined) return folders;
    // After a folder come the keys inside it: the next page begins behind all of them.
    startAfter = last.endsWith('/') ? `${last}\uffff` : last;
  }
}

const LOG_NAME = /\.(?:log|txt|csv|json|gz|parquet)$/i;

/** What may be a flow log and can be a file: hidden names, folders' markers and paths that lead out are passed over. */
function logObjects(bucket: FlowLogBucket, { objects }: ListPage): RemoteObject[] {
  return objects
    .filter(({ key, size }) => size > 0 && LOG_NAME.test(key) && isPath(key))
    .map(({ key, size, modifiedMs }) => ({ key: `${bucket.name}/${key}`, size, modifiedMs }));
}

const isPath = (key: string): boolean =>
  !key.includes('\0') &&
  key.split('/').every((part) => part !== '' && !part.startsWith('.') && Buffer.byteLength(part) <= 255);

const lanesOf = ({ listed }: State): Lane[] =>
  Object.keys(listed).flatMap((prefix) => {
    const lane = laneOf(prefix);
    return lane === undefined ? [] : [lane];
  });

/** A state that another version wrote is none: listing begins anew, and nothing known is read again. */
function readState(text: string | undefined): State | undefined {
  if (text === undefined) return undefined;
  try {
    return State.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
