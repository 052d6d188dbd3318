import { writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { NetcostError } from '../errors.js';
import { limitConcurrency } from '../rollups/limit.js';
import type { ObjectSource, RemoteObject, SourceStep } from '../rollups/object-source.js';
import { DAY_MS, MINUTE_MS } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { type FlowLogGroup, readFlowLogEvents } from './cloudwatch-logs.js';
import { describeFlowLogs } from './flow-log-formats.js';

/** Flow logs in CloudWatch Logs, as `data.logGroups` of the config tells them. */
export interface LogGroup {
  readonly name: string;
  readonly place: AwsPlace;
  /** How far back the first reading goes. */
  readonly days: number;
  /** Only the rows of these interfaces, as those of NAT gateways; undefined = all. */
  readonly interfaces: readonly string[] | undefined;
}

/** Events are read in slices of this length, each of which becomes one object. */
const SLICE_MS = 10 * MINUTE_MS;
/** After this a slice has all its events: an event has the time of its row's beginning, and comes after the row's end. */
const LATE_MS = 60 * MINUTE_MS;
/** FilterLogEvents has 5 calls a second in some Regions. */
const READS_AT_ONCE = 3;

const State = z.object({ settledMs: z.number() });

/**
 * A log group with flow logs as a source of objects: ten minutes of events each, under a name that stays. A slice that
 * may still get events is read again at each run and takes the place of what was read of it before, so nothing counts
 * twice and nothing that came late is missed. The format is that of DescribeFlowLogs.
 */
export function openLogGroup(
  access: Pick<AwsAccess, 'client'>,
  group: LogGroup,
  { nowMs }: { readonly nowMs: () => number },
): ObjectSource {
  const { name, place, days } = group;
  const account = /^\d{12}$/.test(place.accountId) ? place.accountId : 'unknown';
  const folder = `log-groups/${account}/${place.region}/group-${encodeURIComponent(name)}`;
  const limit = limitConcurrency(READS_AT_ONCE);
  let known: (FlowLogGroup & { readonly id: string }) | undefined;
  return {
    name: `logs://${place.region}/${name}`,
    list: async function* (text, signal): AsyncIterable<SourceStep> {
      known = await findFlowLog(access, group, signal);
      const now = nowMs();
      const settledMs = Math.floor((now - LATE_MS) / SLICE_MS) * SLICE_MS;
      const from = readState(text)?.settledMs ?? Math.floor((now - days * DAY_MS) / SLICE_MS) * SLICE_MS;
      const sliceAt = (at: number): RemoteObject => {
        const time = new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
        const key = `${folder}/${account}_vpcflowlogs_${place.region}_${known!.id}_${time}Z_slice.log`;
        // What of it is in the store is as old as the look at it.
        return { key, size: 0, modifiedMs: Math.min(at + SLICE_MS + LATE_MS, now) };
      };
      for (let at = from; at < settledMs; at += DAY_MS) {
        const end = Math.min(settledMs, at + DAY_MS);
        const slices = Array.from({ length: Math.ceil((end - at) / SLICE_MS) }, (_, i) => sliceAt(at + i * SLICE_MS));
        yield { kind: 'objects', objects: slices };
        yield { kind: 'reached', state: JSON.stringify({ settledMs: end }) };
      }
      const open = Array.from({ length: Math.ceil((now - settledMs) / SLICE_MS) }, (_, i) =>
        sliceAt(settledMs + i * SLICE_MS),
      );
      yield { kind: 'objects', objects: open };
    },
    fetch: ({ key }, file, signal) =>
      limit(async () => {
        const fromMs = timeOf(key);
        const window = { fromMs, toMs: fromMs + SLICE_MS, interfaceIds: group.interfaces ?? [] };
        const lines: string[] = [];
        let header = '';
        for await (const page of readFlowLogEvents(access, place, known!, window, signal)) {
          const [first = '', ...rest] = page.trimEnd().split('\n');
          header = first;
          for (const line of rest) lines.push(line);
        }
        if (lines.length === 0) return 'gone';
        await writeFile(file, `${[header, ...lines].join('\n')}\n`);
        return 'fetched';
      }),
  };
}

const timeOf = (key: string): number => {
  const [, year, month, day, hour, minute] = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z_slice\.log$/.exec(key)!.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute);
};

/** The flow log that writes to the group. Several may, of one format: of VPCs that share it. */
export async function findFlowLog(
  access: Pick<AwsAccess, 'client'>,
  { name, place }: Pick<LogGroup, 'name' | 'place'>,
  signal: AbortSignal,
): Promise<FlowLogGroup & { readonly id: string }> {
  const logs = (await describeFlowLogs(access, place, signal)).filter(({ logGroup }) => logGroup === name);
  const formats = new Set(logs.map(({ format }) => format));
  if (formats.size === 1) return { logGroup: name, format: logs[0]!.format, id: logs.map(({ id }) => id).sort()[0]! };
  throw new NetcostError(
    'upstream',
    logs.length === 0
      ? `No flow log of ${place.region} goes to the log group ${name}.`
      : `Flow logs of ${formats.size} formats go to the log group ${name} (${logs.map(({ id }) => id).join(', ')}): its rows cannot be told apart.`,
    {
      hint:
        logs.length === 0
          ? 'Mend data.logGroups; aws ec2 describe-flow-logs tells the groups.'
          : 'Give each format a log group of its own.',
    },
  );
}

/** A state that another version wrote is none: reading begins anew, and slices take the place of what is there. */
function readState(text: string | undefined): z.infer<typeof State> | undefined {
  if (text === undefined) return undefined;
  try {
    return State.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
