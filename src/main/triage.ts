import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as diagnose from '../../commands/diagnose.js';
import * as triageJob from '../../jobs/triage-alert.js';
import type { Caller, Command } from '../answers/reply.js';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { Job } from '../schedule.js';
import type { AccessRules } from '../slack/access.js';
import { channelIds } from '../slack/check-slack.js';
import type { IncidentDesk } from '../slack/incident-desk.js';
import { createPoster } from '../slack/post.js';
import { createPostClient } from '../slack/slack-client.js';
import { createBurstPace } from '../slack/thread-pace.js';
import { decide } from '../state/incident-acts.js';
import { findAlert, incidentOfThread } from '../state/incident-work.js';
import { type Incident, lastIncident, maySeeIncident, readIncident } from '../state/incidents.js';
import type { State } from '../state/open-state.js';
import { type Alert, plainAlert } from '../triage/alerts/alert.js';
import { alertOf } from '../triage/alerts/parse-alert.js';
import { packBundle } from '../triage/bundle/pack-bundle.js';
import type { LiveTriage, OnAlert } from '../triage/live.js';
import { MINUTE_MS } from '../units.js';

/** What the config says of triage. */
export interface TriageSettings {
  /** `#cloud-costs` or `C0123`: where threads begin. */
  readonly channel: string;
  readonly securityChannel: string | undefined;
  /** Team → person or user group that is mentioned once where the team owns the cause. */
  readonly mentions: Readonly<Record<string, string>>;
  /** Folder for the evidence of each incident. */
  readonly bundles: string | undefined;
}

/** What the config says; undefined where no channel is named: then alerts have no place to go. */
export function triageSettings({ slack, triage }: Config): TriageSettings | undefined {
  const channel = triage.channel ?? slack.channels[0];
  if (channel === undefined) return undefined;
  // Rights compare teams without case, and so does this.
  const mentions = Object.fromEntries(Object.entries(triage.mentions).map(([team, id]) => [team.toLowerCase(), id]));
  return { channel, securityChannel: triage.securityChannel, mentions, bundles: triage.bundles };
}

export interface TriageParts {
  readonly state: State;
  readonly live: LiveTriage;
  readonly settings: TriageSettings;
  readonly access: AccessRules;
  readonly teams: () => Promise<readonly string[]>;
  readonly botToken: string;
  readonly apiUrl?: string | undefined;
  readonly nowMs: () => number;
  readonly log: Log;
  /** For tests: how long Slack may still work on a call whose reply was lost. */
  readonly settleMs?: number;
  /** For tests: how long a post is claimed. */
  readonly postLeaseMs?: number;
  readonly delays?: Parameters<typeof triageJob.createTriage>[0]['delays'];
}

