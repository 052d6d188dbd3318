import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, SILENT } from '../../src/log.js';
import { type BoundTriage, bindTriage, type TriageSettings } from '../../src/main/triage.js';
import { type AccessRules, OPEN_ACCESS } from '../../src/slack/access.js';
import type { IncidentDesk } from '../../src/slack/incident-desk.js';
import { openState, type State, type StatePlace } from '../../src/state/open-state.js';
import type { Alert } from '../../src/triage/alerts/alert.js';
import { plainAlert } from '../../src/triage/alerts/alert.js';
import { readFlowFolder } from '../../src/triage/bundle/flow-folder.js';
import { replayLive } from '../../src/triage/bundle/replay-live.js';
import type { DiagnosisSubject, LiveTriage } from '../../src/triage/live.js';
import type { RoomMessage } from '../../src/workspace/room.js';
import { BOT_SCOPES, type Demo, OPTIONAL_SCOPES, startDemo } from '../../src/workspace/start-demo.js';
import type { World } from '../scenarios/incident-world.js';
import { writeWorld } from '../scenarios/incident-world.js';
import { INCIDENTS } from '../scenarios/incidents.js';
import { CHANNELS } from './demo-fixture.js';

export interface TriageFixture {
  readonly demo: Demo;
  readonly bound: BoundTriage;
  readonly state: State;
  readonly folder: string;
  /** Parents of threads in a channel, and the replies of one. */
  readonly parents: (channel?: string) => readonly RoomMessage[];
  readonly replies: (ts: string, channel?: string) => readonly RoomMessage[];
  readonly stop: () => Promise<void>;
}

/** An alarm about a gateway, as CloudWatch's would be read. */
export function alarm(id: string, change: Partial<Alert> = {}): Alert {
  return {
    ...plainAlert('cloudwatch-alarm', `arn:aws:cloudwatch:us-east-1:111122223333:alarm:${id}`, `${id} is in alarm`),
    state: 'alarm',
    accountIds: ['111122223333'],
    regions: ['us-east-1'],
    sentAtMs: 1_795_000_000_000,
    ...change,
  };
}

/** Writes the bundle of one of the made-up incidents; says which world it is. */
export function writeIncident(
  folder: string,
  name: string,
  turns: Parameters<(typeof INCIDENTS)[string]>[0] = {},
): World {
  const { world } = INCIDENTS[name]!(turns);
  writeWorld(world, folder);
  return world;
}

/** Recorded evidence in place of AWS: every subject is answered from the one folder. */
export function recorded(folder: string | ((subject: DiagnosisSubject) => string)): LiveTriage {
  return replayLive({
    folderOf: async (subject) => (typeof folder === 'string' ? folder : folder(subject)),
    readFlowLogs: (logs, inventory) => readFlowFolder(logs, inventory, () => 0),
    elapsedMs: () => performance.now(),
  });
}

/** The real bot with triage on the local workspace. */
export async function startTriageFixture(options: {
  readonly live: LiveTriage;
  readonly access?: AccessRules;
  readonly settings?: Partial<TriageSettings>;
  readonly place?: StatePlace;
  readonly now?: () => number;
  readonly scopes?: readonly string[];
  readonly delays?: Parameters<typeof bindTriage>[0]['delays'];
  readonly settleMs?: number;
  readonly log?: Log;
}): Promise<TriageFixture> {
  const now = options.now ?? (() => Date.now());
  const folder = mkdtempSync(join(tmpdir(), 'netcost-triage-'));
  const state = await openState(options.place ?? { kind: 'sqlite', file: ':memory:' });
  const access = options.access ?? OPEN_ACCESS;
  const log = options.log ?? SILENT;
  let bound: BoundTriage | undefined;
  const bind = (slack: { readonly botToken: string; readonly apiUrl: string }): IncidentDesk => {
    bound = bindTriage({
      state,
      live: options.live,
      settings: {
        channel: '#cloud-costs',
        securityChannel: undefined,
        mentions: {},
        bundles: join(folder, 'bundles'),
        ...options.settings,
      },
      access,
      teams: async () => ['payments', 'search'],
      ...slack,
      nowMs: now,
      log,
      settleMs: options.settleMs ?? 50,
      ...(options.delays === undefined ? {} : { delays: options.delays }),
    });
    return bound.desk;
  };
  const demo = await startDemo({
    port: 0,
    scopes: options.scopes ?? [...BOT_SCOPES, ...OPTIONAL_SCOPES],
    slack: {
      dispatch: async (call) => {
        const [verb = '', ...rest] = call.text.split(/\s+/);
        if (verb === 'diagnose') return bound!.command.handle({ ...call, text: rest.join(' ') });
        return { kind: 'text', lines: [`asked: ${call.text}`] };
      },
      csv: () => '',
      teams: async () => ['payments', 'search'],
      access,
      now,
      log,
    },
    triage: bind,
  });
  await bound!.start();
  const all = (channel: string) =>
    demo.workspace.room.messages(channel).filter((one) => one.ephemeralFor === undefined);
  return {
    demo,
    bound: bound!,
    state,
    folder,
    parents: (channel = CHANNELS.costs) => all(channel).filter((one) => one.threadTs === undefined),
    replies: (ts, channel = CHANNELS.costs) => all(channel).filter((one) => one.threadTs === ts),
    stop: async () => {
      await bound!.stop();
      await demo.stop();
      await state.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Everything that a message says, blocks included. */
export function wordsOf(message: RoomMessage | undefined): string {
  const texts = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(texts);
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, each]) =>
      typeof each === 'string' ? (key === 'text' ? [each] : []) : texts(each),
    );
  };
  return message === undefined ? '' : [message.text, ...texts(message.blocks)].join('\n').replaceAll('\u200b', '');
}
