import { DAY_MS, HOUR_MS } from '../units.js';
import type { ListPage } from './s3.js';

/** The objects of one account and one Region in a bucket: what stands below it is laid out by day. */
export interface Lane {
  /** `AWSLogs/111122223333/vpcflowlogs/us-east-1/`, or Hive's form of it, whatever stands before. */
  readonly prefix: string;
  readonly accountId: string;
  readonly region: string;
}

const LANE =
  /(?:^|\/)(?:aws-account-id=)?(\d{12})\/(?:aws-service=)?vpcflowlogs\/(?:aws-region=)?([a-z]{2}(?:-[a-z]+)+-\d)\/$/;
/** What may follow, level by level (facts: AWS's legacy and Hive-compatible layouts). */
const LEVELS: readonly RegExp[] = [
  /AWSLogs\/$/,
  /AWSLogs\/(?:aws-account-id=)?\d{12}\/$/,
  /\d{12}\/(?:aws-service=)?vpcflowlogs\/$/,
  LANE,
];

/**
 * The lanes below `prefix`, which may end anywhere in AWS's layout: folder by folder, some requests for each account.
 * Empty where nothing there is laid out as AWS does it.
 */
export async function findLanes(
  prefix: string,
  folders: (prefix: string) => Promise<readonly string[]>,
): Promise<Lane[]> {
  const own = laneOf(prefix);
  if (own !== undefined) return [own];
  const next = LEVELS.findIndex((level) => level.test(prefix)) + 1;
  const level = LEVELS[next];
  if (level === undefined) return [];
  const below = (await folders(prefix)).filter((folder) => level.test(folder));
  const found: Lane[] = [];
  for (const folder of below) found.push(...(await findLanes(folder, folders)));
  return found;
}

export function laneOf(prefix: string): Lane | undefined {
  const match = LANE.exec(prefix);
  return match === null ? undefined : { prefix, accountId: match[1]!, region: match[2]! };
}

/** The folder of a UTC day, in the lane's own layout. */
export function dayPrefix({ prefix }: Lane, dayMs: number): string {
  const [year, month, day] = new Date(dayMs).toISOString().slice(0, 10).split('-') as [string, string, string];
  return prefix.includes('aws-region=')
    ? `${prefix}year=${year}/month=${month}/day=${day}/`
    : `${prefix}${year}/${month}/${day}/`;
}

export const startOfDay = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;

/**
 * Where a listing of a day goes on that is interested in what was delivered from `fromMs` on. Without hour folders the
 * keys of a day are sorted by flow log, then by time: after a page that ends in the old objects of a flow log, the
 * listing jumps to that one's new ones. With hour folders it jumps to the hour.
 * @returns the key to start after: the page's last one where there is nothing to jump over.
 */
export function nextStart(dayFolder: string, page: ListPage, fromMs: number): string {
  const last = page.objects.at(-1)!.key;
  const from = new Date(fromMs).toISOString();
  const rest = last.slice(dayFolder.length);
  const hour = /^(hour=)?(\d{2})\//.exec(rest);
  const jump = hour ? `${dayFolder}${hour[1] ?? ''}${from.slice(11, 13)}` : jumpInFlowLog(dayFolder, rest, from);
  // Hours of this day alone: the day may lie after `from`, and then nothing of it is old.
  return startOfDay(fromMs) === dayOf(last) && jump !== undefined && jump > last ? jump : last;
}

function jumpInFlowLog(dayFolder: string, rest: string, from: string): string | undefined {
  const flowLog = /^(\d{12}_[a-z]+_[a-z0-9-]+_fl-[0-9a-z]+_)\d{8}T\d{4}Z_/.exec(rest);
  const time = `${from.slice(0, 10).replaceAll('-', '')}T${from.slice(11, 13)}${from.slice(14, 16)}`;
  return flowLog === null ? undefined : `${dayFolder}${flowLog[1]}${time}`;
}

function dayOf(key: string): number | undefined {
  const match = /\/(?:year=)?(\d{4})\/(?:month=)?(\d{2})\/(?:day=)?(\d{2})\/[^/]*(?:\/[^/]*)?$/.exec(key);
  return match === null ? undefined : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
}

/** AWS delivers within ten minutes as a rule, and some objects hours late: so far back each run looks again. */
export const LATE_MS = 6 * HOUR_MS;
/** The first run of a day looks at so many whole days again. */
export const SWEEP_DAYS = 3;
