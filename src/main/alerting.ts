import type { Engine } from '../answers/open-engine.js';
import type { Command } from '../answers/reply.js';
import type { Config } from '../config.js';
import type { Log } from '../log.js';
import type { Job } from '../schedule.js';
import type { AccessRules } from '../slack/access.js';
import type { IncidentDesk } from '../slack/incident-desk.js';
import { lastPayload } from '../state/incident-work.js';
import type { State } from '../state/open-state.js';
import { teamsOf } from './bind.js';
import { detectJob } from './detect.js';
import type { SnsRoute } from './sns-route.js';
import { bindTriage, triageSettings } from './triage.js';
import { bindIntake, openLive } from './triage-aws.js';

/** Alerts of AWS and what becomes of them, bound for the production bot. Nothing runs before `start`. */
export interface Alerting {
  readonly command: Command;
  readonly desk: IncidentDesk;
  readonly jobs: readonly Job[];
  readonly routes: readonly SnsRoute[];
  readonly start: () => Promise<void>;
  /** Takes no more alerts, waits for what is under way, closes the connections to AWS. */
  readonly stop: () => Promise<void>;
}

/** Undefined where the config names no account to ask, or no channel for threads: then nobody watches. */
export function bindAlerting(
  config: Config,
  parts: {
    readonly engine: Engine;
    readonly state: State;
    readonly access: AccessRules;
    readonly botToken: string;
    readonly apiUrl?: string | undefined;
    readonly nowMs: () => number;
    readonly elapsedMs: () => number;
    readonly log: Log;
  },
): Alerting | undefined {
  const settings = triageSettings(config);
  if (settings === undefined || config.aws.accounts.length === 0) return undefined;
  const { engine, state, access, botToken, apiUrl, nowMs, elapsedMs, log } = parts;
  const live = openLive(config, engine, {
    ...{ elapsedMs, lastPayload: () => lastPayload(state.db) },
    keepLoopFree: true,
  });
  const triage = bindTriage({
    ...{ state, live, settings, access, botToken, apiUrl, nowMs, log },
    teams: async () => teamsOf(engine),
  });
  const { onAlert } = triage;
  const intake = bindIntake(config, { access: live.access, state, onAlert, nowMs, elapsedMs, log });
  const detect = detectJob(config, { access: live.access, engine, state, onAlert, nowMs });
  return {
    command: triage.command,
    desk: triage.desk,
    jobs: [triage.job, detect],
    routes: intake.routes,
    start: async () => {
      await triage.start();
      intake.start();
    },
    stop: async () => {
      await intake.stop();
      await triage.stop();
      await live.close();
    },
  };
}
