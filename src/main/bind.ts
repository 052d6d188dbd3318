import { randomUUID } from 'node:crypto';
import * as ask from '../../commands/ask.js';
import * as endpoints from '../../commands/endpoints.js';
import * as netcost from '../../commands/netcost.js';
import * as reconcile from '../../commands/reconcile.js';
import * as scan from '../../commands/scan.js';
import * as status from '../../commands/status.js';
import * as who from '../../commands/who.js';
import type { Engine } from '../answers/open-engine.js';
import type { Call, Command } from '../answers/reply.js';
import { type WhoNames, whoNames } from '../answers/who.js';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { Schedule } from '../schedule.js';
import type { AccessRules } from '../slack/access.js';
import type { SlackDeps } from '../slack/slack-deps.js';
import { readJobResults } from '../state/job-results.js';
import { beginRun, endRun, takeAbandonedRuns } from '../state/open-runs.js';
import type { State } from '../state/open-state.js';
import { readPreference, writePreference } from '../state/preferences.js';
import { answerCsv } from '../terminal/answer-csv.js';
import { endpointDeps } from './endpoint-deps.js';
import type { NotCounted } from './not-counted.js';
import { reconcileDeps } from './reconcile-deps.js';

/** What the bot is made of, in the demo and in production. */
export interface Parts {
  readonly engine: Engine;
  readonly state: State;
  readonly schedule: Schedule;
  readonly nowMs: () => number;
  readonly log: Log;
  /** How questions are asked where not of the engine alone (main/athena.ts). */
  readonly asking?: ask.AskDeps | undefined;
  /** Why nothing is counted here, where every question goes to AWS. */
  readonly notCounted?: NotCounted;
  /** Where the logs come from, and the accounts that AWS is asked about. */
  readonly origin: {
    readonly flowLogs: string | undefined;
    readonly accounts: Config['aws']['accounts'];
    readonly askHistory?: WhoNames['askHistory'];
  };
}

/** The commands with their dependencies. */
export function bindCommands(parts: Parts): readonly Command[] {
  const { engine, state, schedule, nowMs, origin, asking, notCounted } = parts;
  const counted = (handle: Command['handle']): Command['handle'] => {
    return async (call) => {
      const why = notCounted?.();
      if (why !== undefined) throw why;
      return handle(call);
    };
  };
  const names = async () => whoNames(engine.naming, () => engine.store.inventory, origin.askHistory);
  const freshness: status.StatusDeps = {
    // Any question tells how far the logs have arrived; this is the cheapest.
    completeUntil: async () => (await engine.ask({ text: 'since=1h', nowMs: nowMs() })).coverage.completeUntil,
    jobs: () => readJobResults(state.db),
    running: () => schedule.running(),
    instead: () => notCounted?.()?.message,
  };
  return [
    {
      name: ask.name,
      usage: ask.usage,
      summary: ask.summary,
      handle: (call) => ask.handle(asking ?? { ask: (input) => engine.ask(input) }, call),
    },
    ...(asking === undefined
      ? []
      : [
          {
            name: scan.name,
            usage: scan.usage,
            summary: scan.summary,
            handle: (call: Call) => scan.handle(asking, call),
          },
        ]),
    {
      name: endpoints.name,
      usage: endpoints.usage,
      summary: endpoints.summary,
      handle: counted((call) => endpoints.handle(endpointDeps(engine), call)),
    },
    {
      name: reconcile.name,
      usage: reconcile.usage,
      summary: reconcile.summary,
      handle: counted((call) =>
        reconcile.handle(reconcileDeps(engine, origin.flowLogs, origin.accounts, call.signal), call),
      ),
    },
    { name: who.name, usage: who.usage, summary: who.summary, handle: (call) => who.handle({ names }, call) },
    {
      name: status.name,
      usage: status.usage,
      summary: status.summary,
      handle: (call) => status.handle(freshness, call),
    },
  ];
}

/** The teams of owners.yaml, each once. */
export function teamsOf(engine: Engine): readonly string[] {
  return [...new Set(engine.naming.owners.entries.map((entry) => entry.team))];
}

/** What the Slack app takes, bound to these parts. */
export function bindSlack(parts: Parts, commands: readonly Command[], access: AccessRules): SlackDeps {
  const { engine, state, nowMs, log } = parts;
  return {
    dispatch: (call) => netcost.handle({ commands }, call),
    isAct: (text) => commands.some(({ name, acts }) => acts === true && name === text.split(' ')[0]?.toLowerCase()),
    isMetered: parts.asking?.bill !== undefined,
    csv: answerCsv,
    teams: async () => teamsOf(engine),
    access,
    now: nowMs,
    newId: () => randomUUID().slice(0, 8),
    log,
    book: {
      begin: (run) => beginRun(state.db, run),
      end: (id) => endRun(state.db, id),
      takeAbandoned: () => takeAbandonedRuns(state.db),
    },
    preferences: {
      read: (user, name) => readPreference(state.db, user, name),
      write: (user, name, value) => writePreference(state.db, user, name, value),
    },
  };
}

/** The config's access, as the Slack side takes it. */
export function accessRules({ access }: Config): AccessRules {
  return { roles: access.roles, memberTeams: access.members, teams: access.teams, guests: access.guests };
}