/** Alerts, their threads, and what people do with them, bound. Nothing runs before `start`. */
export interface BoundTriage {
  readonly onAlert: OnAlert;
  readonly desk: IncidentDesk;
  readonly command: Command;
  readonly job: Job;
  readonly triage: triageJob.Triage;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** What a person types, and what the job is called. */
export const diagnoseWords = { name: diagnose.name, usage: diagnose.usage, summary: diagnose.summary };
export const TRIAGE_JOB = { name: triageJob.name, when: '* * * * *', deadlineMs: MINUTE_MS };

/** A message a second in a channel, and a thread's first ones at once; edits have a limit of their own (tier 3: 50 a minute). */
const POSTS = { burst: 5, everyMs: 1_050 } as const;
const EDITS = { burst: 5, everyMs: 1_250 } as const;
/** A post is claimed for so long: more than settling, searching and waiting out a short rate limit take. */
const POST_LEASE_MS = 90_000;
const SETTLE_MS = 5_000;

export function bindTriage(parts: TriageParts): BoundTriage {
  const { state, settings, nowMs, log } = parts;
  const { db } = state;
  const client = createPostClient(parts.botToken, log, parts.apiUrl);
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const edits = createBurstPace({ now: nowMs, sleep, ...EDITS });
  const poster = createPoster({
    client,
    db,
    pace: createBurstPace({ now: nowMs, sleep, ...POSTS }),
    now: nowMs,
    sleep,
    newId: randomUUID,
    log,
    settleMs: parts.settleMs ?? SETTLE_MS,
    leaseMs: parts.postLeaseMs ?? POST_LEASE_MS,
  });
  const channels = { costs: settings.channel, security: settings.securityChannel };
  const triage = triageJob.createTriage({
    db,
    thread: { client, poster, pace: () => edits('all'), db, now: nowMs, log },
    live: parts.live,
    channels,
    mentionOf: (incident) => mentionOf(incident, parts),
    bundles: settings.bundles,
    now: nowMs,
    newId: randomUUID,
    log,
    ...(parts.delays === undefined ? {} : { delays: parts.delays }),
  });
  return {
    onAlert: triage.onAlert,
    triage,
    desk: bindDesk(parts, triage),
    command: {
      ...diagnoseWords,
      handle: (call) =>
        diagnose.handle({ teams: parts.teams, start: (wanted, caller) => begin(parts, triage, wanted, caller) }, call),
    },
    job: {
      ...TRIAGE_JOB,
      run: async () => {
        triage.kick();
        return `${triage.active()} incidents are worked on`;
      },
    },
    start: async () => {
      Object.assign(channels, await resolveChannels(parts, client));
      await triage.start({ alone: state.kind === 'sqlite' });
    },
    stop: () => triage.stop(),
  };
}

/** Slack's other methods want ids; where it does not tell them now, the names serve for posting. */
async function resolveChannels(
  { settings, log }: TriageParts,
  client: Parameters<typeof channelIds>[0],
): Promise<{ readonly costs: string; readonly security: string | undefined }> {
  const { channel, securityChannel } = settings;
  const names = [channel, securityChannel].filter((name) => name?.startsWith('#'));
  if (names.length === 0) return { costs: channel, security: securityChannel };
  const ids = await channelIds(client).catch((error: unknown) => {
    log.warn('the ids of channels could not be read', { names, error });
    return new Map<string, string>();
  });
  return {
    costs: ids.get(channel) ?? channel,
    security: securityChannel === undefined ? undefined : (ids.get(securityChannel) ?? securityChannel),
  };
}

/** The owner of the cause; of what is for the security team, that team, never the owner: they may be part of it. */
function mentionOf(incident: Incident, { settings, access }: TriageParts): string | undefined {
  const id = incident.isSecurity
    ? (access.roles.security ?? []).find((each) => each.startsWith('S'))
    : incident.teams.flatMap((team) => settings.mentions[team] ?? [])[0];
  if (id === undefined) return undefined;
  return id.startsWith('S') ? `<!subteam^${id}>` : `<@${id}>`;
}

function bindDesk({ state, settings, nowMs }: TriageParts, triage: triageJob.Triage): IncidentDesk {
  const { db } = state;
  return {
    read: (id) => readIncident(db, id),
    ofThread: (channelId, threadTs) => incidentOfThread(db, channelId, threadTs),
    decide: async (incident, decision, userId) => {
      await decide(db, incident, decision, { userId, nowMs: nowMs() });
      triage.kick();
    },
    diagnoseMessage: async (text, place) => {
      const alert = await alertInText(db, text);
      const { incident } = await triage.ask({
        alert,
        payload: text,
        ...(place === undefined ? {} : { channel: place.channelId, threadTs: place.ts }),
      });
      const channel = incident?.channel ?? settings.channel;
      return { channel, isHere: channel === place?.channelId && incident?.threadTs === place.ts };
    },
    pack: async (incident) => {
      const name = `netcost-${incident.id}`;
      const folder = join(settings.bundles ?? '', settings.bundles === undefined ? '.none' : incident.id);
      return { name: `${name}.tar.gz`, bytes: await packBundle(folder, name) };
    },
  };
}

const NAMES_OF_ALERTS =
  /arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:\d{12}:alarm:[^\s<>"|]+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;

/** The alert that a message tells of: one that netcost has seen itself where the message names it. */
async function alertInText(db: State['db'], text: string): Promise<Alert> {
  for (const id of text.match(NAMES_OF_ALERTS) ?? []) {
    const known = await findAlert(db, id);
    if (known !== undefined)
      return { ...plainAlert('manual', known.id, known.title), kind: known.kind as Alert['kind'] };
  }
  // A person points at it, so it is looked into whatever state it tells of.
  return { ...alertOf(text), state: 'alarm' };
}

/** Sets off what `/netcost diagnose` asks for. */
async function begin(
  { state, settings, nowMs }: TriageParts,
  triage: triageJob.Triage,
  wanted: diagnose.Wanted,
  caller: Caller,
): Promise<string> {
  const where = (channel: string) =>
    `The thread is in ${settings.channel.startsWith('#') && channel !== '' ? settings.channel : 'the channel for incidents'}.`;
  if (wanted.kind === 'last') {
    const withSecurity = caller.roles.some((role) => role === 'security' || role === 'admin');
    const last = await lastIncident(state.db, { withSecurity });
    if (last !== undefined && maySeeIncident(last, caller.teams)) {
      await decide(state.db, last, { kind: 'run-again' }, { userId: caller.id, nowMs: nowMs() });
      triage.kick();
      return `The last incident is diagnosed again: ${last.title}. ${last.isSecurity ? 'Its thread is in the channel of the security team.' : where(last.channel)}`;
    }
  }
  const asked = askedOf(wanted);
  const { incident } = await triage.ask(asked);
  return `${asked.alert.title}. ${where(incident?.channel ?? '')}`;
}

function askedOf(wanted: diagnose.Wanted): triageJob.Asked {
  switch (wanted.kind) {
    case 'last':
      return { alert: plainAlert('manual', 'manual:last', 'Diagnosis of what rose last') };
    case 'team':
      return {
        alert: plainAlert('manual', `manual:team:${wanted.team}`, `Diagnosis of team ${wanted.team}`),
        team: wanted.team,
      };
    case 'nat': {
      const ids = [...wanted.natGatewayIds].sort();
      return {
        alert: {
          ...plainAlert('manual', `manual:${ids.join(',')}`, `Diagnosis of ${ids.join(', ')}`),
          natGatewayIds: ids,
        },
      };
    }
  }
}
