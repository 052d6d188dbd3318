import { constants, gunzipSync } from 'node:zlib';
import { NetcostError } from '../errors.js';
import { fieldOf } from '../flows/fields.js';
import { readObjectName } from '../flows/object-names.js';
import { DAY_MS } from '../units.js';
import type { AwsAccess } from './access.js';
import { dayPrefix, findLanes, startOfDay } from './flow-log-lanes.js';
import { listPage, readBeginning } from './s3.js';
import { type FlowLogBucket, foldersAt } from './s3-flow-logs.js';

/** What a bucket showed at a glance. */
export interface BucketLook {
  readonly listed:
    | {
        readonly lanes: number;
        readonly newest: { readonly key: string; readonly timeMs: number | undefined } | undefined;
      }
    | NetcostError;
  /** Of the newest object: the names in its header, undefined where it has none that can be seen. */
  readonly read: { readonly format: readonly string[] | undefined } | NetcostError;
}

/** Enough for a header, whatever the format. */
const BEGINNING_BYTES = 16_384;
/** Of a bucket of a whole organisation the first few tell as much. */
const MOST_LANES = 5;

/** Lists a little of a bucket and reads the beginning of its newest object. Never throws. */
export async function lookIntoBucket(
  access: AwsAccess,
  bucket: FlowLogBucket,
  nowMs: number,
  signal: AbortSignal,
): Promise<BucketLook> {
  const unread = { format: undefined };
  try {
    const lanes = await findLanes(bucket.prefix, (at) => foldersAt(access, bucket, at, signal));
    const today = startOfDay(nowMs);
    const prefixes =
      lanes.length === 0
        ? [bucket.prefix]
        : lanes.slice(0, MOST_LANES).flatMap((lane) => [dayPrefix(lane, today - DAY_MS), dayPrefix(lane, today)]);
    const pages = await Promise.all(prefixes.map((prefix) => listPage(access, bucket, { prefix }, signal)));
    const newest = pages
      .flatMap(({ objects }) => objects)
      .map(({ key, modifiedMs }) => ({ key, timeMs: readObjectName(key).timeMs, modifiedMs }))
      .reduce<{ key: string; timeMs: number | undefined; modifiedMs: number } | undefined>(
        (best, each) =>
          best === undefined || (each.timeMs ?? each.modifiedMs) > (best.timeMs ?? best.modifiedMs) ? each : best,
        undefined,
      );
    const listed = { lanes: lanes.length, newest };
    if (newest === undefined) return { listed, read: unread };
    try {
      const beginning = await readBeginning(access, bucket, newest.key, BEGINNING_BYTES, signal);
      return { listed, read: { format: headerOf(beginning) } };
    } catch (error) {
      return { listed, read: asFailure(error) };
    }
  } catch (error) {
    return { listed: asFailure(error), read: unread };
  }
}

/** The names in the first line of a text object, compressed or not; undefined for Parquet and for lines without header. */
function headerOf(beginning: Buffer): readonly string[] | undefined {
  let text: string;
  try {
    const isGzip = beginning[0] === 0x1f && beginning[1] === 0x8b;
    text = (isGzip ? gunzipSync(beginning, { finishFlush: constants.Z_SYNC_FLUSH }) : beginning).toString('utf8');
  } catch {
    return undefined;
  }
  const names = text.split('\n', 1)[0]!.trim().split(/\s+/);
  return names.some((name) => fieldOf(name) !== undefined) ? names : undefined;
}

const asFailure = (cause: unknown): NetcostError =>
  cause instanceof NetcostError ? cause : new NetcostError('upstream', 'S3 did not answer in time.', { cause });
